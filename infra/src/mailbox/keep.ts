import { once } from 'node:events';
import { createWriteStream, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';

const mostKept = 500;
const mostBytes = 10 * 1024 * 1024;

/** Names of the mails in a folder, newest first. */
export const mailsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.eml'))
    .sort()
    .reverse();

/**
 * An SMTP server that takes every mail and delivers none: each becomes a file of the folder, which its owner alone can
 * read. The newest 500 are kept.
 */
export async function openMailbox(
  folder: string,
  port: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let taken = 0;
  async function keep(stream: SMTPServerDataStream): Promise<void> {
    taken += 1;
    const name = `${new Date().toISOString().replaceAll(':', '-')}-${String(taken)}.eml`;
    const file = join(folder, name);
    await pipeline(stream, createWriteStream(`${file}.new`, { mode: 0o600 }));
    if (stream.sizeExceeded) {
      rmSync(`${file}.new`);
      throw Object.assign(new Error('the mail is too large'), { responseCode: 552 });
    }
    renameSync(`${file}.new`, file);
    for (const old of mailsIn(folder).slice(mostKept)) rmSync(join(folder, old), { force: true });
  }

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    size: mostBytes,
    logger: false,
    onData(stream, _session, done) {
      keep(stream).then(() => {
        done();
      }, done);
    },
  });
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  // A client that breaks off is no reason to end.
  server.on('error', () => undefined);
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}

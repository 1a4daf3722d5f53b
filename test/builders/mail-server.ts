import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { until } from '@keiro/runtime';
import { SMTPServer } from 'smtp-server';

/** One mail as it came in over SMTP. */
export interface ReceivedMail {
  readonly to: readonly string[];
  readonly raw: string;
  /** The text, decoded. */
  readonly text: string;
}

/** A real SMTP server on this machine. */
export interface MailServer {
  readonly url: string;
  readonly mails: ReceivedMail[];
  /** 550 to every recipient, as for an address that is no more. */
  refusing: boolean;
  /** The mail that is the n-th, from 1, to this address. */
  mailTo(address: string, n?: number): Promise<ReceivedMail>;
  close(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const state = { refusing: false };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo({ address }, _session, done) {
      if (!state.refusing) {
        done();
        return;
      }
      done(Object.assign(new Error(`no such mailbox: ${address}`), { responseCode: 550 }));
    },
    onData(stream, session, done) {
      text(stream).then(
        (raw) => {
          mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw, text: textOf(raw) });
          done();
        },
        (error: unknown) => {
          done(error as Error);
        },
      );
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  const mailsTo = (address: string) => mails.filter(({ to }) => to.includes(address));
  return Object.assign(state, {
    url: `smtp://127.0.0.1:${String(port)}`,
    mails,
    async mailTo(address: string, n = 1) {
      await until(() => mailsTo(address).length >= n, { what: `mail ${String(n)}`, timeoutMs: 10_000 });
      const mail = mailsTo(address)[n - 1];
      if (mail === undefined) throw new Error('a mail that came is there');
      return mail;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(resolve);
      }),
  });
}

/** The body of a mail of one part, from base64 or quoted-printable. */
function textOf(raw: string): string {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const content = body.join('\r\n\r\n');
  if (/content-transfer-encoding: base64/i.test(head)) return Buffer.from(content, 'base64').toString();
  if (!/content-transfer-encoding: quoted-printable/i.test(head)) return content;
  const bytes = content
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

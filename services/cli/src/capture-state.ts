import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, writeFile, type FileHandle } from 'node:fs/promises';
import { readJsonFile } from '@keiro/runtime';
import { z } from 'zod';
import { readLines } from './capture-lines.ts';

const stateSchema = z.strictObject({
  version: z.literal(1),
  /** Which file it was: see {@link identityOf}. */
  file: z.string(),
  /** Bytes of it whose events Kafka has, and lines. */
  offset: z.int().min(0),
  lines: z.int().min(0),
});
export type CaptureState = z.infer<typeof stateSchema>;

export function readState(path: string): CaptureState | undefined {
  return existsSync(path) ? readJsonFile(path, stateSchema) : undefined;
}

/** Replaces the state in one step, so that a crash leaves the old one or the new one. */
export async function writeState(path: string, state: object): Promise<void> {
  const temporary = `${path}.${String(process.pid)}.tmp`;
  await writeFile(temporary, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  await rename(temporary, path);
}

/**
 * Ids that come out the same whenever the same line of the same log is captured, so that it counts once. They travel in
 * clear, and a plain hash of a line could be guessed back to its address: so they are keyed with the client's token.
 */
export interface LineIds {
  identityOf(firstLine: Buffer): string;
  idOf(identity: string, offset: number, line: Buffer): string;
}

export function createLineIds(token: string): LineIds {
  const digest = (...parts: readonly (string | Buffer)[]): string => {
    const hmac = createHmac('sha256', token);
    for (const part of parts) hmac.update(part).update('\0');
    return hmac.digest('base64url').slice(0, 24);
  };
  return {
    identityOf: (firstLine) => digest('keiro capture file', firstLine),
    idOf: (identity, offset, line) => `al-${digest('keiro capture line', identity, String(offset), line)}`,
  };
}

/**
 * What a log is told by: its first line, which stays the same when the log grows, is renamed or copied. Undefined while
 * it has none.
 */
export async function identityOf(file: FileHandle, ids: LineIds): Promise<string | undefined> {
  for await (const { bytes } of readLines(file, 0)) return ids.identityOf(bytes ?? Buffer.alloc(0));
  return undefined;
}

/** The identity of a log by its path; undefined where it can't be read as one. */
export async function identityOfPath(path: string, ids: LineIds): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    return await identityOf(file, ids);
  } finally {
    await file.close();
  }
}

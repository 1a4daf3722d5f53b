import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { KeiroError, ProblemError, readJsonFile, UnavailableError } from '@keiro/runtime';
import { z } from 'zod';

const key32 = z
  .base64()
  .refine((text) => Buffer.from(text, 'base64').length === 32, 'wants 32 bytes in base64');
const kekEpoch = z.int().min(1);

/** A KEK in clear, or one that only a key management service can open. */
const entrySchema = z.union([
  z.strictObject({ epoch: kekEpoch, key: key32 }),
  z.strictObject({ epoch: kekEpoch, kms: z.strictObject({ keyId: z.string().min(1), blob: z.base64() }) }),
]);
export type KeyFileEntry = z.infer<typeof entrySchema>;

const keyFileSchema = z.strictObject({
  /** Secret of the refs: whoever has it can guess telephone numbers, so it never leaves this service. Never rotated. */
  pepper: key32,
  keks: z
    .array(entrySchema)
    .refine((keks) => new Set(keks.map((kek) => kek.epoch)).size === keks.length, 'has an epoch twice'),
});
export type KeyFile = z.infer<typeof keyFileSchema>;

/** Reads the file of pepper and KEKs. Refuses one that others can read: it opens everything. */
export const readKeyFile = (path: string): KeyFile => readPrivateFile(path, keyFileSchema);

export function readPrivateFile<T extends z.ZodType>(path: string, schema: T): z.infer<T> {
  const file = readJsonFile(path, schema);
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new KeiroError(
      'configuration',
      `${path} can be read by others (mode ${mode.toString(8)}): chmod 600 it`,
      { retryable: false },
    );
  }
  return file;
}

/** A writer that was not done in this time has crashed. */
const staleMs = 60_000;

/**
 * Changes the file, one writer at a time: the temporary file, which only one can make, is the lock. The new file is on
 * the disk before it takes the old one's place, so that after a crash it is the one or the other. A change to undefined
 * is none. Throws retryably while another writer is at it.
 */
export async function changePrivateFile<F>(
  path: string,
  read: (path: string) => F,
  change: (file: F) => Promise<F | undefined>,
): Promise<void> {
  const temporary = `${path}.new`;
  const target = lock(temporary);
  let temporaryIsLeft = true;
  try {
    const changed = await change(read(path));
    if (changed === undefined) return;
    fchmodSync(target, 0o600);
    writeSync(target, `${JSON.stringify(changed, null, 2)}\n`);
    fsyncSync(target);
    attempt(() => {
      renameSync(temporary, path);
    });
    temporaryIsLeft = false;
    syncFolder(dirname(path));
  } finally {
    closeSync(target);
    if (temporaryIsLeft) rmSync(temporary, { force: true });
  }
}

function lock(temporary: string): number {
  if (existsSync(temporary) && Date.now() - statSync(temporary).mtimeMs > staleMs)
    rmSync(temporary, { force: true });
  if (existsSync(temporary)) throw new UnavailableError('the key file', new Error('another writer is at it'));
  return attempt(() => openSync(temporary, 'wx', 0o600));
}

function attempt<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'EEXIST') throw new UnavailableError('the key file', error);
    throw new ProblemError(
      409,
      'key-file-fixed',
      `the key file can't be replaced (${code}): its folder must be writable for the keys service, and mounted as a folder, not as a single file`,
    );
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Adds an entry unless its epoch has one; `make` is not called then. */
export function addEntry(path: string, epoch: number, make: () => Promise<KeyFileEntry>): Promise<void> {
  return changePrivateFile(path, readKeyFile, async (file) => {
    if (file.keks.some((kek) => kek.epoch === epoch)) return undefined;
    return { ...file, keks: [...file.keks, await make()] };
  });
}

export function removeEntry(path: string, epoch: number): Promise<void> {
  return changePrivateFile(path, readKeyFile, (file) => {
    const keks = file.keks.filter((kek) => kek.epoch !== epoch);
    return Promise.resolve(keks.length < file.keks.length ? { ...file, keks } : undefined);
  });
}

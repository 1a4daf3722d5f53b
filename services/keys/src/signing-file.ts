import { generateKeyPairSync, sign, createPrivateKey, type KeyObject } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { ProblemError } from '@keiro/runtime';
import {
  endorsedText,
  hashSchema,
  keyIdOf,
  signingKeySchema,
  type SigningKey,
  type SigningKeys,
} from '@keiro/schemas';
import { z } from 'zod';
import { changePrivateFile, readPrivateFile } from './key-file.ts';

/** The private half goes when a key is replaced: nothing can be signed in the name of the past. */
const entrySchema = z.strictObject({ ...signingKeySchema.shape, d: hashSchema.optional() });
const signingFileSchema = z.strictObject({
  active: hashSchema,
  keys: z.array(entrySchema).min(1),
});
type SigningFile = z.infer<typeof signingFileSchema>;
type Entry = z.infer<typeof entrySchema>;

/**
 * Ed25519 keys that sign evidence (S1), in a file of their own beside the other keys, mode 600. It is read at each use,
 * so that several instances with one file know of a rotation at once.
 */
export interface SigningKeyring {
  published(): SigningKeys;
  /** Signs with the active key. */
  active(): { readonly keyId: string; readonly key: KeyObject };
  /** The key that comes next, endorsed by the active one; the same again until it is activated. */
  prepare(): Promise<{ active: string; next: SigningKey }>;
  /** From now on this one signs, and the one before never again. Doing it again changes nothing. */
  activate(keyId: string): Promise<void>;
}

/** Opens the file, and makes it with a first key where there is none. */
export function openSigningFile(path: string, now: () => Date): SigningKeyring {
  if (!existsSync(path)) create(path, now());
  const read = (): SigningFile => readPrivateFile(path, signingFileSchema);
  read();

  return {
    published() {
      const { active, keys } = read();
      const upTo = keys.findIndex(({ keyId }) => keyId === active);
      return { active, keys: keys.slice(0, upTo + 1).map(publicHalf) };
    },
    active() {
      const entry = activeOf(read());
      return { keyId: entry.keyId, key: privateKeyOf(entry) };
    },
    async prepare() {
      await changePrivateFile(path, read, (file) => {
        if (nextOf(file) !== undefined) return Promise.resolve(undefined);
        const active = activeOf(file);
        const fresh = newKey(now());
        const signature = sign(null, Buffer.from(endorsedText(fresh)), privateKeyOf(active));
        const endorsement = { by: active.keyId, signature: signature.toString('base64url') };
        return Promise.resolve({ ...file, keys: [...file.keys, { ...fresh, endorsement }] });
      });
      const file = read();
      const next = nextOf(file);
      if (next === undefined)
        throw new ProblemError(409, 'rotated', 'another rotation has just ended: ask again');
      return { active: file.active, next: publicHalf(next) };
    },
    activate: (keyId) =>
      changePrivateFile(path, read, (file) => {
        if (file.active === keyId) return Promise.resolve(undefined);
        if (nextOf(file)?.keyId !== keyId)
          throw new ProblemError(409, 'not-prepared', 'this key was not prepared to come next');
        const keys = file.keys.map((entry) => (entry.keyId === keyId ? entry : publicHalf(entry)));
        return Promise.resolve({ active: keyId, keys });
      }),
  };
}

function create(path: string, at: Date): void {
  const first = newKey(at);
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    // Another instance was first.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  writeSync(file, `${JSON.stringify({ active: first.keyId, keys: [first] }, null, 2)}\n`);
  fsyncSync(file);
  closeSync(file);
}

function newKey(at: Date): Entry & { d: string } {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { keyId: keyIdOf(x), x, d, createdAt: at.toISOString() };
}

function activeOf({ active, keys }: SigningFile): Entry {
  const entry = keys.find(({ keyId }) => keyId === active);
  if (entry === undefined) throw new Error('the file of signing keys has no active key');
  return entry;
}

/** What follows the active key, if anything does. */
const nextOf = ({ active, keys }: SigningFile): Entry | undefined =>
  keys[keys.findIndex(({ keyId }) => keyId === active) + 1];

function privateKeyOf({ x, d = '' }: Entry): KeyObject {
  return createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x, d } });
}

const publicHalf = ({ d: _d, ...rest }: Entry): SigningKey => rest;

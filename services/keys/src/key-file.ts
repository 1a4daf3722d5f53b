import { createCipheriv, createDecipheriv } from 'node:crypto';
import { statSync } from 'node:fs';
import { KeiroError, readJsonFile } from '@keiro/runtime';
import { z } from 'zod';

const key32 = z
  .base64()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length === 32, 'wants 32 bytes in base64');

const keyFileSchema = z.strictObject({
  /** Secret of the refs: whoever has it can guess telephone numbers, so it never leaves this service. */
  pepper: key32,
  /** Key-encryption keys by epoch; the highest epoch wraps, all of them unwrap. */
  keks: z.array(z.strictObject({ epoch: z.int().min(1), key: key32 })).min(1),
});

export interface Wrapped {
  readonly epoch: number;
  /** iv (12), ciphertext (32), tag (16). */
  readonly bytes: Buffer;
}

/** What wraps data keys. A key management service fits behind it as well as the local file does. */
export interface KeyProvider {
  /** Binds the wrapped key to its owner, so that a wrapped key moved to another does not unwrap. */
  wrap(key: Buffer, owner: string, iv: Buffer): Promise<Wrapped>;
  unwrap(wrapped: Wrapped, owner: string): Promise<Buffer>;
}

export interface LocalKeys {
  readonly pepper: Buffer;
  readonly provider: KeyProvider;
}

/** Refuses a file that others can read: it opens everything. */
export function readKeyFile(path: string): LocalKeys {
  const file = readJsonFile(path, keyFileSchema);
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new KeiroError(
      'configuration',
      `${path} can be read by others (mode ${mode.toString(8)}): chmod 600 it`,
      {
        retryable: false,
      },
    );
  }
  return { pepper: file.pepper, provider: localProvider(file.keks) };
}

function localProvider(keks: readonly { epoch: number; key: Buffer }[]): KeyProvider {
  const byEpoch = new Map(keks.map(({ epoch, key }) => [epoch, key]));
  const current = Math.max(...byEpoch.keys());
  const kekOf = (epoch: number): Buffer => {
    const kek = byEpoch.get(epoch);
    if (kek === undefined) {
      throw new KeiroError('no-kek', `the key file has no key-encryption key of epoch ${String(epoch)}`, {
        retryable: false,
      });
    }
    return kek;
  };
  return {
    wrap(key, owner, iv) {
      const cipher = createCipheriv('aes-256-gcm', kekOf(current), iv);
      cipher.setAAD(Buffer.from(owner));
      const bytes = Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
      return Promise.resolve({ epoch: current, bytes });
    },
    unwrap({ epoch, bytes }, owner) {
      const decipher = createDecipheriv('aes-256-gcm', kekOf(epoch), bytes.subarray(0, 12));
      decipher.setAAD(Buffer.from(owner));
      decipher.setAuthTag(bytes.subarray(-16));
      return Promise.resolve(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]));
    },
  };
}

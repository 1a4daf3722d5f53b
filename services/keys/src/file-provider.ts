import { KeiroError } from '@keiro/runtime';
import { addEntry, readKeyFile, removeEntry, type KeyFileEntry } from './key-file.ts';
import type { Kek, KeyProvider } from './key-provider.ts';

/** KEKs in clear in the key file, mode 600, beside the pepper. */
export function fileProvider(path: string, random: (bytes: number) => Buffer): KeyProvider {
  return {
    kind: 'file',
    list: () => Promise.resolve(byEpoch(readKeyFile(path).keks.map(inClear))),
    create: (epoch) =>
      addEntry(path, epoch, () => Promise.resolve({ epoch, key: random(32).toString('base64') })),
    destroy: (epoch) => removeEntry(path, epoch),
  };
}

/** Rising. */
export const byEpoch = (keks: readonly Kek[]): Kek[] => [...keks].sort((a, b) => a.epoch - b.epoch);

function inClear(entry: KeyFileEntry): Kek {
  if ('key' in entry) return { epoch: entry.epoch, key: Buffer.from(entry.key, 'base64') };
  throw new KeiroError(
    'configuration',
    `the key-encryption key of epoch ${String(entry.epoch)} is kept by AWS KMS: set KEIRO_KEY_PROVIDER=aws-kms`,
    { retryable: false },
  );
}

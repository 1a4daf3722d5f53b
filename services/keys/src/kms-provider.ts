import { KeiroError, UnavailableError } from '@keiro/runtime';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { byEpoch } from './file-provider.ts';
import { addEntry, readKeyFile, removeEntry } from './key-file.ts';
import type { Kek, KeyProvider } from './key-provider.ts';

export interface KmsOptions {
  /** Id, ARN or alias of the key under which new epochs are kept. */
  readonly keyId: string;
  /** Of a server that speaks the same protocol; AWS's own of the region unless told. */
  readonly endpoint?: string | undefined;
}

/**
 * AWS KMS keeps the KEKs: the key file holds each of them encrypted under a KMS key, and they are in clear in the
 * memory of this service alone. KMS is asked once per epoch and process, not once per data key: a release must not wait
 * for a network, and at 20,000 refs a second it would run into the quota of any account. The price is that a KEK is in
 * memory while the service runs, as the data keys that it unwraps are anyway.
 *
 * The encrypted KEK is kept outside the keys database, so that a backup of that database does not carry it: destroying
 * an epoch takes effect at once, without waiting the week at least that KMS takes to delete a key of its own. A KEK
 * that is in the file in clear, from before, is read as it is: the next rotation ends it.
 *
 * Region and credentials come from where the official client looks for them.
 */
export function kmsProvider(path: string, { keyId, endpoint }: KmsOptions): KeyProvider {
  const client = new KMSClient({ ...(endpoint !== undefined && { endpoint }) });
  const opened = new Map<string, Buffer>();

  async function open(epoch: number, kms: { keyId: string; blob: string }): Promise<Kek> {
    const known = opened.get(kms.blob);
    if (known !== undefined) return { epoch, key: known };
    const { Plaintext: plaintext } = await asked(() =>
      client.send(
        new DecryptCommand({
          KeyId: kms.keyId,
          CiphertextBlob: Buffer.from(kms.blob, 'base64'),
          EncryptionContext: contextOf(epoch),
        }),
      ),
    );
    const key = keyFrom(plaintext);
    opened.set(kms.blob, key);
    return { epoch, key };
  }

  return {
    kind: 'aws-kms',
    async list() {
      const { keks } = readKeyFile(path);
      const found: Kek[] = [];
      for (const entry of keks) {
        if ('key' in entry) found.push({ epoch: entry.epoch, key: Buffer.from(entry.key, 'base64') });
        else found.push(await open(entry.epoch, entry.kms));
      }
      for (const blob of opened.keys()) {
        if (!keks.some((entry) => 'kms' in entry && entry.kms.blob === blob)) opened.delete(blob);
      }
      return byEpoch(found);
    },
    create: (epoch) =>
      addEntry(path, epoch, async () => {
        const made = await asked(() =>
          client.send(
            new GenerateDataKeyCommand({
              KeyId: keyId,
              KeySpec: 'AES_256',
              EncryptionContext: contextOf(epoch),
            }),
          ),
        );
        const blob = Buffer.from(made.CiphertextBlob ?? []).toString('base64');
        opened.set(blob, keyFrom(made.Plaintext));
        return { epoch, kms: { keyId: made.KeyId ?? keyId, blob } };
      }),
    destroy: (epoch) => removeEntry(path, epoch),
  };
}

/** Binds an encrypted KEK to its epoch, and is what KMS shows in its own audit. */
const contextOf = (epoch: number) => ({ 'keiro:kek': String(epoch) });

function keyFrom(bytes: Uint8Array | undefined): Buffer {
  if (bytes?.length === 32) return Buffer.from(bytes);
  throw new KeiroError('kms', 'AWS KMS answered without a key of 32 bytes', { retryable: false });
}

/** Only what KMS itself refuses is final; the client has repeated what may pass by itself, and so do we. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const {
      name,
      $fault: fault,
      $retryable: retryable,
    } = error as Error & {
      $fault?: 'client' | 'server';
      $retryable?: object;
    };
    if (fault === 'client' && retryable === undefined) {
      throw new KeiroError(
        'kms',
        `AWS KMS refused (${name}): check KEIRO_KMS_KEY_ID, the key's state and the rights to GenerateDataKey and Decrypt`,
        { retryable: false, cause: error },
      );
    }
    if (name === 'CredentialsProviderError') {
      throw new KeiroError('configuration', 'no credentials for AWS KMS were found', {
        retryable: false,
        cause: error,
      });
    }
    throw new UnavailableError('AWS KMS', error);
  }
}

import { KeiroError, whileUnavailable, type Log } from '@keiro/runtime';
import type { Config } from './config.ts';
import { fileProvider } from './file-provider.ts';
import type { KeyProvider } from './key-provider.ts';

type ProviderConfig = Pick<
  Config,
  'KEIRO_KEY_FILE' | 'KEIRO_KEY_PROVIDER' | 'KEIRO_KMS_KEY_ID' | 'KEIRO_KMS_ENDPOINT'
>;

/** The provider that is configured, tried once: waits a minute for KMS, and says what is wrong otherwise. */
export async function openProvider(
  config: ProviderConfig,
  deps: { log: Log; random: (bytes: number) => Buffer },
): Promise<KeyProvider> {
  if (config.KEIRO_KEY_PROVIDER === 'file') return fileProvider(config.KEIRO_KEY_FILE, deps.random);
  const { KEIRO_KMS_KEY_ID: keyId, KEIRO_KMS_ENDPOINT: endpoint } = config;
  if (keyId === undefined) {
    throw new KeiroError('configuration', 'KEIRO_KEY_PROVIDER=aws-kms needs KEIRO_KMS_KEY_ID', {
      retryable: false,
    });
  }
  // A second of start-up and some memory that only those pay who use it.
  const { kmsProvider } = await import('./kms-provider.ts');
  const provider = kmsProvider(config.KEIRO_KEY_FILE, { keyId, endpoint });
  await whileUnavailable({ what: 'AWS KMS', log: deps.log, giveUpAfterMs: 60_000 }, () => provider.list());
  return provider;
}

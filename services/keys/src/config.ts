import { clientsConfig, commonConfig, kafkaConfig, policyConfig, port } from '@keiro/runtime';
import { z } from 'zod';

export const configSchema = z.object({
  ...commonConfig,
  ...kafkaConfig,
  ...clientsConfig,
  ...policyConfig,
  KEIRO_KEYS_PORT: port(17_002),
  /** A database of its own, with credentials of its own: who reads lineage reads no key. */
  KEIRO_KEYS_MONGO_URL: z.string().min(1),
  KEIRO_KEYS_DATABASE: z.string().default('keiro_keys'),
  /** Pepper and key-encryption keys; mode 600. */
  KEIRO_KEY_FILE: z.string().min(1),
});
export type Config = z.infer<typeof configSchema>;

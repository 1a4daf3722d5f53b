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
  /** Pepper and key-encryption keys; mode 600, in a folder that this service may write to. */
  KEIRO_KEY_FILE: z.string().min(1),
  /** Keys that sign evidence, mode 600; made at the first start. By default beside the key file. */
  KEIRO_SIGNING_KEY_FILE: z.string().min(1).optional(),
  /** `file`: key-encryption keys are in the key file in clear. `aws-kms`: encrypted under KEIRO_KMS_KEY_ID. */
  KEIRO_KEY_PROVIDER: z.enum(['file', 'aws-kms']).default('file'),
  KEIRO_KMS_KEY_ID: z.string().min(1).optional(),
  /** Only for a server other than AWS's own of the region. */
  KEIRO_KMS_ENDPOINT: z.url().optional(),
  /** Days within which a key-encryption key, and every older backup of what it wrapped, should have ended. */
  KEIRO_KEK_MAX_DAYS: z.coerce.number().int().min(1).max(3650).default(35),
  /** Keys wrapped again in a second, at most, while a rotation goes on beside the daily work. */
  KEIRO_KEK_REWRAP_PER_SECOND: z.coerce.number().int().min(1).default(1000),
  /**
   * What happens at start where `rights.standing` knows of an ended life whose key is here: `check` refuses to start,
   * `replay` destroys it. Off for a second database on the topics of another.
   */
  KEIRO_STANDING_CHECK: z.enum(['off', 'check', 'replay']).default('check'),
});
export type Config = z.infer<typeof configSchema>;

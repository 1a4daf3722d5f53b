import {
  commonConfig,
  kafkaConfig,
  keysConfig,
  policyConfig,
  port,
  registryConfig,
  tokenConfig,
} from '@keiro/runtime';
import { z } from 'zod';

export const configSchema = z.object({
  ...commonConfig,
  ...kafkaConfig,
  ...registryConfig,
  ...keysConfig,
  ...tokenConfig,
  ...policyConfig,
  /** Where a store asks whether its gate is open after a restore. */
  KEIRO_ERASE_URL: z.url(),
  /** Health and metrics of this store's process. */
  DEMO_STORE_PORT: port(0),
  DEMO_MONGO_URL: z.string().min(1),
  DEMO_POSTGRES_URL: z.string().min(1),
  DEMO_REDIS_URL: z.string().min(1),
  DEMO_MAIL_URL: z.url(),
  /** What the mail processor wants to be shown. */
  DEMO_MAIL_TOKEN: z.string().min(16),
});
export type StoreConfig = z.infer<typeof configSchema>;

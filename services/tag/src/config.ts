import {
  clientsConfig,
  commonConfig,
  groupConfig,
  kafkaConfig,
  keysConfig,
  mongoConfig,
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
  ...mongoConfig,
  ...keysConfig,
  /** Right `keys:quarantine`. */
  ...tokenConfig,
  ...groupConfig,
  ...policyConfig,
  ...clientsConfig,
  /** Health, metrics, and what is in quarantine. */
  KEIRO_TAG_PORT: port(17_005),
});
export type Config = z.infer<typeof configSchema>;

import {
  clientsConfig,
  commonConfig,
  groupConfig,
  kafkaConfig,
  keysConfig,
  mongoConfig,
  policyConfig,
  port,
  redisConfig,
  tokenConfig,
} from '@keiro/runtime';
import { z } from 'zod';

export const configSchema = z.object({
  ...commonConfig,
  ...kafkaConfig,
  ...mongoConfig,
  ...redisConfig,
  ...clientsConfig,
  ...policyConfig,
  ...keysConfig,
  /** Rights `keys:lookup`, `keys:sweep-prepare`, `keys:destroy`. */
  ...tokenConfig,
  ...groupConfig,
  KEIRO_REQUEST_PORT: port(17_003),
  /** Seconds after which every open request is looked at, whatever has been announced. */
  KEIRO_RECONCILE_SECONDS: z.coerce.number().positive().default(5),
});
export type Config = z.infer<typeof configSchema>;

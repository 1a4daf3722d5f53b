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
  registryConfig,
  tokenConfig,
} from '@keiro/runtime';
import { z } from 'zod';

export const configSchema = z.object({
  ...commonConfig,
  ...kafkaConfig,
  ...mongoConfig,
  ...redisConfig,
  ...registryConfig,
  ...clientsConfig,
  ...policyConfig,
  ...keysConfig,
  /** Rights `keys:lookup`, `keys:sweep-prepare`, `keys:destroy`. */
  ...tokenConfig,
  ...groupConfig,
  KEIRO_REQUEST_PORT: port(17_003),
  /**
   * What happens at start where the database lacks a decision that `rights.standing` knows: `check` refuses to start,
   * `replay` writes it back. Off by default for a second pipeline on the topics of another, which has a database of its own.
   */
  KEIRO_STANDING_CHECK: z.enum(['off', 'check', 'replay']).optional(),
  /** Seconds after which every open request is looked at, whatever has been announced. */
  KEIRO_RECONCILE_SECONDS: z.coerce.number().positive().default(5),
  /** Records that the retention sweep makes requests of in a second, at most. */
  KEIRO_RETENTION_RECORDS_PER_SECOND: z.coerce.number().positive().default(5000),
  /** Seconds after which it looks again whether something is due. */
  KEIRO_RETENTION_EVERY_SECONDS: z.coerce.number().positive().default(60),
});
export type Config = z.infer<typeof configSchema>;

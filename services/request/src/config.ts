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
  /** Rights `keys:lookup`, `keys:sweep-prepare`, `keys:destroy`, `audit:read`, `audit:sign`. */
  ...tokenConfig,
  ...groupConfig,
  KEIRO_REQUEST_PORT: port(17_003),
  /**
   * What happens at start where the database lacks a decision that `rights.standing` knows: `check` refuses to start,
   * `replay` writes it back. Off by default for a second pipeline on the topics of another, which has a database of its own.
   */
  KEIRO_STANDING_CHECK: z.enum(['off', 'check', 'replay']).optional(),
  /** Where heads of the audit chain are kept outside MongoDB: a folder that only this service writes to. */
  KEIRO_AUDIT_FOLDER: z.string().min(1).optional(),
  /** Seconds between two looks for audit entries that are not sealed. */
  KEIRO_AUDIT_SEAL_SECONDS: z.coerce.number().positive().default(5),
  /** Seconds after which every open request is looked at, whatever has been announced. */
  KEIRO_RECONCILE_SECONDS: z.coerce.number().positive().default(5),
});
export type Config = z.infer<typeof configSchema>;

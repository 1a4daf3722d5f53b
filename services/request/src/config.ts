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
import { isPeriod, standingLeaseMs } from '@keiro/schemas';
import { z } from 'zod';
import { identityConfig } from './identity/config.ts';

export const configSchema = z.object({
  ...commonConfig,
  ...kafkaConfig,
  ...mongoConfig,
  ...redisConfig,
  ...registryConfig,
  ...clientsConfig,
  ...policyConfig,
  ...keysConfig,
  /**
   * Rights `keys:lookup`, `keys:sweep-prepare`, `keys:destroy`, `keys:contact`, `audit:read`, `audit:sign`.
   */
  ...tokenConfig,
  ...groupConfig,
  ...identityConfig,
  KEIRO_REQUEST_PORT: port(17_003),
  /**
   * What happens at start where the database lacks a decision that `rights.standing` knows: `check` refuses to start,
   * `replay` writes it back. Off by default for a second pipeline on the topics of another, which has a database of its own.
   */
  KEIRO_STANDING_CHECK: z.enum(['off', 'check', 'replay']).optional(),
  /** Days before a request is due on which somebody is warned (R7), separated by commas. */
  KEIRO_WARN_DAYS: z
    .string()
    .regex(/^\d{1,2}(,\d{1,2})*$/, 'whole days, separated by commas')
    .default('7,3,1')
    .transform((days) => days.split(',').map(Number)),
  /** ISO 8601 period within which a fee has to be paid (R8); the last day counts to its end in Japan. */
  KEIRO_FEE_PERIOD: z.string().refine(isPeriod, 'an ISO 8601 period, as P14D').default('P14D'),
  /** ISO 8601 period in which a deletion can be taken back, all being hidden and nothing erased; PT0S for none. */
  KEIRO_UNDO_PERIOD: z.string().refine(isPeriod, 'an ISO 8601 period, as PT24H').default('PT24H'),
  /** How long it listens before it knows every reader of standing, ms: no shorter than the longest lease of one. */
  KEIRO_STANDING_LISTEN_MS: z.coerce.number().int().positive().default(standingLeaseMs),
  /** Seconds between two looks at the clocks of requests. */
  KEIRO_CLOCK_SECONDS: z.coerce.number().positive().default(60),
  /** Where heads of the audit chain are kept outside MongoDB: a folder that only this service writes to. */
  KEIRO_AUDIT_FOLDER: z.string().min(1).optional(),
  /** Seconds between two looks for audit entries that are not sealed. */
  KEIRO_AUDIT_SEAL_SECONDS: z.coerce.number().positive().default(5),
  /** Seconds after which every open request is looked at, whatever has been announced. */
  KEIRO_RECONCILE_SECONDS: z.coerce.number().positive().default(5),
  /** Seconds between two walks through all reports of copies, for those of records that are gone. */
  KEIRO_ORPHANS_SECONDS: z.coerce.number().positive().default(21_600),
  /** Records that the retention sweep makes requests of in a second, at most. */
  KEIRO_RETENTION_RECORDS_PER_SECOND: z.coerce.number().positive().default(5000),
  /**
   * Seconds between the mark on a key of which no record is left and its end. Longer than any producer holds back what
   * it has sealed: what is sent later than that under a key that is gone opens nowhere.
   */
  KEIRO_RETENTION_KEY_GRACE_SECONDS: z.coerce.number().positive().default(86_400),
  /** Seconds after which it looks again whether something is due. */
  KEIRO_RETENTION_EVERY_SECONDS: z.coerce.number().positive().default(60),
});
export type Config = z.infer<typeof configSchema>;

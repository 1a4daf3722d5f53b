import {
  clientsConfig,
  commonConfig,
  kafkaConfig,
  keysConfig,
  mongoConfig,
  port,
  redisConfig,
  tokenConfig,
} from '@keiro/runtime';
import { isPeriod } from '@keiro/schemas';
import { z } from 'zod';
import type { Settings } from './connectors/open.ts';

export const configSchema = z.object({
  ...commonConfig,
  ...mongoConfig,
  ...kafkaConfig,
  ...redisConfig,
  ...keysConfig,
  ...clientsConfig,
  /** Rights `keys:sweep`, `keys:lookup` and, for what a pack says, `lineage:read`. */
  ...tokenConfig,
  KEIRO_ERASE_PORT: port(17_007),
  /** Where processors outside reach this service, without a path; absent: they are asked and tell nothing by themselves. */
  KEIRO_ERASE_CALLBACK_URL: z.url().optional(),
  /** Milliseconds between two looks at who may read the databases of holders. */
  KEIRO_DATABASE_READERS_EVERY_MS: z.coerce.number().int().min(500).default(60_000),
  /** Milliseconds after the first failed attempt at a task; three times as long after each further one. */
  KEIRO_RETRY_FIRST_MS: z.coerce.number().int().positive().default(500),
  /** How soon the task of a worker that died goes to another, ms; it is renewed three times as often. */
  KEIRO_TASK_LEASE_MS: z.coerce.number().int().min(1000).default(10_000),
  KEIRO_QUERY_URL: z.url().default('http://127.0.0.1:17004'),
  /** ISO 8601: how long the pack of a disclosure can be had (R1). */
  KEIRO_PACK_KEPT: z.string().refine(isPeriod, 'an ISO 8601 period, as P14D').default('P14D'),
  /** How often it can be had. */
  KEIRO_PACK_DOWNLOADS: z.coerce.number().int().positive().default(3),
  /** Seconds between two looks for packs that can be had no more. */
  KEIRO_PACK_ENDS_SECONDS: z.coerce.number().positive().default(60),
  /** Rows of a restored store that a check, a replay or a probe looks at in a second, at most. */
  KEIRO_REPLAY_ROWS_PER_SECOND: z.coerce.number().int().positive().default(5000),
});
export type Config = z.infer<typeof configSchema>;

/** Addresses and secrets of holders, which the register of holders names and this process alone knows. */
export const holderSettings =
  (env: NodeJS.ProcessEnv = process.env): Settings =>
  (name) =>
    env[name];

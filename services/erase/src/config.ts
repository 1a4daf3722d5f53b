import {
  commonConfig,
  kafkaConfig,
  keysConfig,
  mongoConfig,
  port,
  redisConfig,
  tokenConfig,
} from '@keiro/runtime';
import { z } from 'zod';
import type { Settings } from './connectors/open.ts';

export const configSchema = z.object({
  ...commonConfig,
  ...mongoConfig,
  ...kafkaConfig,
  ...redisConfig,
  ...keysConfig,
  /** Right `keys:sweep`. */
  ...tokenConfig,
  /** Health and metrics only. */
  KEIRO_ERASE_PORT: port(17_007),
  /** Milliseconds between two looks at who may read the databases of holders. */
  KEIRO_DATABASE_READERS_EVERY_MS: z.coerce.number().int().min(500).default(60_000),
  /** Milliseconds after the first failed attempt at a task; three times as long after each further one. */
  KEIRO_RETRY_FIRST_MS: z.coerce.number().int().positive().default(500),
});
export type Config = z.infer<typeof configSchema>;

/** Addresses and secrets of holders, which the register of holders names and this process alone knows. */
export const holderSettings =
  (env: NodeJS.ProcessEnv = process.env): Settings =>
  (name) =>
    env[name];

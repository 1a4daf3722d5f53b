import { Redis } from 'ioredis';
import type { Log } from '@keiro/runtime';
import type { ConnectorConfig } from '@keiro/schemas';
import type { Connector, Flagging } from './connector.ts';
import { describeFailure } from './failure.ts';
import { eraseKeys, presentKeys, probeKeys } from './redis-erase.ts';
import { correctKeys, exportKeys } from './redis-fields.ts';
import { scanKeys } from './redis-scan.ts';

type Config = Extract<ConnectorConfig, { kind: 'redis' }>;

/**
 * Keys of a Redis: those that a pattern names for an identifier, those that sets list for it, and those that
 * locators name. A key carries no generation: what a person who registered anew wrote under the same key before
 * the sweep goes with it.
 */
export function openRedisConnector(config: Config, url: string, log: Log, timeoutMs: number): Connector {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3000,
    commandTimeout: timeoutMs,
    // A command fails after three tries instead of waiting for ever: the task is tried again, visibly.
    maxRetriesPerRequest: 3,
  });
  redis.on('error', (error: Error) => {
    log.debug({ failure: describeFailure(error) }, 'redis of a holder');
  });

  const cannotSay = (): Promise<Flagging> =>
    Promise.resolve({ unsupported: 'a key has no place for suspended purposes' });

  return {
    erase: (work) => eraseKeys(redis, config, work),
    present: (work) => presentKeys(redis, config, work),
    suspend: cannotSay,
    resume: cannotSay,
    probe: (work) => probeKeys(redis, config, work),
    correct: (work, changes) => correctKeys(redis, config, work, changes),
    export: (work) => exportKeys(redis, config, work),
    scan: (scan) => scanKeys(redis, [...config.keys, ...config.indexes], scan),
    close() {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

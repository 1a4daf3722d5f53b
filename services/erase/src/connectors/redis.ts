import { Redis } from 'ioredis';
import type { Log } from '@keiro/runtime';
import type { ConnectorConfig } from '@keiro/schemas';
import { chunksOf, type Connector, type Flagging, type SweptLife, type Work } from './connector.ts';
import { describeFailure } from './failure.ts';
import { scanKeys } from './redis-scan.ts';

type Config = Extract<ConnectorConfig, { kind: 'redis' }>;
type Pattern = Config['keys'][number];

/**
 * Keys of a Redis: those that a pattern names for an identifier, those that sets list for it, and those that
 * locators name. A key carries no generation: what a person who registered anew wrote under the same key before
 * the sweep goes with it.
 */
export function openRedisConnector(config: Config, url: string, log: Log): Connector {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3000,
    // A command fails after three tries instead of waiting for ever: the task is tried again, visibly.
    maxRetriesPerRequest: 3,
  });
  redis.on('error', (error: Error) => {
    log.debug({ failure: describeFailure(error) }, 'redis of a holder');
  });

  /** Keys that the sets list, a page at a time: a set may be large. */
  async function* listedIn(index: string): AsyncGenerator<string[]> {
    let cursor = '0';
    do {
      const [next, members] = await redis.sscan(index, cursor, 'COUNT', 500);
      cursor = next;
      if (members.length > 0) yield members;
    } while (cursor !== '0');
  }

  async function remove(place: string, keys: readonly string[], work: Work): Promise<void> {
    for (const some of chunksOf(keys)) {
      work.signal.throwIfAborted();
      work.count(place, await redis.unlink(...some));
    }
  }

  async function countOf(keys: readonly string[]): Promise<number> {
    let found = 0;
    for (const some of chunksOf(keys)) found += await redis.exists(...some);
    return found;
  }

  const cannotSay = (): Promise<Flagging> =>
    Promise.resolve({ unsupported: 'a key has no place for suspended purposes' });

  return {
    async erase(work) {
      for (const pattern of config.keys) await remove(pattern.pattern, keysOf(pattern, work.lives), work);
      for (const pattern of config.indexes) {
        for (const index of keysOf(pattern, work.lives)) {
          for await (const listed of listedIn(index)) await remove(pattern.pattern, listed, work);
          // After what it lists: killed in between, the next attempt still finds the rest.
          await remove(pattern.pattern, [index], work);
        }
      }
      await remove('locators', work.locators, work);
    },
    suspend: cannotSay,
    resume: cannotSay,
    async probe(work) {
      let found = await countOf(work.locators);
      for (const pattern of config.keys) found += await countOf(keysOf(pattern, work.lives));
      for (const pattern of config.indexes) {
        for (const index of keysOf(pattern, work.lives)) {
          found += await countOf([index]);
          for await (const listed of listedIn(index)) found += await countOf(listed);
        }
      }
      return found;
    },
    scan: (scan) => scanKeys(redis, [...config.keys, ...config.indexes], scan),
    close() {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

/** The keys that a pattern names for these lives. Pure. */
export function keysOf({ pattern, identifier }: Pattern, lives: readonly SweptLife[]): string[] {
  const values = new Set(lives.filter(({ kind }) => kind === identifier).map(({ value }) => value));
  return [...values].map((value) => pattern.split(`{${identifier}}`).join(value));
}

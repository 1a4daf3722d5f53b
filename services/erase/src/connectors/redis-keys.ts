import type { Redis } from 'ioredis';
import type { ConnectorConfig } from '@keiro/schemas';
import { chunksOf, type SweptLife, type Work } from './connector.ts';

type Config = Extract<ConnectorConfig, { kind: 'redis' }>;
type Pattern = Config['keys'][number];

/** Some of a person's keys, and how they were found. */
export interface Found {
  readonly place: string;
  readonly keys: readonly string[];
  /** Their name says whose they are. */
  readonly named: boolean;
}

/** The keys that a pattern names for these lives. Pure. */
export function keysOf({ pattern, identifier }: Pattern, lives: readonly SweptLife[]): string[] {
  const values = new Set(lives.filter(({ kind }) => kind === identifier).map(({ value }) => value));
  return [...values].map((value) => pattern.split(`{${identifier}}`).join(value));
}

/** Keys that a set lists, a page at a time: it may be large. */
export async function* listedIn(redis: Redis, index: string): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, members] = await redis.sscan(index, cursor, 'COUNT', 500);
    cursor = next;
    if (members.length > 0) yield members;
  } while (cursor !== '0');
}

/**
 * Every key of the person, however it is found, without remembering what was there; the sets that list keys are not
 * among them. While Redis enlarges a set, one of its keys may come twice.
 */
export async function* keysOnce(redis: Redis, config: Config, work: Work): AsyncGenerator<Found> {
  const named = new Set<string>();
  for (const pattern of config.keys) {
    const keys = keysOf(pattern, work.lives).filter((key) => !named.has(key));
    for (const key of keys) named.add(key);
    for (const some of chunksOf(keys)) yield { place: pattern.pattern, keys: some, named: true };
  }
  const indexes = config.indexes.flatMap((pattern) =>
    keysOf(pattern, work.lives).map((index) => ({ place: pattern.pattern, index })),
  );
  /** Those that none of the first so many sets lists. */
  const others = async (keys: readonly string[], sets: number): Promise<string[]> => {
    let left = [...new Set(keys)].filter((key) => !named.has(key));
    for (const { index } of indexes.slice(0, sets)) {
      if (left.length === 0) break;
      const isListed = await redis.smismember(index, ...left);
      left = left.filter((_, position) => isListed[position] !== 1);
    }
    return left;
  };
  for (const [position, { place, index }] of indexes.entries()) {
    for await (const listed of listedIn(redis, index)) {
      work.signal.throwIfAborted();
      const keys = await others(listed, position);
      if (keys.length > 0) yield { place, keys, named: false };
    }
  }
  for (const some of chunksOf(work.locators)) {
    work.signal.throwIfAborted();
    const keys = await others(some, indexes.length);
    if (keys.length > 0) yield { place: 'locators', keys, named: false };
  }
}

import type { ChainableCommander, Redis } from 'ioredis';
import type { ConnectorConfig, ExportedItem, FieldChange } from '@keiro/schemas';
import { exportChunk, type Correction, type ExportChunk, type Work } from './connector.ts';
import { missingFrom, namesOf, settingsOf } from './fields.ts';
import { keysOnce } from './redis-keys.ts';
import { correctScript } from './redis-scripts.ts';

type Config = Extract<ConnectorConfig, { kind: 'redis' }>;
type Fields = ExportedItem['fields'];

/** Sets fields of the person's hashes, where they have them, and counts what holds something else afterwards. */
export async function correctKeys(
  redis: Redis,
  config: Config,
  work: Work,
  changes: readonly FieldChange[],
): Promise<Correction> {
  const triples = settingsOf(config, changes).flatMap(([field, value]) =>
    value === null ? [field, '', '0'] : [field, textOf(value), '1'],
  );
  let changed = 0;
  let differing = 0;
  if (triples.length > 0) {
    for await (const { place, keys } of keysOnce(redis, config, work)) {
      work.signal.throwIfAborted();
      const run = async (mode: 'do' | 'look') =>
        ((await redis.eval(correctScript, keys.length, ...keys, mode, ...triples)) as number[])[0] ?? 0;
      const n = await run('do');
      work.count(place, n);
      changed += n;
      differing += await run('look');
    }
  }
  return { changed, differing, missing: missingFrom([config], changes) };
}

/** Every key of the person with what is in it; a large one comes in several items. */
export async function* exportKeys(redis: Redis, config: Config, work: Work): AsyncGenerator<ExportChunk> {
  const names = namesOf(config);
  for await (const { place, keys } of keysOnce(redis, config, work)) {
    const types = await all<string>(redis, keys, (asked, key) => asked.type(key));
    const hashes = keys.filter((_, position) => types[position] === 'hash');
    // Most are small: their only page is read with those of the others.
    const firsts = await all<[string, string[]]>(redis, hashes, (asked, key) =>
      asked.hscan(key, '0', 'COUNT', exportChunk),
    );
    const firstOf = new Map(hashes.map((key, position) => [key, firsts[position]]));
    let items: ExportedItem[] = [];
    for (const [position, key] of keys.entries()) {
      const type = types[position] ?? 'none';
      if (type === 'none') continue;
      const read = readers[type];
      if (read === undefined) {
        yield { items: [], unsupported: `keys of ${place} of the type ${type}` };
        continue;
      }
      for await (const fields of read(redis, key, firstOf.get(key))) {
        work.signal.throwIfAborted();
        const isNamed = type === 'hash' && names !== undefined;
        items.push({ place, locator: key, fields, ...(isNamed ? { names } : {}) });
        if (items.length < exportChunk) continue;
        yield { items };
        items = [];
      }
    }
    if (items.length > 0) yield { items };
  }
}

/** A field of a hash is a text. */
const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** One question about each key, asked at once. */
async function all<T>(
  redis: Redis,
  keys: readonly string[],
  ask: (asked: ChainableCommander, key: string) => unknown,
): Promise<T[]> {
  const asked = redis.pipeline();
  for (const key of keys) ask(asked, key);
  const answers = (await asked.exec()) ?? [];
  return answers.map(([error, answer]) => {
    if (error !== null) throw error;
    return answer as T;
  });
}

type Scanned = Promise<[cursor: string, elements: string[]]>;

async function* pages(scan: (cursor: string) => Scanned, first?: Awaited<Scanned>): AsyncGenerator<string[]> {
  let cursor = '0';
  let known = first;
  do {
    const [next, elements] = known ?? (await scan(cursor));
    known = undefined;
    cursor = next;
    if (elements.length > 0) yield elements;
  } while (cursor !== '0');
}

const pairs = (flat: readonly string[]): [string, string][] =>
  flat.flatMap((one, position) => (position % 2 === 0 ? [[one, flat[position + 1] ?? '']] : []));

/** Contents of a key by its type, in parts. */
const readers: Readonly<
  Record<string, (redis: Redis, key: string, first?: [string, string[]]) => AsyncGenerator<Fields>>
> = {
  async *string(redis, key) {
    yield { value: await redis.get(key) };
  },
  async *hash(redis, key, first) {
    for await (const flat of pages((cursor) => redis.hscan(key, cursor, 'COUNT', exportChunk), first))
      yield Object.fromEntries(pairs(flat));
  },
  async *set(redis, key) {
    for await (const members of pages((cursor) => redis.sscan(key, cursor, 'COUNT', exportChunk)))
      yield { members };
  },
  async *zset(redis, key) {
    for await (const flat of pages((cursor) => redis.zscan(key, cursor, 'COUNT', exportChunk)))
      yield { members: pairs(flat).map(([member, score]) => ({ member, score })) };
  },
  async *list(redis, key) {
    for (let from = 0; ; from += exportChunk) {
      const values = await redis.lrange(key, from, from + exportChunk - 1);
      if (values.length > 0) yield { values };
      if (values.length < exportChunk) return;
    }
  },
  async *stream(redis, key) {
    for (let from = '-'; ;) {
      const entries = await redis.xrange(key, from, '+', 'COUNT', exportChunk);
      if (entries.length > 0)
        yield { entries: entries.map(([id, flat]) => ({ id, fields: Object.fromEntries(pairs(flat)) })) };
      const last = entries.at(-1);
      if (last === undefined || entries.length < exportChunk) return;
      from = `(${last[0]}`;
    }
  },
};

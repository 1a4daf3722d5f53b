import type { Redis } from 'ioredis';
import type { ConnectorConfig } from '@keiro/schemas';
import { chunksOf, ConnectorError, type Work } from './connector.ts';
import { keysOf, keysOnce, listedIn, type Found } from './redis-keys.ts';
import { eraseScript } from './redis-scripts.ts';
import { treatmentOf, type Treatment } from './treatment.ts';

type Config = Extract<ConnectorConfig, { kind: 'redis' }>;

/** Does with the person's keys what is to be done with them; the sets that list them go last. */
export async function eraseKeys(redis: Redis, config: Config, work: Work): Promise<void> {
  const treatment = treatmentOf(asRows(config), work);
  let pseudonymised = 0;
  const treat = async (found: Found): Promise<number> => {
    work.signal.throwIfAborted();
    const { changed, replaced, keeping } = await run(redis, 'do', found, treatment, work);
    work.count(found.place, changed - replaced);
    pseudonymised += replaced;
    return keeping;
  };
  for (const pattern of config.keys) {
    for (const keys of chunksOf(keysOf(pattern, work.lives)))
      await treat({ place: pattern.pattern, keys, named: true });
  }
  const locators = new Set(work.locators);
  for (const { pattern, identifier } of config.indexes) {
    for (const index of keysOf({ pattern, identifier }, work.lives)) {
      let kept = 0;
      for await (const keys of listedIn(redis, index)) {
        kept += await treat({ place: pattern, keys, named: false });
        if (kept > 0 && !isKept('subject', work) && !keys.every((key) => locators.has(key)))
          throw new ConnectorError(
            'not-found-again',
            `what a floor keeps in keys listed by ${pattern} could not be found again when it ends: report their names as locators`,
          );
      }
      if (kept > 0 && isKept('subject', work)) continue;
      // After what it lists: killed in between, the next attempt still finds the rest.
      work.signal.throwIfAborted();
      work.count(pattern, await redis.unlink(index));
    }
  }
  for (const keys of chunksOf(work.locators)) await treat({ place: 'locators', keys, named: false });
  if (treatment.how === 'delete') return;
  const columns = treatment.how === 'replace' ? treatment.values.map(([field]) => field) : [];
  if (columns.length > 0) work.remains({ place: hashes, why: 'pseudonymised', columns, rows: pseudonymised });
  if (treatment.kept.length === 0) return;
  const { keeping } = await look(redis, config, treatment, work);
  work.remains({ place: hashes, why: 'kept', columns: [...treatment.kept], rows: keeping });
}

/** How many keys an erasure would still change. */
export async function probeKeys(redis: Redis, config: Config, work: Work): Promise<number> {
  const treatment = treatmentOf(asRows(config), work);
  const { changed, keeping } = await look(redis, config, treatment, work);
  if (keeping > 0 && isKept('subject', work)) return changed;
  let found = changed;
  for (const pattern of config.indexes)
    for (const indexes of chunksOf(keysOf(pattern, work.lives))) found += await redis.exists(...indexes);
  return found;
}

/** How many keys an erasure would delete or empty, by place; one that gets a pseudonym is told apart. */
export async function presentKeys(redis: Redis, config: Config, work: Work): Promise<Record<string, number>> {
  const treatment = treatmentOf(asRows(config), work);
  const counts: Record<string, number> = {};
  const add = (place: string, n: number) => {
    counts[place] = (counts[place] ?? 0) + n;
  };
  let kept = 0;
  for await (const some of keysOnce(redis, config, work)) {
    const { changed, replaced, keeping } = await run(redis, 'look', some, treatment, work);
    add(some.place, changed - replaced);
    kept += keeping;
  }
  if (kept > 0 && isKept('subject', work)) return counts;
  for (const pattern of config.indexes)
    for (const indexes of chunksOf(keysOf(pattern, work.lives)))
      add(pattern.pattern, await redis.exists(...indexes));
  return counts;
}

async function look(
  redis: Redis,
  config: Config,
  treatment: Treatment,
  work: Work,
): Promise<{ changed: number; keeping: number }> {
  const sum = { changed: 0, keeping: 0 };
  for await (const some of keysOnce(redis, config, work)) {
    const { changed, keeping } = await run(redis, 'look', some, treatment, work);
    sum.changed += changed;
    sum.keeping += keeping;
  }
  return sum;
}

/** The script on some keys. What says by its name whose it is goes whole, or, where a floor keeps it, can't be narrowed. */
async function run(
  redis: Redis,
  how: 'do' | 'look',
  { place, keys, named }: Found,
  treatment: Treatment,
  work: Work,
): Promise<{ changed: number; replaced: number; keeping: number }> {
  if (keys.length === 0) return { changed: 0, replaced: 0, keeping: 0 };
  const mustGo = named && !isKept('subject', work);
  const kept = treatment.how === 'delete' ? [] : treatment.kept;
  if (mustGo && kept.length > 0) {
    const [, , keeping = 0] = await call('look', ['0'], kept);
    if (keeping > 0)
      throw new ConnectorError(
        'cannot-narrow',
        `a floor keeps fields of ${place}, whose name says whose it is: give the key another name`,
      );
  }
  const isWhole = treatment.how === 'delete' || mustGo;
  const [changed = 0, replaced = 0, keeping = 0] = isWhole
    ? await call(how, ['-1'], [])
    : treatment.how === 'narrow'
      ? await call(how, ['-1'], kept)
      : treatment.how === 'clear'
        ? await call(how, [String(treatment.columns.length), ...treatment.columns], kept)
        : await call(how, ['0', ...treatment.values.flat()], kept);
  return { changed, replaced, keeping };

  async function call(mode: string, rest: readonly string[], keep: readonly string[]): Promise<number[]> {
    const all = [mode, String(keep.length), ...keep, ...rest];
    return (await redis.eval(eraseScript, keys.length, ...keys, ...all)) as number[];
  }
}

const isKept = (field: string, { keep = [] }: Work) => keep.includes(field);

/** Place of what is told of all hashes together. */
const hashes = 'hashes';

/** A hash is a row whose locator is its key. */
const asRows = ({ fields, erase }: Config) => ({
  name: hashes,
  identifiers: {},
  locator: '',
  ...(fields === undefined ? {} : { fields }),
  ...(erase === undefined ? {} : { erase }),
});

import { duplicatePositions, ProblemError } from '@keiro/runtime';
import { LRUCache } from 'lru-cache';
import { Binary, type Collection, type Db } from 'mongodb';
import type { Keks } from './keks.ts';
import { ownerOf } from './owners.ts';
import { wrappedOf } from './store.ts';

/** `quarantineKeys`, by day. It stays when its key is destroyed, so that none is made for that day again. */
interface DayKeyDocument {
  /** `YYYY-MM-DD`, UTC. */
  readonly _id: string;
  readonly epoch: number;
  readonly wrapped: Binary | null;
  readonly createdAt: Date;
  readonly destroyedAt?: Date;
}

/** The key of each day under which quarantined data are sealed. */
export interface QuarantineKeys {
  /** Made when first asked for. 410 as {@link ProblemError} once it was destroyed. */
  keyOf(day: string): Promise<Buffer>;
  /** Days up to one that have a key, oldest first. */
  days(through: string): Promise<string[]>;
  /** Destroys those of these days; answers how many had one. Idempotent. */
  destroy(days: readonly string[]): Promise<number>;
}

const living = { wrapped: { $ne: null } };

/** Milliseconds for which a key is remembered: so long another process may know one that was destroyed here. */
const rememberMs = 60_000;

export function createQuarantineKeys(deps: {
  db: Db;
  keks: Keks;
  random: (bytes: number) => Buffer;
  now: () => Date;
}): QuarantineKeys {
  const { keks, random, now } = deps;
  const keys: Collection<DayKeyDocument> = deps.db.collection('quarantineKeys');
  const cache = new LRUCache<string, Buffer>({ max: 32, ttl: rememberMs });

  async function documentOf(day: string): Promise<DayKeyDocument> {
    const existing = await keys.findOne({ _id: day });
    if (existing !== null) return existing;
    return keks.wrapping(async (wrap) => {
      const { epoch, bytes } = wrap(random(32), ownerOf.quarantine(day), random(12));
      const made: DayKeyDocument = { _id: day, epoch, wrapped: new Binary(bytes), createdAt: now() };
      await keys.insertMany([made]).catch(duplicatePositions);
      // Whoever came first has made the key of the day.
      return (await keys.findOne({ _id: day })) ?? made;
    });
  }

  return {
    async keyOf(day) {
      const known = cache.get(day);
      if (known !== undefined) return known;
      const { epoch, wrapped } = await documentOf(day);
      if (wrapped === null) {
        throw new ProblemError(
          410,
          'destroyed',
          'the quarantine key of this day was destroyed when its time was over: nothing opens under it, nothing is sealed',
          [{ field: 'day', code: 'destroyed', message: 'has no key any more' }],
        );
      }
      const key = await keks.unwrap(wrappedOf({ epoch, wrapped }), ownerOf.quarantine(day));
      cache.set(day, key);
      return key;
    },

    async days(through) {
      const found = await keys
        .find({ _id: { $lte: through }, ...living }, { projection: { _id: 1 } })
        .toArray();
      return found.map(({ _id }) => _id).sort();
    },

    async destroy(days) {
      const { modifiedCount } = await keys.updateMany(
        { _id: { $in: [...days] }, ...living },
        { $set: { wrapped: null, destroyedAt: now() } },
      );
      for (const day of days) cache.delete(day);
      return modifiedCount;
    },
  };
}

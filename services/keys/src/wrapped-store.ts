import { Binary, type Collection, type Db } from 'mongodb';
import { wrappedCollections, type Life, type WrappedCollection } from '@keiro/schemas';
import type { Wrapped } from './keks.ts';
import { ownerOf } from './owners.ts';
import { wrappedOf } from './store.ts';

/** A wrapped key, whatever it is the key of. */
export interface WrappedKey {
  readonly id: string;
  readonly owner: string;
  readonly wrapped: Wrapped;
}

/**
 * Everything that is wrapped under key-encryption keys, by epoch. No index serves the epoch, because it would be paid
 * for at every new person: a rotation is rare and reads each collection from end to end, in batches. What is
 * under the newest epoch already is not found again, so a rotation that was cut off just begins anew.
 */
export interface WrappedStore {
  /** Wrapped keys of epochs older than this one. Ends after one pass; what comes in meanwhile may be missed. */
  olderThan(epoch: number, batch: number): AsyncGenerator<{ from: WrappedCollection; keys: WrappedKey[] }>;
  /**
   * Replaces what is still exactly as it was read: never what was destroyed, forgotten or renewed meanwhile, and never
   * an upsert. Answers how many were replaced.
   */
  replace(
    from: WrappedCollection,
    changes: readonly { before: WrappedKey; after: Wrapped }[],
  ): Promise<number>;
  /** How many there are under each epoch. */
  counts(): Promise<Map<number, Record<WrappedCollection, number>>>;
}

interface WrappedDocument {
  readonly _id: string;
  readonly epoch: number;
  readonly generation?: number;
  readonly wrapped: Binary | null;
}

const owners: Record<WrappedCollection, (document: WrappedDocument) => string> = {
  keys: ({ _id, generation = 1 }) => ownerOf.life({ ref: _id, generation } satisfies Life),
  quarantineKeys: ({ _id }) => ownerOf.quarantine(_id),
  sweeps: ({ _id }) => ownerOf.sweep(_id),
  provisionKeys: ({ _id }) => ownerOf.provision(_id),
  reportKeys: ({ _id }) => ownerOf.reports(_id),
  floorKeys: ({ _id }) => ownerOf.floor(_id),
};

export function openWrappedStore(db: Db): WrappedStore {
  const of = (name: WrappedCollection): Collection<WrappedDocument> =>
    db.collection(name, { readConcern: { level: 'majority' } });

  async function* olderThan(
    epoch: number,
    batch: number,
  ): AsyncGenerator<{ from: WrappedCollection; keys: WrappedKey[] }> {
    for (const from of wrappedCollections) {
      const cursor = of(from).find(
        { epoch: { $lt: epoch }, wrapped: { $ne: null } },
        { projection: { epoch: 1, generation: 1, wrapped: 1 }, batchSize: batch },
      );
      let keys: WrappedKey[] = [];
      for await (const document of cursor) {
        const { _id: id, wrapped } = document;
        if (wrapped === null) continue;
        keys.push({ id, owner: owners[from](document), wrapped: wrappedOf({ ...document, wrapped }) });
        if (keys.length < batch) continue;
        yield { from, keys };
        keys = [];
      }
      if (keys.length > 0) yield { from, keys };
    }
  }

  return {
    olderThan,
    async replace(from, changes) {
      if (changes.length === 0) return 0;
      const { modifiedCount } = await of(from).bulkWrite(
        changes.map(({ before, after }) => ({
          updateOne: {
            // The bytes as read tell one generation, and one sweep of a request, from the next.
            filter: {
              _id: before.id,
              epoch: before.wrapped.epoch,
              wrapped: new Binary(before.wrapped.bytes),
            },
            update: { $set: { epoch: after.epoch, wrapped: new Binary(after.bytes) } },
          },
        })),
        { ordered: false },
      );
      return modifiedCount;
    },
    async counts() {
      const byEpoch = new Map<number, Record<WrappedCollection, number>>();
      for (const name of wrappedCollections) {
        const groups = of(name).aggregate<{ _id: number; n: number }>([
          { $match: { wrapped: { $ne: null } } },
          { $group: { _id: '$epoch', n: { $sum: 1 } } },
        ]);
        for await (const { _id, n } of groups) {
          const counts = byEpoch.get(_id) ?? {
            keys: 0,
            quarantineKeys: 0,
            sweeps: 0,
            provisionKeys: 0,
            reportKeys: 0,
            floorKeys: 0,
          };
          byEpoch.set(_id, { ...counts, [name]: n });
        }
      }
      return byEpoch;
    },
  };
}

/** Of one epoch, all collections together. */
export const totalOf = (counts: Readonly<Record<string, number>> | undefined): number =>
  Object.values(counts ?? {}).reduce((sum, n) => sum + n, 0);

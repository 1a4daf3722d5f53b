import { insertNew, KeiroError } from '@keiro/runtime';
import type { LinkDocument, QuarantineDocument, RecordDocument } from '@keiro/schemas';
import { LRUCache } from 'lru-cache';
import type { Db } from 'mongodb';

/** What is compared with a record that came again. */
export type Stored = Pick<RecordDocument, 'digest' | 'position'>;

/**
 * What the pipeline writes in the collections that `tag` owns. Insert-only: only an operator's decision changes
 * anything, see `openQuarantineStore`.
 */
export interface TagStore {
  /** Inserts all that are new; answers with those that were there before, by id, as they stand there. */
  insertRecords(records: readonly RecordDocument[]): Promise<ReadonlyMap<string, Stored>>;
  insertLinks(links: readonly LinkDocument[]): Promise<void>;
  /** Those of these records that exist, by id. */
  recorded(ids: readonly string[]): Promise<ReadonlyMap<string, Stored>>;
  /** Which of these record ids were set aside because the person was erased. */
  setAsideAsErased(
    events: readonly { readonly ref: string; readonly record: string }[],
  ): Promise<ReadonlySet<string>>;
  /** How many of them were new. */
  insertQuarantined(documents: readonly QuarantineDocument[]): Promise<number>;
}

/** Links that are surely stored, so that a pair that comes with every event is written once. About 10 MB. */
const knownLinks = 50_000;

export function openTagStore(db: Db): TagStore {
  const records = db.collection<RecordDocument>('records');
  const links = db.collection<LinkDocument>('links');
  const quarantine = db.collection<QuarantineDocument>('quarantine');
  const linked = new LRUCache<string, true>({ max: knownLinks });

  async function recorded(ids: readonly string[]): Promise<Map<string, Stored>> {
    if (ids.length === 0) return new Map();
    const found = await records
      .find({ _id: { $in: [...ids] } }, { projection: { digest: 1, position: 1 } })
      .toArray();
    return new Map(found.map(({ _id, digest, position }) => [_id, { digest, position }]));
  }

  return {
    async insertRecords(documents) {
      const duplicates = await insertNew(records, documents);
      if (duplicates.length === 0) return new Map();
      const stored = await recorded(duplicates.map(({ _id }) => _id));
      if (stored.size < duplicates.length) {
        throw new KeiroError('moved', 'a record went while it was compared', { retryable: true });
      }
      return stored;
    },

    async insertLinks(documents) {
      const unknown = new Map(
        documents.filter(({ _id }) => !linked.has(_id)).map((link) => [link._id, link]),
      );
      await insertNew(links, [...unknown.values()]);
      for (const id of unknown.keys()) linked.set(id, true);
    },

    recorded,

    async setAsideAsErased(events) {
      if (events.length === 0) return new Set();
      const filter = {
        ref: { $in: [...new Set(events.map(({ ref }) => ref))] },
        reason: 'erased' as const,
        record: { $in: events.map(({ record }) => record) },
      };
      const found = await quarantine.find(filter, { projection: { record: 1 } }).toArray();
      return new Set(found.flatMap(({ record }) => record ?? []));
    },

    async insertQuarantined(documents) {
      return documents.length - (await insertNew(quarantine, documents)).length;
    },
  };
}

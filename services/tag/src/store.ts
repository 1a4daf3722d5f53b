import { insertNew, KeiroError } from '@keiro/runtime';
import type { FactDocument, LinkDocument, QuarantineDocument, RecordDocument } from '@keiro/schemas';
import { LRUCache } from 'lru-cache';
import type { Collection, Db, Filter } from 'mongodb';

/** What is compared with a record that came again. */
export type Stored = Pick<RecordDocument, 'digest' | 'position'>;

/** The collections that `tag` owns. Insert-only: nothing here is ever updated. */
export interface TagStore {
  /** Inserts all that are new; answers with those that were there before, by id, as they stand there. */
  insertRecords(records: readonly RecordDocument[]): Promise<ReadonlyMap<string, Stored>>;
  /** As {@link insertRecords}. */
  insertFacts(facts: readonly FactDocument[]): Promise<ReadonlyMap<string, Stored>>;
  insertLinks(links: readonly LinkDocument[]): Promise<void>;
  /** Which of these record ids exist. */
  recorded(ids: readonly string[]): Promise<ReadonlySet<string>>;
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
  const facts = db.collection<FactDocument>('facts');
  const links = db.collection<LinkDocument>('links');
  const quarantine = db.collection<QuarantineDocument>('quarantine');
  const linked = new LRUCache<string, true>({ max: knownLinks });

  return {
    insertRecords: (documents) => insertComparing(records, documents),
    insertFacts: (documents) => insertComparing(facts, documents),

    async insertLinks(documents) {
      const unknown = new Map(
        documents.filter(({ _id }) => !linked.has(_id)).map((link) => [link._id, link]),
      );
      await insertNew(links, [...unknown.values()]);
      for (const id of unknown.keys()) linked.set(id, true);
    },

    async recorded(ids) {
      if (ids.length === 0) return new Set();
      const found = await records.find({ _id: { $in: [...ids] } }, { projection: { _id: 1 } }).toArray();
      return new Set(found.map(({ _id }) => _id));
    },

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

/** Answers with those that were there before, by id. */
async function insertComparing<T extends RecordDocument | FactDocument>(
  collection: Collection<T>,
  documents: readonly T[],
): Promise<ReadonlyMap<string, Stored>> {
  const duplicates = await insertNew(collection, documents);
  const stored = new Map<string, Stored>();
  if (duplicates.length === 0) return stored;
  const ids = { _id: { $in: duplicates.map(({ _id }) => _id) } } as Filter<T>;
  const found = collection.find<Stored & { _id: string }>(ids, { projection: { digest: 1, position: 1 } });
  for await (const { _id, digest, position } of found) stored.set(_id, { digest, position });
  if (stored.size < duplicates.length) {
    throw new KeiroError('moved', 'a document went while it was compared', { retryable: true });
  }
  return stored;
}

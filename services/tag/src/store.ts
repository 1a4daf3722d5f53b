import { insertNew, KeiroError } from '@keiro/runtime';
import type { FactDocument, LinkDocument, QuarantineDocument, RecordDocument } from '@keiro/schemas';
import { LRUCache } from 'lru-cache';
import type { Collection, Db, Filter } from 'mongodb';

/** What is compared with a record that came again. */
export type Stored = Pick<RecordDocument, 'digest' | 'position'>;

/**
 * What the pipeline writes in the collections that `tag` owns. Insert-only: only an operator's decision changes
 * anything, see `openQuarantineStore`.
 */
export interface TagStore {
  /** Inserts all that are new; answers with those that were there before, by id, as they stand there. */
  insertRecords(records: readonly RecordDocument[]): Promise<ReadonlyMap<string, Stored>>;
  /** As {@link insertRecords}. */
  insertFacts(facts: readonly FactDocument[]): Promise<ReadonlyMap<string, Stored>>;
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
  const facts = db.collection<FactDocument>('facts');
  const links = db.collection<LinkDocument>('links');
  const quarantine = db.collection<QuarantineDocument>('quarantine');
  const linked = new LRUCache<string, true>({ max: knownLinks });

  async function recorded(ids: readonly string[]): Promise<Map<string, Stored>> {
    if (ids.length === 0) return new Map();
    return storedIn(records, ids);
  }

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

/** Answers with those that were there before, by id. */
async function insertComparing<T extends RecordDocument | FactDocument>(
  collection: Collection<T>,
  documents: readonly T[],
): Promise<ReadonlyMap<string, Stored>> {
  const duplicates = await insertNew(collection, documents);
  if (duplicates.length === 0) return new Map();
  const stored = await storedIn(
    collection,
    duplicates.map(({ _id }) => _id),
  );
  if (stored.size < duplicates.length) {
    throw new KeiroError('moved', 'a document went while it was compared', { retryable: true });
  }
  return stored;
}

async function storedIn<T extends RecordDocument | FactDocument>(
  collection: Collection<T>,
  ids: readonly string[],
): Promise<Map<string, Stored>> {
  const filter = { _id: { $in: [...ids] } } as Filter<T>;
  const found = collection.find<Stored & { _id: string }>(filter, { projection: { digest: 1, position: 1 } });
  const stored = new Map<string, Stored>();
  for await (const { _id, digest, position } of found) stored.set(_id, { digest, position });
  return stored;
}

import { loadPerson } from '@keiro/runtime';
import type {
  CopyDocument,
  FactDocument,
  HolderDocument,
  QuarantineDocument,
  RecordDocument,
  Ref,
  RequestDocument,
  SnapshotDocument,
  StandingDocument,
  TaskDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import { createProvisionStore } from './provision-store.ts';

/** Snapshots that one answer looks at, newest first. */
const snapshotLimit = 5000;
/** Documents per message: enough that a round trip costs little, few enough to stay small in memory. */
const batchSize = 500;

/** What the lineage store says about persons. Read only: this service owns no collection. */
export type Store = ReturnType<typeof createStore>;

export function createStore(db: Db) {
  const records = db.collection<RecordDocument>('records');
  const copies = db.collection<CopyDocument>('copies');
  const snapshots = db.collection<SnapshotDocument>('snapshots');
  const requests = db.collection<RequestDocument>('requests');
  const tasks = db.collection<TaskDocument>('tasks');
  const provisions = createProvisionStore(db);
  const among = (refs: readonly Ref[]) => ({ $in: [...refs] });

  return {
    person: (start: Ref) => loadPerson(db, start),

    /*
     * All of a person's records, and all facts about them, are read in one pass each and sifted here. An
     * aggregation or a sorted page would need several passes, and how fast a server is at those differs by
     * orders of magnitude: SecantusDB scans a collection for `$or`, and a long `$in` beside an indexed field
     * costs it a comparison per element and document.
     */
    records: (refs: readonly Ref[]) => records.find({ ref: among(refs) }, { batchSize }),
    copies: (refs: readonly Ref[]) =>
      copies.find({ ref: among(refs) }, { projection: { locator: 0 }, batchSize }),

    facts: (refs: readonly Ref[]) =>
      refs.length === 0
        ? []
        : db
            .collection<FactDocument>('facts')
            .find({ ref: among(refs) }, { batchSize })
            .toArray(),

    count: (refs: readonly Ref[]) => (refs.length === 0 ? 0 : records.countDocuments({ ref: among(refs) })),

    /** Newest first; `cut` when there are older ones that were not read. */
    async snapshots() {
      const found = await snapshots
        .find()
        .sort({ watermark: -1 })
        .limit(snapshotLimit + 1)
        .toArray();
      return { snapshots: found.slice(0, snapshotLimit), cut: found.length > snapshotLimit };
    },

    provisions: (refs: readonly Ref[]) => provisions.ofRefs(refs),

    holders: () => db.collection<HolderDocument>('holders').find().sort({ _id: 1 }).toArray(),

    standings: (refs: readonly Ref[]) =>
      db
        .collection<StandingDocument>('standing')
        .find({ _id: among(refs) })
        .toArray(),

    async requests(refs: readonly Ref[]) {
      const found = await requests.find({ 'lives.ref': among(refs) }).toArray();
      const ids = found.map(({ _id }) => _id);
      return {
        requests: found,
        tasks: ids.length === 0 ? [] : await tasks.find({ request: { $in: ids } }).toArray(),
      };
    },

    async quarantined(refs: readonly Ref[]): Promise<Record<string, number>> {
      const rows = await db
        .collection<QuarantineDocument>('quarantine')
        .aggregate<{ _id: string; n: number }>([
          { $match: { ref: among(refs), settled: { $exists: false } } },
          { $group: { _id: '$reason', n: { $sum: 1 } } },
        ])
        .toArray();
      return Object.fromEntries(rows.map(({ _id, n }) => [_id, n]));
    },
  };
}

import { insertNew } from '@keiro/runtime';
import type { CopyDocument, Holder, HolderDocument, SnapshotDocument } from '@keiro/schemas';
import type { Db } from 'mongodb';

/** The collections that `transfer` owns: facts are insert-only, the register of holders is upserted at start. */
export interface TransferStore {
  /** Inserts the facts that are new; answers with how many were. */
  insertCopies(copies: readonly CopyDocument[]): Promise<number>;
  insertSnapshots(snapshots: readonly SnapshotDocument[]): Promise<number>;
  holderIds(): Promise<ReadonlySet<string>>;
  /** Registers or replaces holders by id. `registeredAt` stays from the first time; nobody is removed. */
  register(holders: readonly Holder[], at: Date): Promise<void>;
}

export function openTransferStore(db: Db): TransferStore {
  const copies = db.collection<CopyDocument>('copies');
  const snapshots = db.collection<SnapshotDocument>('snapshots');
  const holders = db.collection<HolderDocument>('holders');

  return {
    insertCopies: async (documents) => documents.length - (await insertNew(copies, documents)).length,
    insertSnapshots: async (documents) => documents.length - (await insertNew(snapshots, documents)).length,

    async holderIds() {
      const all = await holders.find({}, { projection: { _id: 1 } }).toArray();
      return new Set(all.map(({ _id }) => _id));
    },

    async register(list, at) {
      const existing = await holders
        .find({ _id: { $in: list.map(({ id }) => id) } }, { projection: { registeredAt: 1 } })
        .toArray();
      const since = new Map(existing.map(({ _id, registeredAt }) => [_id, registeredAt]));
      for (const holder of list) {
        // Replaced as a whole, so that what the file no longer says is no longer there.
        const replacement = { ...holder, registeredAt: since.get(holder.id) ?? at };
        await holders.replaceOne({ _id: holder.id }, replacement, { upsert: true });
      }
    },
  };
}

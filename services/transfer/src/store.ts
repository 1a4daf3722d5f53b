import { insertNew } from '@keiro/runtime';
import type { CopyDocument, SnapshotDocument } from '@keiro/schemas';
import type { Db } from 'mongodb';

/** The custody facts that `transfer` owns: insert-only. */
export interface TransferStore {
  /** Inserts the facts that are new; answers with how many were. */
  insertCopies(copies: readonly CopyDocument[]): Promise<number>;
  insertSnapshots(snapshots: readonly SnapshotDocument[]): Promise<number>;
}

export function openTransferStore(db: Db): TransferStore {
  const copies = db.collection<CopyDocument>('copies');
  const snapshots = db.collection<SnapshotDocument>('snapshots');

  return {
    insertCopies: async (documents) => documents.length - (await insertNew(copies, documents)).length,
    insertSnapshots: async (documents) => documents.length - (await insertNew(snapshots, documents)).length,
  };
}

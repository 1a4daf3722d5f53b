import { deleteMany, insertNew, toAuditDocument } from '@keiro/runtime';
import {
  dueOn,
  lifeKey,
  type AuditDocument,
  type AuditEntry,
  type CopyDocument,
  type DueDocument,
  type Life,
  type RecordDocument,
  type RequestDocument,
  type RetentionBatchDocument,
  type RetirementDocument,
  type TaskDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import { openStates } from '../store.ts';

/** What a batch takes out of lineage once the holders have proven theirs. */
export interface BatchStore {
  batch(request: string): Promise<RetentionBatchDocument | null>;
  /** Copies first: cut off in between, the records are still there to be done again. */
  removeFromLineage(
    batch: Pick<RetentionBatchDocument, 'records' | 'copies'>,
  ): Promise<{ records: number; copies: number }>;
  /** Records that stay for now, to be looked at that day. */
  putOff(day: string, records: readonly string[]): Promise<void>;
  /** Lives of which a record has ended: whether their keys can go is looked at later. */
  ended(lives: readonly Life[], at: Date): Promise<void>;
  /** An entry that is there already stays. */
  audit(entry: AuditEntry): Promise<void>;
  /** What the audit says that a batch did. */
  evidence(request: string): Promise<Record<string, unknown>>;
  /** What named records of the batch names them no more; receipts and counts stay. */
  forget(request: string): Promise<void>;
  /** Batches under way; those that wait for an operator are not. */
  underWay(): Promise<number>;
}

export function openBatchStore(db: Db): BatchStore {
  const batches = db.collection<RetentionBatchDocument>('retentionBatches');
  return {
    batch: (request) => batches.findOne({ _id: request }),

    async removeFromLineage({ records, copies }) {
      const removedCopies = await deleteMany(db.collection<CopyDocument>('copies'), copies);
      const removed = await deleteMany(db.collection<RecordDocument>('records'), records);
      return { records: removed, copies: removedCopies };
    },

    async putOff(day, records) {
      await insertNew(db.collection<DueDocument>('due'), dueOn(day, { records, wait: 'shared-row' }));
    },

    async ended(lives, at) {
      const documents = lives.map((life): RetirementDocument => ({
        _id: lifeKey(life),
        kind: 'life',
        ...life,
        notBefore: at,
      }));
      await insertNew(db.collection<RetirementDocument>('retirements'), documents);
    },

    async audit(entry) {
      await insertNew(db.collection<AuditDocument>('audit'), [toAuditDocument(entry)]);
    },

    async evidence(request) {
      const entry = await db.collection<AuditDocument>('audit').findOne({ _id: `${request}/done` });
      return { ...entry?.detail };
    },

    async forget(request) {
      await db
        .collection<TaskDocument>('tasks')
        .updateMany({ request }, { $unset: { records: '', retention: '', 'receipt.kept': '' } });
      await batches.deleteOne({ _id: request });
    },

    // By state, which is indexed, and sifted here.
    async underWay() {
      const open = await db
        .collection<RequestDocument>('requests')
        .find({ state: { $in: openStates.filter((state) => state !== 'waiting-for-operator') } })
        .project<Pick<RequestDocument, 'type'>>({ type: 1 })
        .toArray();
      return open.filter(({ type }) => type === 'retention').length;
    },
  };
}

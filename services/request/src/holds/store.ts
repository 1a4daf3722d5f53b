import { appendAudit, createBatches, type Mongo } from '@keiro/runtime';
import type { AuditEntry, HoldDocument, Ref, RequestDocument, RetentionBatchDocument } from '@keiro/schemas';

/** The collection of holds, and what has to be looked at when one is placed. */
export interface HoldStore {
  inForce(now: Date): Promise<HoldDocument[]>;
  all(): Promise<HoldDocument[]>;
  hold(id: string): Promise<HoldDocument | null>;
  place(hold: HoldDocument, audit: AuditEntry): Promise<void>;
  /** False where it had been released before. */
  release(id: string, released: { at: Date; by: string }, audit: AuditEntry): Promise<boolean>;
  waiting(): Promise<RequestDocument[]>;
  /** Batches of retention that have begun and hold something of these. */
  batchesOf(refs: readonly Ref[]): Promise<string[]>;
}

export function openHoldStore(mongo: Mongo): HoldStore {
  const holds = mongo.db.collection<HoldDocument>('holds');
  // Deletions that come to the same point ask together.
  const inForce = createBatches(async (asked: readonly Date[]) => {
    const found = await holds.find({ released: { $exists: false } }).toArray();
    return asked.map((now) => found.filter(({ until }) => until === undefined || now < until));
  });
  return {
    inForce,
    all: () => holds.find().sort({ at: -1 }).toArray(),
    hold: (id) => holds.findOne({ _id: id }),
    place: (hold, audit) =>
      mongo.transaction(async (session) => {
        await holds.insertOne(hold, { session });
        await appendAudit(mongo.db, [audit], session);
      }),
    release: (id, released, audit) =>
      mongo.transaction(async (session) => {
        const { matchedCount } = await holds.updateOne(
          { _id: id, released: { $exists: false } },
          { $set: { released } },
          { session },
        );
        if (matchedCount === 1) await appendAudit(mongo.db, [audit], session);
        return matchedCount === 1;
      }),
    waiting: () => mongo.db.collection<RequestDocument>('requests').find({ state: 'on-hold' }).toArray(),
    batchesOf: async (refs) =>
      (
        await mongo.db
          .collection<RetentionBatchDocument>('retentionBatches')
          .find({ 'lives.ref': { $in: [...refs] } }, { projection: { _id: 1 } })
          .toArray()
      ).map(({ _id }) => _id),
  };
}

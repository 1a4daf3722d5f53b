import { appendCarriedAudit, carrying, insertNew, toAuditDocument } from '@keiro/runtime';
import type { AuditDocument, AuditEntry, QuarantineDocument, Settlement } from '@keiro/schemas';
import type { Db } from 'mongodb';
import { held, untouched } from './quarantine-store.ts';

/** An entry whose end has come, as far as the decision needs it. */
export type Ended = Pick<QuarantineDocument, '_id' | 'reason' | 'at'>;

/** What the end of entries changes in `quarantine`, and asks of it. Each look reads all of it: so, once an hour. */
export interface ExpiryStore {
  /** What was set aside at these instants or before and is held, oldest first. What is being released is left to that. */
  ended(cuts: { readonly erased: Date; readonly others: Date }, limit: number): Promise<Ended[]>;
  /** Settles what is still as it was found, each with its audit entry; answers how many. */
  expire(all: readonly { entry: Ended; settled: Settlement; audit: AuditEntry }[]): Promise<number>;
  /** Appends to the audit what decisions that were cut off have left on entries. */
  bringHome(): Promise<number>;
  /** How many are held, by the day (UTC) on which they were set aside. */
  heldByDay(): Promise<{ readonly day: string; readonly n: number }[]>;
  /** Entries that are there already stay as they are. */
  audit(entries: readonly AuditEntry[]): Promise<void>;
}

export function openExpiryStore(db: Db): ExpiryStore {
  const entries = db.collection<QuarantineDocument>('quarantine');
  return {
    ended: ({ erased, others }, limit) =>
      entries
        .find(
          {
            ...untouched,
            $or: [
              { reason: 'erased', at: { $lte: erased } },
              { reason: { $ne: 'erased' }, at: { $lte: others } },
            ],
          },
          { projection: { reason: 1, at: 1 } },
        )
        .sort({ at: 1 })
        .limit(limit)
        .toArray(),

    async expire(all) {
      if (all.length === 0) return 0;
      const { modifiedCount } = await entries.bulkWrite(
        all.map(({ entry: { _id, reason }, settled, audit }) => ({
          updateOne: {
            // A release in vain may have given it another reason, and with that another end.
            filter: { _id, reason, ...untouched },
            update: { $set: { settled }, $unset: { sealed: '' }, ...carrying([audit]) },
          },
        })),
        { ordered: false },
      );
      await appendCarriedAudit(db, entries, { _id: { $in: all.map(({ entry }) => entry._id) } });
      return modifiedCount;
    },

    bringHome: () => appendCarriedAudit(db, entries, {}),

    async heldByDay() {
      const rows = entries.aggregate<{ _id: string; n: number }>([
        { $match: held },
        { $group: { _id: '$day', n: { $sum: 1 } } },
      ]);
      return (await rows.toArray()).map(({ _id, n }) => ({ day: _id, n }));
    },

    async audit(list) {
      await insertNew(db.collection<AuditDocument>('audit'), list.map(toAuditDocument));
    },
  };
}

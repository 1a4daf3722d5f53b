import { insertNew, toAuditDocument, type Log, type Metrics } from '@keiro/runtime';
import {
  directiveTaskOf,
  type AuditDocument,
  type AuditEntry,
  type CopyDocument,
  type TaskDocument,
  type ViolationDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import type { ReturnEvidence } from './violations.ts';

/** T0: what was found after the fact, until an operator closes it. */
export interface ViolationStore {
  /** Keeps those that are new, and raises the alarm for them. */
  add(found: readonly ViolationDocument[]): Promise<void>;
  find(id: string): Promise<ViolationDocument | null>;
  /** What there is to show that the copy is gone. */
  evidence(violation: ViolationDocument): Promise<ReturnEvidence>;
  /** False where it is closed already. Sent again, it makes up for an audit entry that was cut off. */
  close(id: string, closed: NonNullable<ViolationDocument['closed']>): Promise<boolean>;
}

export async function openViolationStore(db: Db, metrics: Metrics, log: Log): Promise<ViolationStore> {
  const violations = db.collection<ViolationDocument>('violations');
  const open = metrics.gauge(
    'keiro_transfer_violations',
    'Copies at holders without a basis for them that nobody has closed, by holder',
    ['holder'],
  );

  async function count(): Promise<void> {
    const counted = await violations
      .aggregate<{ _id: string; n: number }>([
        { $match: { closed: { $exists: false } } },
        { $group: { _id: '$holder', n: { $sum: 1 } } },
      ])
      .toArray();
    open.reset();
    for (const { _id, n } of counted) open.set({ holder: _id }, n);
  }
  await count();

  return {
    async add(found) {
      const unique = [...new Map(found.map((one) => [one._id, one])).values()];
      const old = new Set((await insertNew(violations, unique)).map(({ _id }) => _id));
      const added = unique.filter(({ _id }) => !old.has(_id));
      if (added.length === 0) return;
      for (const [holder, { reason, n }] of byHolder(added)) {
        log.warn({ holder, reason, found: n }, 'a holder has copies that it had no basis for');
      }
      await count();
    },

    find: (id) => violations.findOne({ _id: id }),

    async evidence(violation) {
      const { holder, copy } = violation;
      if (copy === undefined) return {};
      const [task, reports] = await Promise.all([
        db.collection<TaskDocument>('tasks').findOne({ _id: directiveTaskOf(violation) }),
        db.collection<CopyDocument>('copies').find({ ref: copy.ref }).toArray(),
      ]);
      // Of a life that was erased there may be several.
      const removed = reports
        .filter((one) => one.record === copy.record && one.holder === holder && one.action === 'removed')
        .map(({ at }) => at.getTime());
      return {
        ...(task === null ? {} : { task }),
        ...(removed.length === 0 ? {} : { removed: new Date(Math.max(...removed)) }),
      };
    },

    async close(id, closed) {
      const { matchedCount } = await violations.updateOne(
        { _id: id, closed: { $exists: false } },
        { $set: { closed } },
      );
      const after = await violations.findOne({ _id: id });
      if (after?.closed !== undefined)
        await insertNew(db.collection<AuditDocument>('audit'), [
          toAuditDocument(entryOf(after, after.closed)),
        ]);
      if (matchedCount === 1) await count();
      return matchedCount === 1;
    },
  };
}

function entryOf(
  { _id, copy, holder }: ViolationDocument,
  { at, by, reason, note }: NonNullable<ViolationDocument['closed']>,
): AuditEntry {
  return {
    _id: `violation/${_id}/closed`,
    at,
    by,
    action: 'violation.closed',
    about: [copy?.record ?? holder],
    detail: { holder, reason, ...(note === undefined ? {} : { note }) },
  };
}

function byHolder(added: readonly ViolationDocument[]): Map<string, { reason: string; n: number }> {
  const holders = new Map<string, { reason: string; n: number }>();
  for (const { holder, reason } of added)
    holders.set(holder, { reason, n: (holders.get(holder)?.n ?? 0) + 1 });
  return holders;
}

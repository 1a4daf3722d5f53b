import type { ClientSession } from 'mongodb';
import { appendAudit, type Mongo } from '@keiro/runtime';
import type {
  AuditEntry,
  CopyDocument,
  HolderDocument,
  Receipt,
  Ref,
  StandingDocument,
  TaskDocument,
} from '@keiro/schemas';
import type { Verdict } from './attempt.ts';

/** A task that this worker holds: whatever it writes is refused once somebody else has claimed it. */
export interface Claim {
  readonly task: TaskDocument;
  readonly token: number;
}

/** The erase service's half of the lineage store. */
export interface EraseStore {
  holders(): Promise<HolderDocument[]>;
  holder(id: string): Promise<HolderDocument | null>;
  /** The task under a lease of this worker; undefined when there is nothing to do, or not yet, or not for it. */
  claim(task: string, worker: string, now: Date, until: Date): Promise<Claim | undefined>;
  /** False when the lease is lost. */
  renew(claim: Claim, until: Date): Promise<boolean>;
  /** Each false when the lease is lost. */
  finish(claim: Claim, receipt: Receipt, audit: AuditEntry): Promise<boolean>;
  fail(
    claim: Claim,
    receipt: Receipt,
    error: TaskDocument['errors'][number],
    verdict: Verdict,
    audit: AuditEntry | undefined,
  ): Promise<boolean>;
  /** Sealed locators that these holders reported for records under these refs. */
  copies(
    refs: readonly Ref[],
    holders: readonly string[],
  ): AsyncIterable<Pick<CopyDocument, 'holder' | 'record' | 'ref' | 'generation' | 'locator'>>;
  /** Purposes that are suspended for any of these refs now, on request or because consent was withdrawn. */
  suspendedNow(refs: readonly Ref[]): Promise<string[]>;
}

export function openEraseStore(mongo: Mongo): EraseStore {
  const { db } = mongo;
  const tasks = db.collection<TaskDocument>('tasks');
  const holders = db.collection<HolderDocument>('holders');

  const held = ({ task, token }: Claim) => ({
    _id: task._id,
    state: 'running' as const,
    'lease.token': token,
  });

  async function settle(
    audit: AuditEntry | undefined,
    update: (session?: ClientSession) => Promise<{ matchedCount: number }>,
  ): Promise<boolean> {
    if (audit === undefined) return (await update()).matchedCount === 1;
    return mongo.transaction(async (session) => {
      const { matchedCount } = await update(session);
      if (matchedCount === 1) await appendAudit(db, [audit], session);
      return matchedCount === 1;
    });
  }

  return {
    holders: () => holders.find().toArray(),
    holder: (id) => holders.findOne({ _id: id }),

    async claim(id, worker, now, until) {
      const task = await tasks.findOne({ _id: id });
      if (task === null || task.state === 'done' || task.state === 'failed') return undefined;
      if (task.state === 'pending' && task.notBefore !== undefined && task.notBefore > now) return undefined;
      if (task.state === 'running' && task.lease !== undefined && task.lease.until > now) return undefined;
      const token = (task.lease?.token ?? 0) + 1;
      const { modifiedCount } = await tasks.updateOne(
        {
          _id: id,
          state: task.state,
          attempt: task.attempt,
          ...(task.lease === undefined ? { lease: { $exists: false } } : { 'lease.token': task.lease.token }),
        },
        { $set: { state: 'running', lease: { worker, token, until } } },
      );
      return modifiedCount === 1 ? { task, token } : undefined;
    },

    async renew(claim, until) {
      return (await tasks.updateOne(held(claim), { $set: { 'lease.until': until } })).matchedCount === 1;
    },

    finish: (claim, receipt, audit) =>
      settle(audit, (session) =>
        tasks.updateOne(
          held(claim),
          { $set: { state: 'done', receipt, doneAt: audit.at }, $unset: { notBefore: '' } },
          { ...(session && { session }) },
        ),
      ),

    fail: (claim, receipt, error, { state, attempt, notBefore }, audit) =>
      settle(audit, (session) =>
        tasks.updateOne(
          held(claim),
          {
            $set: { state, attempt, receipt, ...(notBefore === undefined ? {} : { notBefore }) },
            ...(notBefore === undefined ? { $unset: { notBefore: '' } } : {}),
            $push: { errors: error },
          },
          { ...(session && { session }) },
        ),
      ),

    copies: (refs, from) =>
      db
        .collection<CopyDocument>('copies')
        .find(
          { ref: { $in: [...refs] }, holder: { $in: [...from] }, locator: { $exists: true } },
          { projection: { _id: 0, holder: 1, record: 1, ref: 1, generation: 1, locator: 1 } },
        ),

    async suspendedNow(refs) {
      const found = await db
        .collection<StandingDocument>('standing')
        .find({ _id: { $in: [...refs] } }, { projection: { suspended: 1, withdrawn: 1 } })
        .toArray();
      return [
        ...new Set(found.flatMap(({ suspended, withdrawn = [] }) => [...suspended, ...withdrawn])),
      ].sort();
    },
  };
}

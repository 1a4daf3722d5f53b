import { appendCarriedAudit, carrying, insertNew, toAuditDocument } from '@keiro/runtime';
import {
  violationId,
  type AuditDocument,
  type AuditEntry,
  type CopyDocument,
  type HolderDocument,
  type Receipt,
  type Ref,
  type StandingDocument,
  type TaskDocument,
  type ViolationDocument,
  type Waiting,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
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
  /** Each false when the lease is lost. The task carries the audit entry until {@link EraseStore.bringHome}. */
  finish(claim: Claim, receipt: Receipt, audit: AuditEntry): Promise<boolean>;
  fail(
    claim: Claim,
    receipt: Receipt,
    error: TaskDocument['errors'][number],
    verdict: Verdict,
    more: {
      readonly audit: AuditEntry | undefined;
      /** What the holder was asked is over. */ readonly over: boolean;
    },
  ): Promise<boolean>;
  /** Puts the task down until then: the holder is at it. */
  wait(claim: Claim, receipt: Receipt, waiting: Waiting, until: Date): Promise<boolean>;
  /** Has a task that waits looked at now, by whichever worker takes it. False when it does not wait. */
  wake(task: string, now: Date): Promise<boolean>;
  /** Appends to the audit; the same id again adds nothing. */
  tellOnce(entry: AuditEntry): Promise<void>;
  /** Appends to the audit what a task carries, or, where none is named, every one. */
  bringHome(task?: string): Promise<void>;
  /** Sealed locators that these holders reported for records under these refs. */
  copies(
    refs: readonly Ref[],
    holders: readonly string[],
  ): AsyncIterable<Pick<CopyDocument, 'holder' | 'record' | 'ref' | 'generation' | 'locator'>>;
  /** All that a holder reported of records under these refs. */
  reportsAt(refs: readonly Ref[], holder: string): Promise<CopyDocument[]>;
  /** Those of these records for which the holder had no basis (T0), whether or not that is over. */
  withoutBasis(records: readonly string[], holder: string): Promise<Set<string>>;
  /** Purposes that are suspended for any of these refs now, on request or because consent was withdrawn. */
  suspendedNow(refs: readonly Ref[]): Promise<string[]>;
}

export function openEraseStore(db: Db): EraseStore {
  const tasks = db.collection<TaskDocument>('tasks');
  const holders = db.collection<HolderDocument>('holders');

  const held = ({ task, token }: Claim) => ({
    _id: task._id,
    state: 'running' as const,
    'lease.token': token,
  });

  const carried = (audit: AuditEntry | undefined) => (audit === undefined ? {} : carrying([audit]).$push);

  async function bringHome(id?: string): Promise<void> {
    await appendCarriedAudit(db, tasks, id === undefined ? {} : { _id: id });
  }

  return {
    holders: () => holders.find().toArray(),
    holder: (id) => holders.findOne({ _id: id }),

    async claim(id, worker, now, until) {
      const task = await tasks.findOne({ _id: id });
      // A job comes again, for a task that is done too, when whoever settled it was killed before it had told the audit.
      if ((task?.audit?.length ?? 0) > 0) await bringHome(id);
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

    async finish(claim, receipt, audit) {
      const { matchedCount } = await tasks.updateOne(held(claim), {
        $set: { state: 'done', receipt, doneAt: audit.at },
        $unset: { notBefore: '', waiting: '' },
        $push: carried(audit),
      });
      return matchedCount === 1;
    },

    async fail(claim, receipt, error, { state, attempt, notBefore }, { audit, over }) {
      const gone = {
        ...(notBefore === undefined ? { notBefore: '' as const } : {}),
        ...(over ? { waiting: '' as const } : {}),
      };
      const { matchedCount } = await tasks.updateOne(held(claim), {
        $set: { state, attempt, receipt, ...(notBefore === undefined ? {} : { notBefore }) },
        ...(Object.keys(gone).length === 0 ? {} : { $unset: gone }),
        $push: { errors: error, ...carried(audit) },
      });
      return matchedCount === 1;
    },

    async wait(claim, receipt, waiting, until) {
      const { matchedCount } = await tasks.updateOne(held(claim), {
        $set: { state: 'pending', attempt: claim.task.attempt + 1, receipt, waiting, notBefore: until },
        $inc: { waits: 1 },
      });
      return matchedCount === 1;
    },

    async wake(task, now) {
      // The job that was laid for later is overtaken by another attempt's.
      const { modifiedCount } = await tasks.updateOne(
        { _id: task, state: 'pending', waiting: { $exists: true }, notBefore: { $gt: now } },
        { $set: { notBefore: now }, $inc: { attempt: 1, waits: 1 } },
      );
      return modifiedCount === 1;
    },

    async tellOnce(entry) {
      await insertNew(db.collection<AuditDocument>('audit'), [toAuditDocument(entry)]);
    },

    bringHome,

    copies: (refs, from) =>
      db
        .collection<CopyDocument>('copies')
        .find(
          { ref: { $in: [...refs] }, holder: { $in: [...from] }, locator: { $exists: true } },
          { projection: { _id: 0, holder: 1, record: 1, ref: 1, generation: 1, locator: 1 } },
        ),

    // Sifted here: a second condition beside an indexed one costs some servers a scan.
    reportsAt: async (refs, holder) =>
      (
        await db
          .collection<CopyDocument>('copies')
          .find({ ref: { $in: [...refs] } })
          .toArray()
      ).filter((copy) => copy.holder === holder),

    async withoutBasis(records, holder) {
      const found = await db
        .collection<ViolationDocument>('violations')
        .find({ _id: { $in: records.map((record) => violationId(record, holder)) } })
        .toArray();
      // Closed because there was a basis, or no copy, it was no violation.
      const real = found.filter(
        ({ closed }) => (closed?.reason ?? 'returned-or-erased') === 'returned-or-erased',
      );
      return new Set(real.flatMap(({ copy }) => copy?.record ?? []));
    },

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

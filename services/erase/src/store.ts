import { appendCarriedAudit, carrying, findMany } from '@keiro/runtime';
import {
  violationId,
  type AuditEntry,
  type CopyDocument,
  type HolderDocument,
  type Receipt,
  type Ref,
  type StandingDocument,
  type TaskDocument,
  type ViolationDocument,
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
    audit: AuditEntry | undefined,
  ): Promise<boolean>;
  /** Appends to the audit what a task carries, or, where none is named, every one. */
  bringHome(task?: string): Promise<void>;
  /** Sealed locators that these holders reported for records under these refs. */
  copies(
    refs: readonly Ref[],
    holders: readonly string[],
  ): AsyncIterable<Pick<CopyDocument, 'holder' | 'record' | 'ref' | 'generation' | 'locator'>>;
  /** All that a holder reported of records under these refs. */
  reportsAt(refs: readonly Ref[], holder: string): Promise<CopyDocument[]>;
  /** The reports that these holders have a copy of these records. */
  reportsOf(records: readonly string[], holders: readonly string[]): Promise<CopyDocument[]>;
  /** All that these holders reported of records under these refs. */
  reportsUnder(refs: readonly Ref[], holders: readonly string[]): Promise<CopyDocument[]>;
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
        $unset: { notBefore: '' },
        $push: carried(audit),
      });
      return matchedCount === 1;
    },

    async fail(claim, receipt, error, { state, attempt, notBefore }, audit) {
      const { matchedCount } = await tasks.updateOne(held(claim), {
        $set: { state, attempt, receipt, ...(notBefore === undefined ? {} : { notBefore }) },
        ...(notBefore === undefined ? { $unset: { notBefore: '' } } : {}),
        $push: { errors: error, ...carried(audit) },
      });
      return matchedCount === 1;
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

    reportsOf: (records, from) =>
      findMany(
        db.collection<CopyDocument>('copies'),
        '_id',
        from.flatMap((holder) => records.map((record) => `${record}|${holder}|held`)),
      ),

    reportsUnder: async (refs, from) =>
      (await findMany(db.collection<CopyDocument>('copies'), 'ref', refs)).filter(({ holder }) =>
        from.includes(holder),
      ),

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

import {
  appendCarriedAudit,
  carrying,
  createBatches,
  findMany,
  insertNew,
  KeiroError,
  toAuditDocument,
} from '@keiro/runtime';
import {
  isDenied,
  taskId,
  violationId,
  type AuditDocument,
  type AuditEntry,
  type CopyDocument,
  type Foreseen,
  type FoundRow,
  type HolderDocument,
  type Life,
  type Receipt,
  type RecordDocument,
  type Ref,
  type RequestDocument,
  type RetentionBatchDocument,
  type SealedPlace,
  type StandingDocument,
  type TaskDocument,
  type ViolationDocument,
  type Waiting,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import type { Verdict } from './attempt.ts';
import { createClaims, type Claim } from './claims.ts';

/** Of the errors of a task; a holder that is away for days would fill its document. */
const errorsKept = 20;
/** Reports of copies that a task reads at once. */
const copiesAtOnce = 500;

/** The erase service's half of the lineage store. */
export interface EraseStore {
  holders(): Promise<HolderDocument[]>;
  holder(id: string): Promise<HolderDocument | null>;
  /** The task under a lease of this worker; undefined when there is nothing to do, or not yet, or not for it. */
  claim(task: string, worker: string, now: Date, until: Date): Promise<Claim | undefined>;
  /** False when the lease is lost. */
  renew(claim: Claim, until: Date): Promise<boolean>;
  /** Written before anything is erased. False when the lease is lost. */
  foresee(claim: Claim, foreseen: Foreseen): Promise<boolean>;
  /** Each false when the lease is lost. But for `finish`, whose entry follows from the task, it carries the audit entry until {@link EraseStore.bringHome}. */
  finish(claim: Claim, receipt: Receipt, at: Date): Promise<boolean>;
  /** No program can do it: it waits for a person. */
  leaveToPerson(claim: Claim, audit: AuditEntry, receipt?: Receipt): Promise<boolean>;
  fail(
    claim: Claim,
    receipt: Receipt,
    error: TaskDocument['errors'][number],
    verdict: Verdict,
    more: {
      readonly audit: AuditEntry | undefined;
      /** What the holder was asked is over. */ readonly over: boolean;
      readonly left: Foreseen | undefined;
      /** It was answered, and is counted: the same asked again would count again. */
      readonly answered: boolean;
    },
  ): Promise<boolean>;
  /** Puts the task down until then: the holder is at it. */
  wait(
    claim: Claim,
    receipt: Receipt,
    waiting: Waiting,
    until: Date,
    left: Foreseen | undefined,
  ): Promise<boolean>;
  /** Has a task that waits looked at now, by whichever worker takes it. False when it does not wait. */
  wake(task: string, now: Date): Promise<boolean>;
  /** Appends to the audit; the same id again adds nothing. */
  tellOnce(entry: AuditEntry): Promise<void>;
  /** Appends to the audit what a task carries, or, where none is named, whatever any of them does. */
  bringHome(task?: string): Promise<void>;
  /** Appends what was done. Whoever is killed before it leaves it to `request`, which ends no request without. */
  tell(entry: AuditEntry): Promise<void>;
  /** Sealed locators that these holders reported for records under these refs. */
  copies(
    refs: readonly Ref[],
    holders: readonly string[],
  ): AsyncIterable<Pick<CopyDocument, 'holder' | 'record' | 'ref' | 'generation' | 'locator'>>;
  /** All that a holder reported of records under these refs. */
  reportsAt(refs: readonly Ref[], holder: string): Promise<CopyDocument[]>;
  /** Records under these refs of which something is kept for a floor (R4). */
  keptRecords(refs: readonly Ref[]): Promise<ReadonlySet<string>>;
  /** Keeps where rows are that stay and that nobody had reported. Throws when the lease is lost. */
  keepFound(claim: Claim, found: readonly FoundRow[]): Promise<void>;
  /** What a deletion had found so at this holder, and its lives in their order. */
  foundBy(deletion: string, holder: string): Promise<{ found: readonly FoundRow[]; lives: readonly Life[] }>;
  /** The reports that these holders have a copy of these records. */
  reportsOf(records: readonly string[], holders: readonly string[]): Promise<CopyDocument[]>;
  /** Where a holder has the copies of a batch that ends, as it was planned; undefined where its task has to look. */
  placesIn(request: string, holder: string): Promise<readonly SealedPlace[] | undefined>;
  /** All that these holders reported of records under these refs. */
  reportsUnder(refs: readonly Ref[], holders: readonly string[]): Promise<CopyDocument[]>;
  /** Whom a request is about. */
  livesOf(request: string): Promise<readonly Life[]>;
  /** Those of these records for which the holder had no basis (T0), whether or not that is over. */
  withoutBasis(records: readonly string[], holder: string): Promise<Set<string>>;
  /** Purposes for which this holder may not use these refs now; `all` where it is denied as a whole (R5, R6, TA). */
  suspendedNow(refs: readonly Ref[], holder: string): Promise<string[]>;
}

export function openEraseStore(db: Db): EraseStore {
  const tasks = db.collection<TaskDocument>('tasks');
  const holders = db.collection<HolderDocument>('holders');
  const copies = db.collection<CopyDocument>('copies');

  const carried = (audit: AuditEntry | undefined) => (audit === undefined ? {} : carrying([audit]).$push);

  const claims = createClaims(db);
  const holderOf = createBatches(async (ids: readonly string[]) => {
    const found = await holders.find({ _id: { $in: [...new Set(ids)] } }).toArray();
    const byId = new Map(found.map((holder) => [holder._id, holder]));
    return ids.map((id) => byId.get(id) ?? null);
  });
  const reported = createBatches(async (refs: readonly Ref[]) => {
    const known = new Set(await copies.distinct('ref', { ref: { $in: [...new Set(refs)] } }));
    return refs.map((ref) => known.has(ref));
  });

  return {
    holders: () => holders.find().toArray(),
    holder: holderOf,

    claim: (id, worker, now, until) => claims.claim({ id, worker, now, until }),

    // With what is settled in the same moment: tasks that take long renew when the server is slowest.
    renew: (claim, until) => claims.settle({ claim, update: { $set: { 'lease.until': until } } }),

    foresee: (claim, foreseen) => claims.settle({ claim, update: { $set: { foreseen } } }),

    finish: (claim, receipt, at) =>
      claims.settle({
        claim,
        update: {
          $set: { state: 'done', receipt, doneAt: at, settledBy: 'erase' },
          $unset: { notBefore: '', waiting: '', foreseen: '' },
        },
      }),

    leaveToPerson: (claim, audit, receipt) =>
      claims.settle({
        claim,
        update: {
          $set: { state: 'by-hand', ...(receipt === undefined ? {} : { receipt }) },
          $unset: { notBefore: '' },
          $push: carried(audit),
        },
      }),

    fail(claim, receipt, error, { state, attempt, notBefore }, { audit, over, left, answered }) {
      const gone = {
        ...(notBefore === undefined ? { notBefore: '' as const } : {}),
        ...(over ? { waiting: '' as const } : {}),
      };
      return claims.settle({
        claim,
        update: {
          $set: {
            state,
            attempt,
            receipt,
            ...(notBefore === undefined ? {} : { notBefore }),
            ...(left === undefined ? {} : { foreseen: left }),
            ...(over || answered ? { round: claim.task.attempt + 1 } : {}),
          },
          ...(Object.keys(gone).length === 0 ? {} : { $unset: gone }),
          $push: { errors: { $each: [error], $slice: -errorsKept }, ...carried(audit) },
        },
      });
    },

    wait: (claim, receipt, waiting, until, left) =>
      claims.settle({
        claim,
        update: {
          $set: {
            state: 'pending',
            attempt: claim.task.attempt + 1,
            receipt,
            waiting,
            notBefore: until,
            ...(left === undefined ? {} : { foreseen: left }),
          },
          $inc: { waits: 1 },
        },
      }),

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

    bringHome: async (task) => {
      await appendCarriedAudit(db, tasks, task === undefined ? {} : { _id: task });
    },
    tell: claims.tell,

    // Of most of those who are erased at the same time nothing was reported here: one question answers for all of them.
    async *copies(refs, from) {
      const asked = await Promise.all(refs.map(async (ref) => ((await reported(ref)) ? [ref] : [])));
      const held = asked.flat();
      if (held.length === 0) return;
      // Of one holder and one ref the index knows all: a task reads none of what other holders have.
      for (const holder of from) {
        for (const ref of held) {
          const found = copies.find(
            { ref, holder },
            {
              projection: { _id: 0, holder: 1, record: 1, ref: 1, generation: 1, locator: 1 },
              // Of many holders at the same time this is all that is in memory.
              batchSize: copiesAtOnce,
            },
          );
          for await (const copy of found) if (copy.locator !== undefined) yield copy;
        }
      }
    },

    // Sifted here: a second condition beside an indexed one costs some servers a scan.
    reportsAt: async (refs, holder) =>
      (
        await db
          .collection<CopyDocument>('copies')
          .find({ ref: { $in: [...refs] } })
          .toArray()
      ).filter((copy) => copy.holder === holder),

    keptRecords: async (refs) => {
      const records = db.collection<RecordDocument>('records');
      const found = await findMany(records, 'ref', [...new Set(refs)], { kept: 1 });
      return new Set(found.filter(({ kept }) => kept !== undefined).map(({ _id }) => _id));
    },

    async keepFound(claim, found) {
      const update = { $push: { found: { $each: [...found] } } };
      if (!(await claims.settle({ claim, update })))
        throw new KeiroError('lease', 'the lease of a task was lost', { retryable: true });
    },

    async foundBy(deletion, holder) {
      const [task, request] = await Promise.all([
        tasks.findOne({ _id: taskId(deletion, holder) }, { projection: { found: 1 } }),
        db.collection<RequestDocument>('requests').findOne({ _id: deletion }, { projection: { lives: 1 } }),
      ]);
      return { found: task?.found ?? [], lives: request?.lives ?? [] };
    },

    reportsOf: (records, from) =>
      findMany(
        db.collection<CopyDocument>('copies'),
        '_id',
        from.flatMap((holder) => records.map((record) => `${record}|${holder}|held`)),
      ),

    async placesIn(request, holder) {
      const batch = await db
        .collection<RetentionBatchDocument>('retentionBatches')
        .findOne({ _id: request }, { projection: { [`places.${holder}`]: 1 } });
      return batch?.places?.[holder];
    },

    reportsUnder: async (refs, from) =>
      (await findMany(db.collection<CopyDocument>('copies'), 'ref', refs)).filter(({ holder }) =>
        from.includes(holder),
      ),

    livesOf: async (request) =>
      (await db.collection<RequestDocument>('requests').findOne({ _id: request }))?.lives ?? [],

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

    async suspendedNow(refs, holder) {
      const found = await db
        .collection<StandingDocument>('standing')
        .find(
          { _id: { $in: [...refs] } },
          { projection: { suspended: 1, withdrawn: 1, denied: 1, stopped: 1 } },
        )
        .toArray();
      const purposes = found.flatMap((standing) => [
        ...standing.suspended,
        ...(standing.withdrawn ?? []),
        ...(isDenied(standing, holder) ? ['all'] : []),
      ]);
      return [...new Set(purposes)].sort();
    },
  };
}

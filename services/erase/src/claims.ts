import { appendCarriedAudit, createBatches, findMany, insertNew, toAuditDocument } from '@keiro/runtime';
import type { AuditDocument, AuditEntry, TaskDocument } from '@keiro/schemas';
import type { AnyBulkWriteOperation, Db, UpdateFilter } from 'mongodb';

/** A task that this worker holds: whatever it writes is refused once somebody else has claimed it. */
export interface Claim {
  readonly task: TaskDocument;
  readonly token: number;
}

export interface ClaimAsked {
  readonly id: string;
  readonly worker: string;
  readonly now: Date;
  readonly until: Date;
}

/** What a worker writes to a task that it holds. */
export interface Settling {
  readonly claim: Claim;
  readonly update: UpdateFilter<TaskDocument>;
}

/**
 * Leases of tasks and what is written under them, for the many tasks that are under way at the same time: each round
 * trip serves all that ask in the same moment.
 */
export function createClaims(db: Db) {
  const tasks = db.collection<TaskDocument>('tasks');
  const byId = async (ids: readonly string[]) =>
    new Map((await findMany(tasks, '_id', ids)).map((task) => [task._id, task]));

  const claim = createBatches(async (asked: readonly ClaimAsked[]): Promise<(Claim | undefined)[]> => {
    const ids = asked.map(({ id }) => id);
    const found = await byId(ids);
    // A job comes again, for a task that is done too, when whoever settled it was killed before it had told the audit.
    const laden = [...found.values()].filter(({ audit = [] }) => audit.length > 0).map(({ _id }) => _id);
    if (laden.length > 0) await appendCarriedAudit(db, tasks, { _id: { $in: laden } });
    const taken = new Set<string>();
    const wanted = asked.map((one) => {
      const task = found.get(one.id);
      // Twice in one go: the second finds it claimed.
      if (task === undefined || !isFree(task, one.now) || taken.has(one.id)) return undefined;
      taken.add(one.id);
      return { ...one, task, token: (task.lease?.token ?? 0) + 1 };
    });
    const some = wanted.filter((one) => one !== undefined);
    if (some.length === 0) return wanted.map(() => undefined);
    const { modifiedCount } = await tasks.bulkWrite(
      some.map(({ task, token, worker, until }) => ({
        updateOne: {
          filter: {
            _id: task._id,
            state: task.state,
            attempt: task.attempt,
            ...(task.lease === undefined
              ? { lease: { $exists: false } }
              : { 'lease.token': task.lease.token }),
          },
          update: { $set: { state: 'running' as const, lease: { worker, token, until } } },
        },
      })),
      { ordered: false },
    );
    // A bulk write counts over all: where somebody was quicker at one, the tasks themselves say at which.
    const now = modifiedCount === some.length ? undefined : await byId(some.map(({ task }) => task._id));
    return wanted.map((one) => {
      if (one === undefined) return undefined;
      const lease = now?.get(one.id)?.lease;
      const ours = now === undefined || (lease?.worker === one.worker && lease.token === one.token);
      return ours ? { task: one.task, token: one.token } : undefined;
    });
  });

  /** Answers for each whether it was still held. */
  const settle = createBatches(async (some: readonly Settling[]): Promise<boolean[]> => {
    const { matchedCount } = await tasks.bulkWrite(
      some.map(({ claim: { task, token }, update }): AnyBulkWriteOperation<TaskDocument> => ({
        updateOne: { filter: { _id: task._id, state: 'running', 'lease.token': token }, update },
      })),
      { ordered: false },
    );
    if (matchedCount === some.length) return some.map(() => true);
    const now = await byId(some.map(({ claim: { task } }) => task._id));
    return some.map(({ claim: { task, token }, update: { $set } }) => {
      const after = now.get(task._id);
      // It goes on: what is written does not end it.
      if ($set?.state === undefined) return after?.lease?.token === token && after.state === 'running';
      // Written before, by a call whose answer was lost; `request` ends tasks that are overtaken, too.
      const isWritten = after?.state === $set.state && after.doneAt?.getTime() === $set.doneAt?.getTime();
      return after?.lease?.token === token && after.state !== 'running' && isWritten;
    });
  });

  const tell = createBatches(async (entries: readonly AuditEntry[]) => {
    await insertNew(db.collection<AuditDocument>('audit'), entries.map(toAuditDocument));
    return entries.map(() => undefined);
  });

  return { claim, settle, tell };
}

/** Whether a worker may have it now. Pure. */
function isFree(task: TaskDocument, now: Date): boolean {
  if (task.state === 'pending') return task.notBefore === undefined || task.notBefore <= now;
  return task.state === 'running' && (task.lease === undefined || task.lease.until <= now);
}

import { appendAudit, createBatches, type Mongo } from '@keiro/runtime';
import type {
  AuditEntry,
  BreakerDocument,
  HolderDocument,
  HolderWait,
  PauseDocument,
  TaskDocument,
} from '@keiro/schemas';

/** Holders that take no tasks: an operator has paused them, or they do not answer. */
export interface Pauses {
  waits(): Promise<Omit<HolderWait, 'tasks'>[]>;
  /** The same with how many tasks wait there. */
  withTasks(): Promise<HolderWait[]>;
  /** Undefined where nobody is registered by this id; else whether it changed anything. */
  pause(holder: string, by: string, reason: string, at: Date): Promise<boolean | undefined>;
  resume(holder: string, by: string, reason: string, at: Date): Promise<boolean | undefined>;
}

export function openPauses(mongo: Mongo): Pauses {
  const { db } = mongo;
  const pauses = db.collection<PauseDocument>('pauses');

  const allWaits = createBatches(async (asked: readonly undefined[]) => {
    const [paused, breakers] = await Promise.all([
      pauses.find().toArray(),
      db
        .collection<BreakerDocument>('breakers')
        .find({ state: { $ne: 'closed' } })
        .toArray(),
    ]);
    const waits: Omit<HolderWait, 'tasks'>[] = [
      ...paused.map(({ _id, since, by, reason }) => ({
        holder: _id,
        why: 'paused' as const,
        since: since.toISOString(),
        by,
        reason,
      })),
      ...breakers.map(({ _id, since, until }) => ({
        holder: _id,
        why: 'not-answering' as const,
        since: since.toISOString(),
        until: until.toISOString(),
      })),
    ];
    return asked.map(() => waits);
  });

  const isKnown = async (holder: string) =>
    (await db.collection<HolderDocument>('holders').findOne({ _id: holder })) !== null;

  function entryOf(action: 'paused' | 'resumed', holder: string, by: string, reason: string, at: Date) {
    const entry: AuditEntry = {
      _id: `holder/${holder}/${action}/${at.toISOString()}`,
      at,
      by,
      action: `holder.${action}`,
      about: [holder],
      detail: { reason },
    };
    return entry;
  }

  return {
    waits: () => allWaits(undefined),

    async withTasks() {
      const waits = await allWaits(undefined);
      return Promise.all(
        waits.map(async (wait) => ({
          ...wait,
          tasks: (
            await db
              .collection<TaskDocument>('tasks')
              .find({ state: { $in: ['pending', 'running'] } }, { projection: { holder: 1 } })
              .toArray()
          ).filter(({ holder }) => holder === wait.holder).length,
        })),
      );
    },

    async pause(holder, by, reason, at) {
      if (!(await isKnown(holder))) return undefined;
      return mongo.transaction(async (session) => {
        const pause = { $setOnInsert: { by, since: at, reason } };
        const { upsertedCount } = await pauses.updateOne({ _id: holder }, pause, { upsert: true, session });
        if (upsertedCount === 1) await appendAudit(db, [entryOf('paused', holder, by, reason, at)], session);
        return upsertedCount === 1;
      });
    },

    async resume(holder, by, reason, at) {
      if (!(await isKnown(holder))) return undefined;
      return mongo.transaction(async (session) => {
        const { deletedCount } = await pauses.deleteOne({ _id: holder }, { session });
        if (deletedCount === 1) await appendAudit(db, [entryOf('resumed', holder, by, reason, at)], session);
        return deletedCount === 1;
      });
    },
  };
}

/** For the end of a sentence about what a request waits for. Pure. */
export function describeWait(wait: Omit<HolderWait, 'tasks'>): string {
  return wait.why === 'paused'
    ? ` (paused by ${wait.by ?? 'an operator'} since ${wait.since}, ${wait.reason ?? ''})`
    : ` (does not answer since ${wait.since}, tried again at ${wait.until ?? ''})`;
}

import { carrying, ProblemError, type Mongo } from '@keiro/runtime';
import {
  requestOfTask,
  type AuditEntry,
  type CloseTaskRequest,
  type RetryAllRequest,
  type TaskDocument,
} from '@keiro/schemas';
import type { Filter, UpdateFilter } from 'mongodb';
import type { RequestStore } from './store.ts';

/**
 * What operators do with tasks that wait for them. Each is one write of one task, which carries the entry of the audit
 * until that has it.
 */
export interface Desk {
  /** Puts back every failed task that fits for another round of attempts; answers how many. */
  retryAll(which: RetryAllRequest, by: string): Promise<number>;
  /** Who looks after it from now on. */
  handOver(task: string, to: string, by: string): Promise<TaskDocument>;
  /** A person has done it: never a probe that found nothing (invariant 5). */
  close(task: string, evidence: CloseTaskRequest, by: string): Promise<TaskDocument>;
}

/** Those that an operator has to look at. */
const waiting = ['failed', 'by-hand'] as const;
const perWrite = 500;

export function createDesk(deps: {
  mongo: Mongo;
  store: Pick<RequestStore, 'task' | 'bringHome'>;
  /** Of a file that was kept for this task; 404 where there is none. */
  digestOf: (task: string, evidence: string) => Promise<{ sha256: string; evidence: string }>;
  now: () => Date;
  onChanged: (request: string) => void;
}): Desk {
  const { store, now } = deps;
  const tasks = deps.mongo.db.collection<TaskDocument>('tasks');

  async function change(
    id: string,
    action: string,
    by: string,
    update: (task: TaskDocument, at: Date) => { set: UpdateFilter<TaskDocument>['$set']; detail: object },
  ): Promise<TaskDocument> {
    const task = await store.task(id);
    if (task === null) throw new ProblemError(404, 'unknown-task', 'there is no task with this id');
    const at = now();
    const { set, detail } = update(task, at);
    const entry: AuditEntry = {
      _id: `${id}/${action}/${at.toISOString()}`,
      at,
      by,
      action: `task.${action}`,
      request: task.request,
      detail: { holder: task.holder, attempt: task.attempt, ...detail },
    };
    const unchanged: Filter<TaskDocument> = { _id: id, state: { $in: [...waiting] }, attempt: task.attempt };
    const written = { ...(set === undefined ? {} : { $set: set }), ...carrying([entry]) };
    const { matchedCount } = await tasks.updateOne(unchanged, written);
    if (matchedCount === 0) {
      throw new ProblemError(409, 'not-waiting', 'only a task that waits for an operator can be changed');
    }
    await store.bringHome(task.request);
    deps.onChanged(requestOfTask(id));
    return (await store.task(id)) ?? task;
  }

  return {
    async retryAll({ holder, error }, by) {
      const failed = await tasks.find({ state: 'failed' }).toArray();
      const some = failed.filter(
        (task) =>
          (holder === undefined || task.holder === holder) &&
          (error === undefined || (task.errors.at(-1)?.message.startsWith(error) ?? false)),
      );
      const at = now();
      let putBack = 0;
      for (let from = 0; from < some.length; from += perWrite) {
        const part = some.slice(from, from + perWrite);
        const { modifiedCount } = await tasks.bulkWrite(
          part.map((task) => {
            const entry: AuditEntry = {
              _id: `${task._id}/put-back/${String(task.attempt)}`,
              at,
              by,
              action: 'task.put-back',
              request: task.request,
              detail: { holder: task.holder, attempt: task.attempt },
            };
            const update = {
              $set: { state: 'pending' as const, attempt: task.attempt + 1 },
              $unset: { notBefore: '' as const },
              ...carrying([entry]),
            };
            return {
              updateOne: {
                filter: { _id: task._id, state: 'failed' as const, attempt: task.attempt },
                update,
              },
            };
          }),
          { ordered: false },
        );
        putBack += modifiedCount;
        const requests = [...new Set(part.map(({ request }) => request))];
        await Promise.all(requests.map((request) => store.bringHome(request)));
        for (const request of requests) deps.onChanged(request);
      }
      return putBack;
    },

    handOver: (id, to, by) =>
      change(id, 'handed-over', by, (_task, at) => ({
        set: { desk: { who: to, since: at, by } },
        detail: { to },
      })),

    async close(id, { reference, sha256, evidence }, by) {
      const file = evidence === undefined ? { sha256 } : await deps.digestOf(id, evidence);
      const shown = { reference, ...(file.sha256 === undefined ? {} : file) };
      return change(id, 'closed-by-hand', by, (task, at) => {
        // What a probe found before stays in the errors: beside this it would read as if it were about it.
        const { probe: _before, ...receipt } = task.receipt ?? { affected: 0, detail: {} };
        return {
          set: { state: 'done', doneAt: at, receipt: { ...receipt, byHand: { at, by, ...shown } } },
          detail: shown,
        };
      });
    },
  };
}

import type { Db } from 'mongodb';
import { taskId, type Life, type Ref, type RequestDocument, type TaskDocument } from '@keiro/schemas';
import { chunksOf } from '../connectors/connector.ts';
import type { DecidedRequest } from './decided.ts';

/** What was decided about persons, as far as it changed a holder after a moment. */
export interface DecidedStore {
  /** Requests with what became of each at this holder, those without a task there left out. */
  requestsAt(holder: string): AsyncIterable<DecidedRequest>;
  /** Those of these refs of whose last ended life the holder was swept, or has still to be, after the moment. */
  sweptSince(
    refs: readonly { readonly ref: Ref; readonly goneThrough: number }[],
    holder: string,
    since: Date,
  ): Promise<ReadonlySet<Ref>>;
}

type Request = Pick<RequestDocument, '_id' | 'type' | 'lives'>;
type Task = Pick<TaskDocument, '_id' | 'state' | 'doneAt'>;

export function readDecided(db: Db): DecidedStore {
  const requests = db.collection<RequestDocument>('requests');
  const tasks = db.collection<TaskDocument>('tasks');

  async function tasksAt(holder: string, ids: readonly string[]): Promise<Map<string, Task>> {
    const found = await tasks
      .find<Task>(
        { _id: { $in: ids.map((id) => taskId(id, holder)) } },
        { projection: { state: 1, doneAt: 1 } },
      )
      .toArray();
    return new Map(found.map((task) => [task._id, task]));
  }

  async function withTasks(holder: string, some: readonly Request[]): Promise<DecidedRequest[]> {
    const found = await tasksAt(
      holder,
      some.map(({ _id }) => _id),
    );
    return some.flatMap(({ _id, type, lives }) => {
      const task = found.get(taskId(_id, holder));
      return task === undefined ? [] : [{ type, lives, doneAt: doneAtOf(task) }];
    });
  }

  return {
    async *requestsAt(holder) {
      let some: Request[] = [];
      const all = requests.find<Request>(carriedOut, { projection: { type: 1, lives: 1 }, batchSize: 500 });
      for await (const request of all) {
        some.push(request);
        if (some.length < 500) continue;
        yield* await withTasks(holder, some);
        some = [];
      }
      yield* await withTasks(holder, some);
    },

    async sweptSince(refs, holder, since) {
      const swept = new Set<Ref>();
      for (const some of chunksOf(refs)) {
        const found = await requests
          .find<Request>(
            { ...carriedOut, type: 'deletion', 'lives.ref': { $in: some.map(({ ref }) => ref) } },
            { projection: { type: 1, lives: 1 } },
          )
          .toArray();
        const decided = await tasksAt(
          holder,
          found.map(({ _id }) => _id),
        );
        for (const { ref, goneThrough } of some) {
          const ending = found.find(({ lives }) => covers(lives, ref, goneThrough));
          const task = ending === undefined ? undefined : decided.get(taskId(ending._id, holder));
          const doneAt = task === undefined ? undefined : doneAtOf(task);
          // Nobody knows of a sweep, or it is not over: then a row may be of the life that ended.
          if (doneAt === undefined || doneAt > since) swept.add(ref);
        }
      }
      return swept;
    },
  };
}

/** What was taken back has swept nothing, although its tasks have ended. */
const carriedOut = { state: { $ne: 'withdrawn' as const } };
const doneAtOf = ({ state, doneAt }: Task) => (state === 'done' ? doneAt : undefined);
const covers = (lives: readonly Life[], ref: Ref, generation: number) =>
  lives.some((life) => life.ref === ref && life.generation === generation);

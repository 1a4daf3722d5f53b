import {
  carriedStates,
  lifeKey,
  type Life,
  type RequestDocument,
  type RequestState,
  type TaskDocument,
} from '@keiro/schemas';
import { provenGone, toldAt, type Erasure } from './copies.ts';
import { groupBy } from '@keiro/runtime/group-by';

/** One that was withdrawn, refused or never accepted erases nothing. */
const counts: ReadonlySet<RequestState> = new Set([...carriedStates, 'done']);
export const isErasing = (state: RequestState): boolean => counts.has(state);

/**
 * Which deletion covers which life: the first one that was asked for this generation or a later one of the
 * same ref, because a deletion ends every generation up to its own. Pure.
 */
export function erasuresOf(
  requests: readonly RequestDocument[],
  tasks: readonly TaskDocument[],
): (life: Life) => Erasure | undefined {
  const tasksOf = groupBy(tasks, (task) => task.request);
  const covered = groupBy(
    requests
      .filter(({ type, state }) => type === 'deletion' && counts.has(state))
      .toSorted((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime())
      .flatMap(({ _id, lives, state }) => {
        const byHolder = new Map((tasksOf.get(_id) ?? []).map((task) => [task.holder, task]));
        const erasure: Erasure = { request: _id, isDone: state === 'done', tasks: byHolder };
        return lives.map((life) => ({ life, erasure }));
      }),
    ({ life }) => life.ref,
  );
  const found = new Map<string, Erasure | undefined>();
  return (life) => {
    const key = lifeKey(life);
    if (!found.has(key)) {
      found.set(key, covered.get(life.ref)?.find((one) => one.life.generation >= life.generation)?.erasure);
    }
    return found.get(key);
  };
}

/**
 * Whether every holder has proven that nothing of it is left: before that nobody may say "erased" (invariant 5). One
 * that can only be told has been told; its copy says so and is called erased nowhere.
 */
export function isProven(erasure: Erasure | undefined): boolean {
  if (erasure === undefined) return false;
  const tasks = [...erasure.tasks.values()];
  // Without any holder there is nobody to prove anything: then the request says when it is over.
  return tasks.length === 0
    ? erasure.isDone
    : tasks.every((task) => (provenGone(task) ?? toldAt(task)) !== undefined);
}

/**
 * T0: a return has the copies of its records erased at its holder, and nothing else of the person: neither other
 * copies nor the record. Adds them to what a deletion does, if there is one; of two tasks at one holder the one that
 * has proven it counts. Pure.
 */
export function returnsOf(
  tasks: readonly TaskDocument[],
): (record: string, deletion: Erasure | undefined) => Erasure | undefined {
  const returned = groupBy(
    tasks.flatMap((task) => {
      // Ended before it was done, because there was a basis after all: the copy is where it was.
      if (task.state === 'done' && provenGone(task) === undefined) return [];
      return (task.records ?? []).map((record) => ({ record, task }));
    }),
    ({ record }) => record,
  );
  return (record, deletion) => {
    const own = returned.get(record);
    if (own === undefined) return deletion;
    const byHolder = new Map(deletion?.tasks);
    for (const { task } of own) {
      const other = byHolder.get(task.holder);
      if (other === undefined || (provenGone(other) === undefined && provenGone(task) !== undefined))
        byHolder.set(task.holder, task);
    }
    return { isDone: false, ...deletion, tasks: byHolder };
  };
}

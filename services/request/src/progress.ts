import type { Holder, RequestDocument, TaskDocument } from '@keiro/schemas';

/** How far the tasks of a request are: which may run now, and what that makes of the request. Pure. */
export interface Progress {
  readonly outcome: 'done' | 'carrying-out' | 'waiting-for-holder' | 'waiting-for-operator';
  /** Holders that have not answered. */
  readonly outstanding: readonly string[];
  readonly failed: readonly string[];
  /** Holders whose task is a person's to do. */
  readonly byHand: readonly string[];
}

export function progressOf(tasks: readonly TaskDocument[]): Progress {
  const holdersIn = (wanted: (task: TaskDocument) => boolean) =>
    tasks
      .filter(wanted)
      .map(({ holder }) => holder)
      .sort();
  const failed = holdersIn(({ state }) => state === 'failed');
  const byHand = holdersIn(({ state }) => state === 'by-hand');
  const outstanding = holdersIn(
    (task) => task.state !== 'failed' && task.state !== 'by-hand' && !isAnswered(task),
  );
  const lists = { outstanding, failed, byHand };
  if (failed.length > 0 || byHand.length > 0) return { outcome: 'waiting-for-operator', ...lists };
  if (outstanding.length === 0) return { outcome: 'done', ...lists };
  // Whoever is left has been tried and could not.
  const tried = tasks.every((task) => isAnswered(task) || task.errors.length > 0);
  return { outcome: tried ? 'waiting-for-holder' : 'carrying-out', ...lists };
}

/**
 * An erasure counts as answered only with a probe that found nothing, or by a holder that can only be told, or because
 * a person closed it with evidence; a correction with rows that were read again and hold what they should.
 */
function isAnswered(task: TaskDocument): boolean {
  if (task.state !== 'done') return false;
  const { probe, told, byHand, readBack } = task.receipt ?? {};
  if (task.directive === 'correct') return readBack?.differing === 0 || byHand !== undefined;
  if (task.directive !== 'erase') return true;
  return probe?.found === 0 || told !== undefined || byHand !== undefined;
}

const workingStates: ReadonlySet<RequestDocument['state']> = new Set([
  'carrying-out',
  'waiting-for-holder',
  'waiting-for-operator',
]);

/**
 * Tasks that should be in a queue now. A DR site comes after the stores that replicate to it: swept before
 * them, the next snapshot would bring back what the store still had.
 */
export function runnable(
  request: Pick<RequestDocument, 'state'>,
  tasks: readonly TaskDocument[],
  holders: readonly Pick<Holder, 'id' | 'replicates'>[],
  now: Date,
): TaskDocument[] {
  if (!workingStates.has(request.state)) return [];
  const unanswered = new Set(tasks.filter((task) => !isAnswered(task)).map(({ holder }) => holder));
  const sourcesOf = new Map(holders.map(({ id, replicates }) => [id, replicates ?? []]));
  return tasks.filter((task) => {
    if ((sourcesOf.get(task.holder) ?? []).some((source) => unanswered.has(source))) return false;
    // A worker that stopped renewing its lease is gone; its task is for whoever comes next.
    if (task.state === 'running') return task.lease === undefined || task.lease.until <= now;
    return task.state === 'pending';
  });
}

import type { HolderDocument, RequestDocument, RequestType, TaskDocument } from '@keiro/schemas';
import { end } from './end.ts';
import { earlierThan, heldBack } from './order.ts';
import { describeWait } from './pauses.ts';
import { progressOf, runnable } from './progress.ts';
import { provenBy } from './return.ts';
import {
  prepareSweep,
  standingInForce,
  stepAt,
  stepOf,
  type Stage,
  type StageDependencies,
  type StageOutcome,
} from './stage.ts';

/** Suspension and resume: in force where data are read; then the holders that can flag their rows do. */
export const putInForce: Stage = async (request, deps) => {
  const inForce = await standingInForce(request, deps);
  if ('waitingFor' in inForce) return inForce;
  // A link that came while this was decided was judged before there was anything to extend.
  const anchor = request.lives[0];
  const isRestriction = request.type === 'suspension' || request.type === 'third-party-denial';
  if (isRestriction && anchor !== undefined) await deps.extend(anchor.ref);
  const identifiers = await prepareSweep(request, deps);
  const moved = await deps.store.advance(request, {
    set: { state: 'carrying-out' },
    step: stepAt(deps.now(), 'in-force', { ...inForce, identifiers }),
  });
  // A deletion may have ended it meanwhile: then nothing of the person may stay behind.
  if (!moved && (await deps.store.request(request._id))?.state === 'done') {
    await deps.keys.forgetSweep(request._id);
  }
  return 'moved';
};

/** Every holder acts; a failed one waits for an operator, and the others go on. */
export const carryOut: Stage = async (request, deps) => {
  if (request.type === 'deletion' && stepOf(request, 'shredded') === undefined) {
    return { on: 'tasks', waitingFor: 'review: several members share what led to this person' };
  }
  return carryTasks(request, deps, async (tasks) => {
    const closedByHand = tasks.filter(({ receipt }) => receipt?.byHand !== undefined).length;
    const evidence = {
      affected: affectedBy(tasks),
      holders: tasks.length,
      ...(closedByHand > 0 ? { closedByHand } : {}),
    };
    await end(request, tasks, evidence, deps, async () => {
      if (request.type === 'deletion') await overtake(request, tasks, deps);
    });
    return 'moved';
  });
};

/**
 * Brings tasks on, and what comes when all holders have answered: `ended` gets the tasks as they were read, once. Read
 * again, the last of them may have been answered in between, and its request would end another way than its own.
 */
export async function carryTasks(
  request: RequestDocument,
  deps: StageDependencies,
  ended: (tasks: readonly TaskDocument[]) => Promise<StageOutcome>,
): Promise<StageOutcome> {
  const { store } = deps;
  const tasks = await store.tasksOf(request._id);
  const progress = progressOf(tasks);
  if (progress.outcome === 'done') return ended(tasks);
  const [holders, earlier] = await Promise.all([store.holders(), earlierTasks(request, deps)]);
  const held = heldBack(earlier);
  const mayRun = runnable(request, tasks, holders, deps.now()).filter(({ holder }) => !held.has(holder));
  deps.dispatcher.offer(mayRun);
  if (progress.outcome !== request.state) {
    const evidence =
      progress.outcome === 'waiting-for-operator'
        ? {
            ...(progress.failed.length > 0 ? { failed: progress.failed } : {}),
            ...(progress.byHand.length > 0 ? { byHand: progress.byHand } : {}),
          }
        : { outstanding: progress.outstanding };
    await store.advance(request, {
      set: { state: progress.outcome },
      step: stepAt(deps.now(), progress.outcome, evidence),
    });
    return 'moved';
  }
  const waits = new Map((await deps.waits()).map((wait) => [wait.holder, describeWait(wait)]));
  const waitingFor = [
    ...progress.failed.map((holder) => `an operator, for ${holder}`),
    ...progress.byHand.map(
      (holder) => `a person at ${holder}: ${toDo(holders, holder)}; close it with evidence`,
    ),
    ...progress.outstanding.map((holder) => {
      const before = held.get(holder);
      return before === undefined
        ? `${holder} to answer${waits.get(holder) ?? ''}`
        : `${before} to be carried out at ${holder}`;
    }),
  ];
  return { on: held.size > 0 ? 'earlier' : 'tasks', waitingFor: waitingFor.join('; ') };
}

/**
 * Suspensions and resumes of a person who is gone have nothing left to flag, and what a holder had to return is gone
 * from it. They end here, because what they keep for their own sweep names the person.
 */
async function overtake(
  deletion: RequestDocument,
  swept: readonly TaskDocument[],
  { store, keys, now }: StageDependencies,
): Promise<void> {
  for (const request of await store.openOf(deletion.lives.map(({ ref }) => ref))) {
    if (!overtaken.has(request.type)) continue;
    const probe = request.type === 'return' ? provenBy(deletion, swept, request) : undefined;
    // The deletion did not look for that copy.
    if (request.type === 'return' && probe === undefined) continue;
    await keys.forgetSweep(request._id);
    await store.overtake(request, deletion._id, now(), probe);
  }
}

/** Tasks of what came before this request and must not be overtaken by it. */
async function earlierTasks(request: RequestDocument, { store }: StageDependencies): Promise<TaskDocument[]> {
  if (request.type === 'deletion' || request.lives.length === 0) return [];
  const earlier = earlierThan(request, await store.openOf(request.lives.map(({ ref }) => ref)));
  return (await Promise.all(earlier.map(({ _id }) => store.tasksOf(_id)))).flat();
}

/** The others are answers: they are owed to who has been erased too. */
const overtaken: ReadonlySet<RequestType> = new Set([
  'suspension',
  'resume',
  'third-party-denial',
  'correction',
  'addition',
  'return',
]);

/** What a person has to do there. Pure. */
function toDo(holders: readonly HolderDocument[], id: string): string {
  const connector = holders.find((holder) => holder._id === id)?.connector;
  if (connector?.kind !== 'by-hand') return 'what the holder was to do';
  return `${connector.instructions.ja} ${connector.instructions.en}`;
}

const affectedBy = (tasks: readonly TaskDocument[]) =>
  tasks.reduce((sum, task) => sum + (task.receipt?.affected ?? 0), 0);

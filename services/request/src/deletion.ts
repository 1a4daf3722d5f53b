import type { Positions } from '@keiro/runtime';
import { lifeKey, type Life, type Person, type RequestDocument } from '@keiro/schemas';
import { outboxOf } from './decide.ts';
import { pendingOf, waitingAudit } from './holds/pending.ts';
import { advanceTo, replan } from './replan.ts';
import { inCalls, prepareSweep, standingInForce, stepAt, stepOf, type Stage } from './stage.ts';
import { erased } from './standing.ts';

/** Deletion: what was sent up to now belongs to the plan; what comes later finds the person hidden. */
export const closePipeline: Stage = async (request, deps) => {
  const plan = await deps.positions.collectionEnds();
  await deps.store.advance(request, {
    set: { state: 'hiding', plan },
    step: stepAt(deps.now(), 'hiding', { messages: total(plan) }),
  });
  return 'moved';
};

/** Deletion: every reader refuses the person, and all that was sent before is tagged. */
export const hide: Stage = async (request, deps) => {
  const inForce = await standingInForce(request, deps);
  if ('waitingFor' in inForce) return inForce;
  const plan = request.plan ?? {};
  if (!(await deps.positions.tagged(plan))) {
    return { on: 'positions', waitingFor: 'tag to take in what was sent before the request' };
  }
  // Nobody writes a copy of this person any more: what was reported up to now is all there is to report.
  const custody = await deps.positions.custodyEnds();
  await deps.store.advance(request, {
    set: { plan: { ...plan, ...custody } },
    step: stepAt(deps.now(), 'hidden', inForce),
  });
  return 'moved';
};

/** Deletion: every copy is known, and so is who the person is; where that is news, the plan follows it. */
export const closePlan: Stage = async (request, deps) => {
  if (!(await deps.positions.transferred(custodyOf(request)))) {
    return { on: 'positions', waitingFor: 'transfer to take in what holders reported before the request' };
  }
  const { store, people } = deps;
  const anchor = request.lives[0];
  const person = anchor === undefined ? noPerson : await people.personOf(anchor.ref);
  const refs = request.lives.map(({ ref }) => ref);
  const own = request.follows === undefined ? person.refs : refs.filter((ref) => person.refs.includes(ref));
  const [found, categories, holders, tasks, standings] = await Promise.all([
    people.livesOf(own),
    store.categoriesOf(own),
    store.holders(),
    store.tasksOf(request._id),
    store.standingsOf([...own, ...refs]),
  ]);
  const lives = request.follows === undefined ? found : livesWithin(found, request.lives);
  const situation = { lives, ambiguous: person.ambiguous, categories, holders, standings };
  const plan = anchor === undefined ? undefined : replan(request, tasks, situation, deps.now(), deps.stamp());
  if (plan === undefined) {
    const planned = stepAt(deps.now(), 'planned', { refs: lives.length, holders: tasks.length });
    // Nothing is left that is this person's alone: whose it is, a person has to say.
    const state = lives.length === 0 && request.ambiguous.length > 0 ? 'waiting-for-operator' : 'shredding';
    const floored = deps.floors.mayKeep(categories) ? { kept: [] } : {};
    await store.advance(request, { set: { state, ...floored }, step: planned });
    return 'moved';
  }
  await store.advance(request, advanceTo(plan, tasks.length, deps.now()), () => plan);
  deps.publish();
  return 'moved';
};

/** Deletion: what the sweep needs is put aside, and what a floor keeps; then the keys are destroyed. */
export const shred: Stage = async (request, deps) => {
  const { store, keys } = deps;
  if (stepOf(request, 'erased') === undefined && !isPrepared(request)) {
    const pending = await pendingOf(request, deps);
    if (pending !== undefined) {
      await store.advance(request, pending, waitingAudit(request, pending));
      return 'moved';
    }
    const floors = request.kept === undefined ? undefined : await deps.floors.prepare(request);
    const identifiers = await prepareSweep(request, deps);
    const evidence = { identifiers, ...floors?.evidence };
    await store.advance(request, {
      ...(floors === undefined ? {} : { set: { kept: floors.kept } }),
      step: stepAt(deps.now(), 'prepared', evidence),
    });
    return 'moved';
  }
  const gone = stepOf(request, 'erased');
  if (gone === undefined) {
    const at = deps.now();
    await store.advance(
      request,
      { step: { step: 'erased', at, evidence: { refs: request.lives.length } } },
      (standings) => {
        const changed = erased({ lives: request.lives, standings, request: request._id, at });
        return {
          standings: changed.map((standing) => ({ _id: standing.ref, ...standing })),
          // The request does not wait until everybody knows: they refuse the person as it is.
          outbox: outboxOf(changed, request._id, at, deps.stamp()).map(({ request: _waits, ...one }) => one),
          audit: [
            {
              _id: `${request._id}/erased`,
              at,
              by: 'request',
              action: 'request.erased',
              request: request._id,
              detail: {
                refs: request.lives.length,
                ...(request.kept === undefined || request.kept.length === 0
                  ? {}
                  : { kept: stepOfLast(request, 'prepared')?.evidence['kept'] }),
              },
            },
          ],
        };
      },
    );
    deps.publish();
    return 'moved';
  }
  // What is left is that and nothing else before any holder is told.
  if ((request.kept ?? []).length > 0) await deps.floors.narrow(request, gone.at);
  const counts = { destroyed: 0, alreadyGone: 0 };
  let backups: { readonly backupsEnd?: string } = {};
  for (const lives of inCalls(request.lives)) {
    const { destroyed, alreadyGone, ...rest } = await keys.destroy(request._id, lives, gone.at);
    counts.destroyed += destroyed;
    counts.alreadyGone += alreadyGone;
    backups = rest;
  }
  await store.advance(request, {
    set: { state: 'carrying-out' },
    step: stepAt(deps.now(), 'shredded', { ...counts, ...backups }),
  });
  return 'moved';
};

/** What is put aside counts as long as nothing has come in between: a hold, or somebody who is new. Pure. */
export function isPrepared({ steps }: RequestDocument): boolean {
  const last = (names: readonly string[]) => steps.findLastIndex(({ step }) => names.includes(step));
  return last(['prepared']) > last(['hold-placed', 'on-hold', 'undo-window']);
}

/** A deletion that follows another goes no further than its own lives: its person may have registered anew. Pure. */
export function livesWithin(found: readonly Life[], own: readonly Life[]): Life[] {
  const keys = new Set(own.map(lifeKey));
  return found.filter((life) => keys.has(lifeKey(life)));
}

const stepOfLast = ({ steps }: RequestDocument, name: string) => steps.findLast(({ step }) => step === name);

const noPerson: Pick<Person, 'refs' | 'ambiguous'> = { refs: [], ambiguous: [] };

const custodyOf = (request: RequestDocument): Positions =>
  Object.fromEntries(Object.entries(request.plan ?? {}).filter(([topic]) => topic.startsWith('custody.')));

const total = (positions: Positions): string =>
  Object.values(positions)
    .flatMap((partitions) => Object.values(partitions))
    .reduce((sum, offset) => sum + BigInt(offset), 0n)
    .toString();

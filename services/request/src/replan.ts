import {
  lifeKey,
  type AuditEntry,
  type Life,
  type Ref,
  type RequestDocument,
  type TaskDocument,
} from '@keiro/schemas';
import { holdersOf, newTask, outboxOf, type Documents, type Situation } from './decide.ts';
import { stepAt } from './stage.ts';
import { hidden, revealed } from './standing.ts';
import type { Advance } from './grown.ts';

export interface NewPlan extends Omit<Documents, 'request'> {
  readonly lives: readonly Life[];
  readonly ambiguous: readonly Ref[];
  /** Some of it has still to be hidden. */
  readonly grows: boolean;
}

/**
 * What was still in the pipeline when a deletion was accepted may tell more about the person: a further ref; a
 * category, and with it a further holder; or that a ref is shared with another member, so that its key must not
 * be destroyed for this one. Once all of it is tagged, the plan is compared with what is known now. Answers the
 * plan as it has to be, or undefined when it stands. Pure.
 */
export function replan(
  request: RequestDocument,
  tasks: readonly TaskDocument[],
  situation: Pick<Situation, 'lives' | 'ambiguous' | 'standings' | 'categories' | 'holders'>,
  now: Date,
  stamp: string,
): NewPlan | undefined {
  const planned = new Set(request.lives.map(lifeKey));
  const current = new Set(situation.lives.map(lifeKey));
  const added = situation.lives.filter((life) => !planned.has(lifeKey(life)));
  const dropped = request.lives.filter((life) => !current.has(lifeKey(life)));
  const asked = new Set(tasks.map(({ holder }) => holder));
  const newTasks = holdersOf(situation)
    .filter((holder) => !asked.has(holder))
    .map((holder) => newTask(request, holder, now));
  if (added.length === 0 && dropped.length === 0 && newTasks.length === 0) return undefined;

  const change = { standings: situation.standings, request: request._id, at: now };
  const standings = [...hidden({ ...change, lives: added }), ...revealed({ ...change, lives: dropped })];
  const audit: AuditEntry = {
    _id: `${request._id}/replanned/${stamp}`,
    at: now,
    by: 'request',
    action: 'request.replanned',
    request: request._id,
    detail: { added: added.length, dropped: dropped.length, holders: newTasks.map(({ holder }) => holder) },
  };
  return {
    lives: [...request.lives.filter((life) => current.has(lifeKey(life))), ...added],
    ambiguous: [...new Set([...request.ambiguous, ...situation.ambiguous])].sort(),
    grows: added.length > 0,
    tasks: newTasks,
    standings: standings.map((standing) => ({ _id: standing.ref, ...standing })),
    outbox: outboxOf(standings, request._id, now, stamp),
    audit: [audit],
  };
}

/** What a new plan makes of its request, which had `asked` tasks. Pure. */
export function advanceTo(plan: NewPlan, asked: number, now: Date): Advance {
  const set = { lives: plan.lives, ambiguous: plan.ambiguous };
  const step = stepAt(now, 'replanned', { refs: plan.lives.length, holders: asked + plan.tasks.length });
  // Further refs have to be hidden as the first ones were.
  return plan.grows ? { set: { ...set, state: 'accepted' }, unsetPlan: true, step } : { set, step };
}

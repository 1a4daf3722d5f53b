import {
  addPeriod,
  type AskedType,
  type Life,
  type Person,
  type Ref,
  type RequestDocument,
  type RequestHappening,
  type Standing,
} from '@keiro/schemas';
import { auditOf } from './lifecycle/audit.ts';
import { decide as decideLife, type LifeRules } from './lifecycle/decide.ts';
import { isFinal, lifeOf, numbered, unborn, unsentOf } from './lifecycle/evolve.ts';
import { isPast } from './past.ts';
import { isCarried } from './lifecycle/next.ts';
import { dueOf, outboxOf, planOf, type Documents, type Plan, type Situation } from './plan.ts';
import { rightRules } from './rights.ts';
import { revealed } from './standing.ts';

export { dueOf, holdersOf, newTask, outboxOf } from './plan.ts';
export type { Documents, Situation } from './plan.ts';

/** What compliance sends of what a person asks. */
export interface Command {
  readonly id: string;
  readonly type: AskedType;
  /** `all` for every purpose. */
  readonly purposes: readonly string[];
  readonly recipients?: readonly string[];
  /** What it was asked by, as far as anything is known by it. */
  readonly asked?: readonly Ref[];
  readonly identity?: 'vouched' | 'required';
  readonly review?: true;
  readonly about?: 'question' | 'complaint';
  /** Of a correction: names of the fields that it sets. */
  readonly fields?: readonly string[];
  /** The client that sent it. */
  readonly by: string;
  readonly note?: string;
}

export type Decision =
  /** It is taken in: accepted, or waiting for what its life-cycle wants first. */
  | { readonly outcome: 'accepted'; readonly documents: Documents }
  /** The same is under way already. */
  | { readonly outcome: 'same'; readonly request: RequestDocument }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

export type Refusal = 'erased' | 'deletion-under-way';

/** What the life-cycle goes by, besides what the request itself says. */
export type Rules = Omit<LifeRules, 'type' | 'dueAt'>;
const noRules = (now: Date): Rules => ({ grounds: [], fee: 0, feeUntil: now, warnDays: [] });

/**
 * Decides a request that arrives (R1 to R6, Q1). Pure: `stamp` orders the outbox, see `createStamps`; `now` is the
 * moment of arrival.
 */
export function decide(
  command: Command,
  situation: Situation,
  now: Date,
  stamp: string,
  rules: Rules = noRules(now),
): Decision {
  const request: RequestDocument = {
    _id: command.id,
    type: command.type,
    lives: livesFor(command.type, situation),
    ambiguous: situation.ambiguous,
    purposes: command.purposes,
    ...(command.recipients === undefined ? {} : { recipients: command.recipients }),
    ...(command.fields === undefined ? {} : { fields: command.fields }),
    ...(command.asked === undefined ? {} : { asked: command.asked }),
    ground: rightRules[command.type].on,
    state: 'received',
    receivedAt: now,
    dueAt: dueOf(now, situation.answerWithin),
    steps: [],
    by: command.by,
  };
  const { identity = 'vouched', note, review, about } = command;
  // Who asks is not known yet, so nothing may depend on who that is.
  const obstacle = identity === 'required' ? undefined : obstacleOf(request, situation);
  if (obstacle?.because === 'same' && obstacle.other !== undefined)
    return { outcome: 'same', request: obstacle.other };
  if (obstacle?.because === 'deletion-under-way')
    return { outcome: 'refused', refusal: 'deletion-under-way' };
  if (obstacle !== undefined && !rightRules[command.type].answersNobody)
    return { outcome: 'refused', refusal: 'erased' };
  const decided = decideLife(
    {
      type: 'receive',
      identity,
      ...(note === undefined ? {} : { note }),
      ...(review === undefined ? {} : { review }),
      ...(about === undefined ? {} : { about }),
    },
    unborn,
    now,
    { ...rules, type: command.type, dueAt: request.dueAt },
  );
  const happenings = 'events' in decided ? decided.events : [];
  return { outcome: 'accepted', documents: settle(request, happenings, situation, command.by, now, stamp) };
}

/**
 * What becomes of a request by what has just happened to it: where that accepts it, what is planned; and where nothing
 * is left to accept, its end. Pure.
 */
export function settle(
  request: RequestDocument,
  happenings: readonly RequestHappening[],
  situation: Situation,
  by: string,
  now: Date,
  stamp: string,
): Documents {
  const before = request.events ?? [];
  const isGranted = happenings.some(({ type }) => type === 'accepted');
  // Whether anything is held says nothing until it is granted, and neither a review nor a fee is wanted for nothing.
  const isKnown = happenings.some(({ type }) => type === 'identity-confirmed');
  const obstacle = isGranted || isKnown ? obstacleOf(request, situation) : undefined;
  const happened = obstacle === undefined ? happenings : endedBy(obstacle, happenings);
  const events = [...before, ...numbered(happened, before.length, now, by)];
  const life = lifeOf(events);
  const plan: Plan =
    isGranted && obstacle === undefined
      ? planOf(
          request,
          situation,
          life.refusals.flatMap(({ parts }) => parts),
          now,
          stamp,
        )
      : { request, tasks: [], standings: [], outbox: [] };
  const changed: RequestDocument = {
    ...plan.request,
    state: life.state,
    events,
    unsent: unsentOf(life),
    ...(isFinal(life.state) ? { doneAt: now } : {}),
    ...(isGranted && obstacle === undefined ? undoWindowOf(request.type, situation, now) : {}),
  };
  const back = happened.some(({ type }) => type === 'withdrawn') ? takenBack(request, situation, now) : [];
  return {
    request: changed,
    tasks: plan.tasks,
    standings: [...plan.standings, ...back.map((standing) => ({ _id: standing.ref, ...standing }))],
    outbox: [...plan.outbox, ...outboxOf(back, request._id, now, stamp)],
    audit: auditOf(
      changed,
      events.slice(before.length),
      plan.tasks.map(({ holder }) => holder),
    ),
  };
}

/** From when a deletion is carried out beyond hiding, where it can be taken back until then. */
function undoWindowOf(
  type: RequestDocument['type'],
  { undoPeriod }: Situation,
  now: Date,
): Pick<RequestDocument, 'notBefore'> {
  if (type !== 'deletion' || undoPeriod === undefined) return {};
  const notBefore = addPeriod(now, undoPeriod);
  return notBefore > now ? { notBefore } : {};
}

/** What a deletion has hidden and has not erased is open again; what else stands against the person stays. */
const takenBack = (
  { _id, type, state, lives }: RequestDocument,
  { standings }: Situation,
  at: Date,
): Standing[] =>
  type === 'deletion' && isCarried(state) ? revealed({ lives, standings, request: _id, at }) : [];

interface Obstacle {
  readonly because: 'nothing-held' | 'same' | 'deletion-under-way';
  readonly other?: RequestDocument;
}

/** Why there is nothing to do for a request by itself. */
function obstacleOf(request: RequestDocument, situation: Situation): Obstacle | undefined {
  const { type } = request;
  const rule = rightRules[type];
  const lives = livesFor(type, situation);
  const others = situation.open.filter(({ _id }) => _id !== request._id);
  const deletions = others.filter((one) => one.type === 'deletion' && isCarried(one.state));
  if (lives.length === 0) {
    // Erased, but perhaps not everywhere yet.
    const ending = deletions.at(-1);
    if (type === 'deletion' && ending !== undefined) return { because: 'same', other: ending };
    // A question needs nobody, and records of provision outlive what they are about.
    const isAnswered =
      type === 'question' || (type === 'provision-disclosure' && request.asked?.length !== 0);
    return isAnswered ? undefined : { because: 'nothing-held' };
  }
  // What is still being carried out for a life that has ended is nothing to who lives now.
  const rivals =
    rule.family === undefined
      ? []
      : others.filter((one) => rightRules[one.type].family === rule.family && !isPast(one));
  const deletion = deletions.findLast((one) => !isPast(one));
  const last = rivals.at(-1);
  if (last !== undefined && isSame(request, lives, last)) return { because: 'same', other: last };
  return deletion === undefined || type === 'deletion' || rule.answersNobody
    ? undefined
    : { because: 'deletion-under-way', other: deletion };
}

/** Everything up to where it would have been looked at or granted, and then its end. */
function endedBy({ because, other }: Obstacle, happenings: readonly RequestHappening[]): RequestHappening[] {
  const end = happenings.findIndex(({ type }) => ['review-asked', 'fee-asked', 'accepted'].includes(type));
  return [
    ...(end < 0 ? happenings : happenings.slice(0, end)),
    { type: 'closed', because, ...(other === undefined ? {} : { other: other._id }) },
    { type: 'notice-due', notice: because === 'nothing-held' ? 'nothing-held' : 'completed' },
  ];
}

/** R1: what a law keeps of who was erased is disclosed, too. */
export const namedLives = (
  type: RequestDocument['type'],
  { lives, kept }: Pick<Situation, 'lives' | 'kept'>,
): readonly Life[] => (type === 'disclosure' && kept !== undefined ? [...lives, ...kept.lives] : lives);

const livesFor = (type: RequestDocument['type'], situation: Situation): readonly Life[] =>
  namedLives(type, { ...situation, lives: livingOf(situation) });

const livingOf = ({ lives, standings }: Situation): Life[] =>
  lives.filter(({ ref, generation }) => generation > (standings.get(ref)?.erasedThrough ?? 0));

function isSame(request: RequestDocument, lives: readonly Life[], other: RequestDocument): boolean {
  const covered = (life: Life) =>
    other.lives.some((one) => one.ref === life.ref && one.generation === life.generation);
  const alike = (one: readonly string[] = [], two: readonly string[] = []) =>
    [...one].sort().join() === [...two].sort().join();
  const recipients = request.recipients?.includes('all') === true ? ['all'] : request.recipients;
  const others = other.recipients?.includes('all') === true ? ['all'] : other.recipients;
  return (
    other.type === request.type &&
    lives.every(covered) &&
    alike(other.purposes, request.purposes) &&
    alike(others, recipients)
  );
}

/**
 * Several identifiers of one request must lead to one and the same person. The first of the refs is the one from
 * which the person can be found again: the member, or else what was asked by. Pure.
 */
export function onePerson(
  asked: readonly { readonly ref: Ref; readonly person: Person }[],
): { refs: readonly Ref[]; ambiguous: readonly Ref[] } | 'shared' | 'several' {
  const clear = asked.filter(({ person }) => !person.startIsAmbiguous);
  const first = clear[0];
  if (first === undefined) return 'shared';
  const nameOf = (person: Person) => person.member ?? person.refs.join();
  if (clear.some(({ person }) => nameOf(person) !== nameOf(first.person))) return 'several';
  const anchor = first.person.member ?? first.ref;
  return {
    refs: [anchor, ...first.person.refs.filter((ref) => ref !== anchor)],
    ambiguous: [...new Set(asked.flatMap(({ person }) => person.ambiguous))].sort(),
  };
}

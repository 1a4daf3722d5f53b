import {
  lifeKey,
  type AuditEntry,
  type Life,
  type Ref,
  type RequestDocument,
  type RequestState,
  type RequestType,
} from '@keiro/schemas';
import { hash } from 'node:crypto';
import type { StandingChange } from './consent.ts';
import { dueOf, holdersOf, newTask, outboxOf, type Situation } from './decide.ts';
import { isPast } from './past.ts';
import { hidden, stopped, suspended, type Standings } from './standing.ts';

/*
 * What a late link changes (D1): what stands against a person stands against each ref that turns out to be of that
 * person. `lives` are of one person; a ref that members share is in nobody's, so nothing is extended through it.
 */

export type ExtendSituation = Omit<Situation, 'purposes'>;

/** Whether anything stands against a ref that a link could carry on. Pure. */
export function isRestrictive(standing: ReturnType<Standings['get']>): boolean {
  if (standing === undefined) return false;
  const { hiddenThrough, suspended: forPurposes, withdrawn = [], denied = [], stopped = [] } = standing;
  return hiddenThrough + forPurposes.length + withdrawn.length + denied.length + stopped.length > 0;
}

/**
 * R5: use that is suspended for one of the lives is suspended for all of them. The holders get tasks for those that it
 * was not. Undefined where that is so already. A resume takes all of it back, because it is of the same person. Pure.
 */
export function extendSuspension(
  situation: ExtendSituation,
  now: Date,
  stamp: () => string,
): StandingChange | undefined {
  const { standings, open } = situation;
  const lives = livingOf(situation.lives, standings);
  const suspendedFor = ({ ref }: Life) => standings.get(ref)?.suspended ?? [];
  const all = [...new Set(lives.flatMap(suspendedFor))].sort();
  const purposes = all.includes('all') ? ['all'] : all;
  const behind = lives.filter((life) => suspendedFor(life).join() !== purposes.join());
  if (behind.length === 0) return undefined;

  const origins = lives
    .filter((life) => suspendedFor(life).length > 0)
    .map(({ ref }) => standings.get(ref)?.request ?? '');
  const request = requestFor(
    'suspension',
    behind,
    { purposes, origins: [...new Set(origins)].sort() },
    situation,
    now,
  );
  const changed = suspended({ lives: behind, standings, request: request._id, at: now }, purposes);
  // A deletion that is under way ends all use: it needs no tasks beside its own.
  const deletion = open.some((one) => one.type === 'deletion' && !isPast(one));
  return changeOf(request, changed, deletion ? [] : holdersOf(situation), now, stamp());
}

/** R6: a third party that is denied for one of the lives is denied for all of them, as {@link extendSuspension}. Pure. */
export function extendDenial(
  situation: ExtendSituation,
  now: Date,
  stamp: () => string,
): StandingChange | undefined {
  const { standings, open } = situation;
  const lives = livingOf(situation.lives, standings);
  const deniedFor = ({ ref }: Life) => standings.get(ref)?.stopped ?? [];
  const recipients = [...new Set(lives.flatMap(deniedFor))].sort();
  const behind = lives.filter((life) => deniedFor(life).join() !== recipients.join());
  if (behind.length === 0) return undefined;

  const origins = lives
    .filter((life) => deniedFor(life).length > 0)
    .map(({ ref }) => standings.get(ref)?.request ?? '');
  const made = requestFor(
    'third-party-denial',
    behind,
    // They are part of what the request is named by.
    { purposes: recipients, origins: [...new Set(origins)].sort() },
    situation,
    now,
  );
  const request: RequestDocument = { ...made, purposes: [], recipients };
  const changed = stopped({ lives: behind, standings, request: request._id, at: now }, recipients);
  const denied = situation.holders.filter(({ id }) => recipients.includes(id));
  const deletion = open.some((one) => one.type === 'deletion' && !isPast(one));
  return changeOf(
    request,
    changed,
    deletion ? [] : holdersOf({ ...situation, holders: denied }),
    now,
    stamp(),
  );
}

/** A deletion looks again who its person is before anything is erased. */
const stillPlanned: ReadonlySet<RequestState> = new Set(['accepted', 'hiding', 'undo-window', 'on-hold']);

/** Between which moments a ref has records. */
export type Activity = ReadonlyMap<Ref, { readonly first: Date; readonly last: Date }>;

export interface GoneSituation extends ExtendSituation {
  /** Lives that were named together by the events that made the link. */
  readonly named: readonly Life[];
  readonly activity: Activity;
}

export type GoneDecision =
  /** A deletion is still planned: it takes these along. */
  | { readonly outcome: 'joins'; readonly deletion: RequestDocument }
  /** They were of the life that is gone, and nothing was heard of them since: they go too. */
  | { readonly outcome: 'follows'; readonly lives: readonly Life[]; readonly origin: string }
  /** They may be of the life that is gone, or of what came after it: a person has to say. */
  | { readonly outcome: 'review'; readonly lives: readonly Life[]; readonly origin: string };

/**
 * What becomes of refs that turn out to be of a person whose deletion is under way or done. They are erased only where
 * the very life that is gone was named with them, the person has not registered anew, and they have no record from
 * after it; everything else that is older than the erasure is for review, and what is younger is a new life. Pure.
 */
export function decideGone(situation: GoneSituation, now: Date): GoneDecision | undefined {
  const { standings, named, activity } = situation;
  const of = ({ ref }: Pick<Life, 'ref'>) => standings.get(ref);
  const past = [...standings.values()].filter(({ hiddenThrough }) => hiddenThrough > 0);
  const living = livingOf(situation.lives, standings);
  const untouched = living.filter((life) => life.generation > (of(life)?.hiddenThrough ?? 0));
  const left = untouched.filter((life) => (of(life)?.erasedThrough ?? 0) === 0);
  if (past.length === 0 || left.length === 0) return undefined;

  const deletion = situation.open.findLast(
    ({ type, state, follows }) => type === 'deletion' && stillPlanned.has(state) && follows === undefined,
  );
  if (deletion !== undefined) return { outcome: 'joins', deletion };

  // What is only hidden ends later than now.
  const hiding = past.filter(({ hiddenThrough, erasedThrough }) => hiddenThrough > erasedThrough);
  const last = past.toSorted((a, b) => (a.erasedAt ?? '').localeCompare(b.erasedAt ?? '')).at(-1);
  const origin = (hiding[0] ?? last)?.request ?? '';
  const ended = hiding.length > 0 ? now : new Date(last?.erasedAt ?? now);
  const namedTheGone = named.some((life) => life.generation <= (of(life)?.hiddenThrough ?? 0));
  const renewed = untouched.length > left.length;
  const laterThan = left.some(({ ref }) => (activity.get(ref)?.last ?? ended) > ended);
  if (namedTheGone && !renewed && !laterThan) return { outcome: 'follows', lives: left, origin };
  const older = left.filter(({ ref }) => {
    const seen = activity.get(ref);
    return seen !== undefined && seen.first <= ended;
  });
  return older.length === 0 ? undefined : { outcome: 'review', lives: older, origin };
}

/** The deletion of what was left behind: a request of its own, which says what it completes. Pure. */
export function followDeletion(
  { lives, origin }: Extract<GoneDecision, { outcome: 'follows' }>,
  ground: RequestDocument['ground'],
  situation: ExtendSituation,
  now: Date,
  stamp: string,
): StandingChange {
  const made = requestFor('deletion', lives, { purposes: [], origins: [origin] }, situation, now);
  const request = { ...made, ground, follows: origin };
  const changed = hidden({ lives, standings: situation.standings, request: request._id, at: now });
  return changeOf(request, changed, holdersOf(situation), now, stamp);
}

/** What an operator is told, once for the same lives: on the deletion, and in the audit. Pure. */
export function reviewOfGone(
  { lives, origin }: Extract<GoneDecision, { outcome: 'review' }>,
  now: Date,
): AuditEntry {
  const name = hash('sha256', lives.map(lifeKey).sort().join('\n'), 'hex').slice(0, 24);
  return {
    _id: `${origin}/link-review/${name}`,
    at: now,
    by: 'request',
    action: 'standing.review',
    about: lives.map(({ ref }) => ref),
    request: origin,
    detail: { refs: lives.length },
  };
}

const livingOf = (lives: readonly Life[], standings: Standings): Life[] =>
  lives.filter(({ ref, generation }) => generation > (standings.get(ref)?.erasedThrough ?? 0));

function requestFor(
  type: RequestType,
  lives: readonly Life[],
  { purposes, origins }: { readonly purposes: readonly string[]; readonly origins: readonly string[] },
  { ambiguous, answerWithin }: Pick<ExtendSituation, 'ambiguous' | 'answerWithin'>,
  now: Date,
): RequestDocument {
  const of = ['extension', type, ...origins, ...purposes, ...lives.map(lifeKey).sort()].join('\n');
  return {
    _id: `req-${hash('sha256', of, 'hex').slice(0, 24)}`,
    type,
    lives,
    ambiguous,
    purposes,
    ground: 'policy',
    state: 'accepted',
    receivedAt: now,
    dueAt: dueOf(now, answerWithin),
    steps: [{ step: 'extended', at: now, evidence: { origins, refs: lives.length } }],
    by: 'request',
  };
}

function changeOf(
  request: RequestDocument,
  changed: ReturnType<typeof suspended>,
  holders: readonly string[],
  now: Date,
  stamp: string,
): StandingChange {
  const { _id, type, purposes, lives } = request;
  return {
    requests: holders.length === 0 && type !== 'deletion' ? [] : [request],
    tasks: holders.map((holder) => newTask(request, holder, now)),
    standings: changed.map((standing) => ({ _id: standing.ref, ...standing })),
    outbox: outboxOf(changed, _id, now, stamp),
    audit: [
      {
        _id: `${_id}/extended/${stamp}`,
        at: now,
        by: 'request',
        action: 'standing.extended',
        request: _id,
        detail: { type, purposes, refs: lives.length, holders },
      },
    ],
  };
}

import {
  withdrawnBy,
  type AuditEntry,
  type FactDocument,
  type Holder,
  type Life,
  type RequestDocument,
  type Standing,
} from '@keiro/schemas';
import { hash } from 'node:crypto';
import { dueOf, holdersOf, newTask, outboxOf, type Documents, type Situation } from './decide.ts';
import { restrictedByConsent } from './standing.ts';

/** What a person's consents change, written in one transaction. */
export interface ConsentChange extends Omit<Documents, 'request'> {
  /** A suspension, a resume, both or none. */
  readonly requests: readonly RequestDocument[];
}

export interface ConsentSituation extends Omit<Situation, 'holders' | 'purposes'> {
  readonly holders: readonly Pick<Holder, 'id' | 'categories' | 'kind'>[];
  /** Consents of the person's present lives, in any order. */
  readonly facts: readonly FactDocument[];
}

/**
 * Makes standing what the person's consents say by now: a withdrawal suspends its purposes and denies its
 * recipients (TA), a later consent takes exactly that back. Looks at all of them each time, so that neither the order
 * in which they arrive nor a repetition matters. Undefined where standing says so already. Pure: see `decide`.
 *
 * Processors and the recovery site hold data by entrustment, our own stores by ours: consent is not what they rest
 * on, so a withdrawal towards them is recorded and denies nothing (R6).
 */
export function decideConsent(
  { facts, holders, ...situation }: ConsentSituation,
  now: Date,
  stamp: () => string,
): ConsentChange | undefined {
  const { purposes, recipients } = withdrawnBy(facts);
  const byOtherBasis = new Set(
    holders
      .filter(({ kind }) => ['store', 'processor', 'affiliate', 'dr-site'].includes(kind))
      .map(({ id }) => id),
  );
  const denied = recipients.filter((id) => !byOtherBasis.has(id));
  const before = situation.lives.map(({ ref }) => situation.standings.get(ref));
  if (before.every((one) => same(one?.withdrawn, purposes) && same(one?.denied, denied))) return undefined;

  const began = purposes.filter((one) => before.some((was) => was?.withdrawn?.includes(one) !== true));
  const ended = [...new Set(before.flatMap((was) => was?.withdrawn ?? []))].filter(
    (one) => !purposes.includes(one),
  );
  // A deletion that is under way ends all use: it needs no tasks beside its own.
  const deletion = situation.open.some(({ type }) => type === 'deletion');
  const requests = deletion
    ? []
    : [
        ...requestFor('suspension', began, facts, situation, now),
        ...requestFor('resume', ended.sort(), facts, situation, now),
      ];
  const id = requests[0]?._id ?? idOf('standing', deciding('consent-withdrawn', facts) ?? facts[0]);
  const standings: Standing[] = restrictedByConsent(
    { lives: situation.lives, standings: situation.standings, request: id, at: now },
    purposes,
    denied,
  );
  const audit: AuditEntry = {
    _id: `${id}/consent/${stamp()}`,
    at: now,
    by: 'request',
    action: 'consent.applied',
    request: id,
    detail: { withdrawn: purposes, denied, refs: situation.lives.length },
  };
  return {
    requests,
    tasks: requests.flatMap((request) =>
      holdersOf({ ...situation, holders }).map((holder) => newTask(request, holder, now)),
    ),
    standings: standings.map((standing) => ({ _id: standing.ref, ...standing })),
    // Each request waits until messages of its own are published.
    outbox: (requests.length === 0 ? [id] : requests.map(({ _id }) => _id)).flatMap((request) =>
      outboxOf(standings, request, now, stamp()),
    ),
    audit: [audit],
  };
}

type Kind = 'consent-given' | 'consent-withdrawn';

function requestFor(
  type: 'suspension' | 'resume',
  purposes: readonly string[],
  facts: readonly FactDocument[],
  situation: Pick<Situation, 'lives' | 'ambiguous' | 'answerWithin'>,
  now: Date,
): RequestDocument[] {
  if (purposes.length === 0) return [];
  const ground: Kind = type === 'suspension' ? 'consent-withdrawn' : 'consent-given';
  return [
    {
      _id: idOf(type, deciding(ground, facts, purposes)),
      type,
      lives: situation.lives,
      ambiguous: situation.ambiguous,
      purposes,
      ground,
      state: 'accepted',
      receivedAt: now,
      dueAt: dueOf(now, situation.answerWithin),
      steps: [],
      by: 'consent',
    },
  ];
}

/** The newest fact of a kind that names any of these purposes. */
function deciding(
  kind: Kind,
  facts: readonly FactDocument[],
  purposes: readonly string[] = [],
): FactDocument | undefined {
  return facts
    .filter(
      (fact) =>
        fact.kind === kind &&
        (purposes.length === 0 || fact.consent?.purposes?.some((one) => purposes.includes(one)) === true),
    )
    .sort((a, b) => b.time.getTime() - a.time.getTime() || (a._id < b._id ? -1 : 1))[0];
}

/** The same fact makes the same request, however often it comes. */
function idOf(type: string, fact: FactDocument | undefined): string {
  return `req-${hash('sha256', `${type}\n${fact?._id ?? ''}`, 'hex').slice(0, 24)}`;
}

const same = (one: readonly string[] = [], other: readonly string[]) => one.join() === other.join();

/** Whether a consent was given by one of these lives. Pure. */
export function ofLives(lives: readonly Life[]): (fact: FactDocument) => boolean {
  const generations = new Map(lives.map(({ ref, generation }) => [ref, generation]));
  return ({ ref, generation }) => generations.get(ref) === generation;
}

import {
  lifeKey,
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
import { isPast } from './past.ts';
import { restrictedByConsent } from './standing.ts';

/** What changes of a person's standing without anybody asking for it, written in one transaction. */
export interface StandingChange extends Omit<Documents, 'request'> {
  /** Those that carry it to the holders; none where standing says all. */
  readonly requests: readonly RequestDocument[];
}

export interface ConsentSituation extends Omit<Situation, 'holders' | 'purposes'> {
  readonly holders: readonly Pick<Holder, 'id' | 'categories' | 'kind' | 'purposes'>[];
  /** Consents of the person's present lives, in any order. */
  readonly facts: readonly FactDocument[];
}

/**
 * Makes standing what the person's consents say by now: a withdrawal suspends its purposes and denies its
 * recipients (TA), a later consent takes exactly that back. Looks at all of them each time, so that neither the order
 * in which they arrive nor a repetition matters. Undefined where standing says so already. Pure: see `decide`.
 *
 * Standing is what refuses. Only a holder that is registered for one of the purposes has rows to flag, so where there
 * is none nobody is asked to do anything, and there is no request. Where some of the lives were refused already, a
 * link has brought the others: the request is about those alone.
 *
 * Processors and the recovery site hold data by entrustment, our own stores by ours: consent is not what they rest
 * on, so a withdrawal towards them is recorded and denies nothing (R6).
 */
export function decideConsent(
  { facts, holders, ...situation }: ConsentSituation,
  now: Date,
  stamp: () => string,
): StandingChange | undefined {
  const { purposes, recipients } = withdrawnBy(facts);
  const byOtherBasis = new Set(
    holders
      .filter(({ kind }) => ['store', 'processor', 'affiliate', 'dr-site'].includes(kind))
      .map(({ id }) => id),
  );
  const denied = recipients.filter((id) => !byOtherBasis.has(id));
  const before = situation.lives.map(({ ref }) => situation.standings.get(ref));
  if (before.every((one) => same(one?.withdrawn, purposes) && same(one?.denied, denied))) return undefined;

  const wasWithdrawn = ({ ref }: Life, one: string) =>
    situation.standings.get(ref)?.withdrawn?.includes(one) === true;
  const { lives } = situation;
  const began = purposes.filter((one) => lives.some((life) => !wasWithdrawn(life, one)));
  const ended = [...new Set(before.flatMap((was) => was?.withdrawn ?? []))]
    .filter((one) => !purposes.includes(one))
    .sort();
  const behind = lives.filter((life) => began.some((one) => !wasWithdrawn(life, one)));
  const resuming = lives.filter((life) => ended.some((one) => wasWithdrawn(life, one)));
  // A deletion that is under way ends all use: it needs no tasks beside its own.
  const deletion = situation.open.some((one) => one.type === 'deletion' && !isPast(one));
  const asked = deletion
    ? []
    : [
        ...requestFor('suspension', began, behind, facts, situation, now),
        ...requestFor('resume', ended, resuming, facts, situation, now),
      ];
  const tasks = asked.flatMap((request) => {
    const concerned = holders.filter((holder) =>
      holder.purposes.some((one) => request.purposes.includes(one)),
    );
    return holdersOf({ ...situation, holders: concerned }).map((holder) => newTask(request, holder, now));
  });
  const requests = asked.filter(({ _id }) => tasks.some(({ request }) => request === _id));
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
    tasks,
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
  lives: readonly Life[],
  facts: readonly FactDocument[],
  situation: Pick<Situation, 'lives' | 'ambiguous' | 'answerWithin'>,
  now: Date,
): RequestDocument[] {
  if (purposes.length === 0) return [];
  const ground: Kind = type === 'suspension' ? 'consent-withdrawn' : 'consent-given';
  return [
    {
      _id: idOf(
        type,
        deciding(ground, facts, purposes),
        lives.length < situation.lives.length ? lives.map(lifeKey) : [],
      ),
      type,
      lives,
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

/** The same fact makes the same request, however often it comes; and one more for lives that a link brings later. */
function idOf(type: string, fact: FactDocument | undefined, lives: readonly string[] = []): string {
  const of = [type, fact?._id ?? '', ...lives.toSorted()].join('\n');
  return `req-${hash('sha256', of, 'hex').slice(0, 24)}`;
}

const same = (one: readonly string[] = [], other: readonly string[]) => one.join() === other.join();

/** Whether a consent was given by one of these lives. Pure. */
export function ofLives(lives: readonly Life[]): (fact: FactDocument) => boolean {
  const generations = new Map(lives.map(({ ref, generation }) => [ref, generation]));
  return ({ ref, generation }) => generations.get(ref) === generation;
}

import {
  addPeriod,
  dayInJapan,
  taskId,
  type AuditEntry,
  type Category,
  type Directive,
  type Holder,
  type Life,
  type OutboxDocument,
  type Person,
  type Ref,
  type RequestDocument,
  type RequestType,
  type Standing,
  type StandingDocument,
  type TaskDocument,
} from '@keiro/schemas';
import { hidden, resumed, suspended, type Standings } from './standing.ts';

/** What compliance asks for, after its own check of who is asking. */
export interface Command {
  readonly id: string;
  readonly type: Exclude<RequestType, 'return' | 'retention'>;
  /** `all` for every purpose. */
  readonly purposes: readonly string[];
  /** The client that sent it. */
  readonly by: string;
  readonly note?: string;
}

/** What is known about the person at this moment. */
export interface Situation {
  readonly lives: readonly Life[];
  readonly ambiguous: readonly Ref[];
  readonly standings: Standings;
  /** Requests of these refs that are not done, oldest first. */
  readonly open: readonly RequestDocument[];
  /** Categories of the person's records; none when nothing is tagged yet. */
  readonly categories: readonly Category[];
  readonly holders: readonly Pick<Holder, 'id' | 'categories'>[];
  /** Every purpose that the policy has. */
  readonly purposes: readonly string[];
  /** ISO 8601 period within which the policy answers every request (R7). */
  readonly answerWithin: string;
}

/** Everything that is written in the one transaction of a decision. */
export interface Documents {
  readonly request: RequestDocument;
  readonly tasks: readonly TaskDocument[];
  readonly standings: readonly StandingDocument[];
  readonly outbox: readonly OutboxDocument[];
  readonly audit: readonly AuditEntry[];
}

export type Decision =
  | { readonly outcome: 'accepted'; readonly documents: Documents }
  /** The same is under way already. */
  | { readonly outcome: 'same'; readonly request: RequestDocument }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

export type Refusal = 'erased' | 'deletion-under-way';

/**
 * Decides a request (R4, R5). Pure: `stamp` orders the outbox, see `createStamps`; `now` is the moment of
 * arrival.
 */
export function decide(command: Command, situation: Situation, now: Date, stamp: string): Decision {
  const lives = situation.lives.filter(
    ({ ref, generation }) => generation > (situation.standings.get(ref)?.erasedThrough ?? 0),
  );
  const deletion = situation.open.findLast((request) => request.type === 'deletion');
  if (lives.length === 0) {
    // Erased, but perhaps not everywhere yet.
    if (command.type === 'deletion' && deletion !== undefined) return { outcome: 'same', request: deletion };
    return { outcome: 'refused', refusal: 'erased' };
  }

  const rivals = situation.open.filter(
    ({ type }) => type !== 'return' && (type === 'deletion') === (command.type === 'deletion'),
  );
  const last = rivals.at(-1);
  if (last !== undefined && isSame(command, lives, last)) return { outcome: 'same', request: last };
  if (command.type !== 'deletion' && deletion !== undefined) {
    return { outcome: 'refused', refusal: 'deletion-under-way' };
  }

  const change = { lives, standings: situation.standings, request: command.id, at: now };
  const standings =
    command.type === 'deletion'
      ? hidden(change)
      : command.type === 'suspension'
        ? suspended(change, command.purposes)
        : resumed(change, command.purposes, situation.purposes);
  const request: RequestDocument = {
    _id: command.id,
    type: command.type,
    lives,
    ambiguous: situation.ambiguous,
    purposes: command.purposes,
    // Neither deletion on demand nor suspension for any reason is in the law: the policy promises both (R4, R5).
    ground: 'policy',
    state: 'accepted',
    receivedAt: now,
    dueAt: dueOf(now, situation.answerWithin),
    steps: [],
    by: command.by,
  };
  const tasks = holdersOf(situation).map((holder) => newTask(request, holder, now));
  return {
    outcome: 'accepted',
    documents: {
      request,
      tasks,
      standings: standings.map((standing) => ({ _id: standing.ref, ...standing })),
      outbox: outboxOf(standings, command.id, now, stamp),
      audit: [
        {
          _id: `${command.id}/accepted`,
          at: now,
          by: command.by,
          action: 'request.accepted',
          request: command.id,
          detail: {
            type: command.type,
            purposes: command.purposes,
            refs: lives.length,
            holders: tasks.map(({ holder }) => holder),
            ...(command.note === undefined ? {} : { note: command.note }),
          },
        },
      ],
    },
  };
}

/** R7: the end, in Japan, of the last day within the period after arrival; holidays do not extend it. */
export function dueOf(receivedAt: Date, period: string): Date {
  return new Date(`${dayInJapan(addPeriod(receivedAt, period))}T23:59:59.999+09:00`);
}

/** Who must act: holders registered for the person's categories, or all of them where these are not known. */
export function holdersOf({ categories, holders }: Pick<Situation, 'categories' | 'holders'>): string[] {
  const fitting = holders.filter(
    (holder) =>
      categories.length === 0 || holder.categories.some((one) => categories.includes(one as Category)),
  );
  return fitting.map(({ id }) => id).sort();
}

const directives: Record<RequestType, Directive> = {
  deletion: 'erase',
  suspension: 'suspend',
  resume: 'resume',
  return: 'erase',
  retention: 'erase',
};

export function newTask(request: RequestDocument, holder: string, now: Date): TaskDocument {
  return {
    _id: taskId(request._id, holder),
    request: request._id,
    holder,
    directive: directives[request.type],
    purposes: request.purposes,
    state: 'pending',
    attempt: 1,
    errors: [],
    createdAt: now,
  };
}

/** Messages for `rights.standing`, in the order in which they must be published. */
export function outboxOf(
  standings: readonly Standing[],
  request: string,
  at: Date,
  stamp: string,
): OutboxDocument[] {
  return standings.map((standing, index) => ({
    _id: `${stamp}-${String(index).padStart(6, '0')}`,
    topic: 'rights.standing',
    key: standing.ref,
    value: JSON.stringify(standing),
    request,
    at,
  }));
}

function isSame(command: Command, lives: readonly Life[], request: RequestDocument): boolean {
  const covered = (life: Life) =>
    request.lives.some((one) => one.ref === life.ref && one.generation === life.generation);
  return (
    request.type === command.type &&
    lives.every(covered) &&
    [...request.purposes].sort().join() === [...command.purposes].sort().join()
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

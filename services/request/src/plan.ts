import {
  addPeriod,
  categoriesWith,
  dayInJapan,
  lifeKey,
  taskId,
  type AuditEntry,
  type Category,
  type Directive,
  type Holder,
  type Life,
  type OutboxDocument,
  type Ref,
  type RequestDocument,
  type RequestType,
  type Standing,
  type StandingDocument,
  type TaskDocument,
} from '@keiro/schemas';
import { isDeniable, recipientsOf } from './denial.ts';
import { allowedAgain, hidden, resumed, stopped, suspended, type Standings } from './standing.ts';

/** What is known about the person at this moment. */
export interface Situation {
  readonly lives: readonly Life[];
  readonly ambiguous: readonly Ref[];
  readonly standings: Standings;
  /** Requests of these refs that are not at their end, oldest first. */
  readonly open: readonly RequestDocument[];
  /** Categories of the person's records; none when nothing is tagged yet. */
  readonly categories: readonly Category[];
  readonly holders: readonly (Pick<Holder, 'id' | 'categories'> & Partial<Pick<Holder, 'kind'>>)[];
  /** Lives that are erased and of which a floor keeps something (R4), and who does. */
  readonly kept?: { readonly lives: readonly Life[]; readonly holders: readonly string[] };
  /** Every purpose that the policy has. */
  readonly purposes: readonly string[];
  /** ISO 8601 period in which a deletion that somebody asks for can be taken back; absent: none. */
  readonly undoPeriod?: string;
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

/** What an accepted request changes at once, and what its holders get to do. */
export interface Plan extends Pick<Documents, 'tasks' | 'standings' | 'outbox'> {
  readonly request: RequestDocument;
}

/**
 * Plans what is to be done for a request whose lives are known. `refused`: parts of it that are not granted (R9).
 * Nothing for what is answered by us. Pure.
 */
export function planOf(
  asked: RequestDocument,
  situation: Situation,
  refused: readonly string[],
  now: Date,
  stamp: string,
): Plan {
  const request = narrowed(asked, situation, refused);
  const standings = changeOf(request, situation, now);
  const asksHolders = standings.length > 0 || request.fields !== undefined || request.type === 'disclosure';
  const holders = asksHolders ? concernedBy(request, situation) : [];
  return {
    request,
    tasks: holders.map((holder) => newTask(request, holder, now)),
    standings: standings.map((standing) => ({ _id: standing.ref, ...standing })),
    outbox: outboxOf(standings, request._id, now, stamp),
  };
}

function narrowed(
  request: RequestDocument,
  { purposes: known, holders }: Situation,
  refused: readonly string[],
): RequestDocument {
  const recipients = request.recipients === undefined ? undefined : recipientsOf(request.recipients, holders);
  if (refused.length === 0) return recipients === undefined ? request : { ...request, recipients };
  const left = (all: readonly string[]) => all.filter((one) => !refused.includes(one));
  const purposes =
    request.type === 'suspension'
      ? left(request.purposes.includes('all') ? known : request.purposes)
      : request.purposes;
  // Who may go on with one of them has not been denied to all that may come.
  const kept = recipients === undefined ? undefined : left(recipients).filter((one) => one !== 'all');
  return { ...request, purposes, ...(kept === undefined ? {} : { recipients: kept }) };
}

function changeOf(
  { _id, type, lives, purposes, recipients = [] }: RequestDocument,
  { standings, purposes: known }: Situation,
  now: Date,
): Standing[] {
  const change = { lives, standings, request: _id, at: now };
  switch (type) {
    case 'deletion':
      return hidden(change);
    case 'suspension':
      return suspended(change, purposes);
    case 'third-party-denial':
      return stopped(change, recipients);
    case 'resume':
      return recipients.length > 0 ? allowedAgain(change, recipients) : resumed(change, purposes, known);
    default:
      return [];
  }
}

/** A denial is a matter of the third parties that it names; everything else of all that may hold something. */
function concernedBy({ type, recipients, fields, lives }: RequestDocument, situation: Situation): string[] {
  const { kept } = situation;
  // R1: of who was erased there is what a law keeps, at who keeps it.
  if (type === 'disclosure' && kept !== undefined) {
    const isKept = new Set(kept.lives.map(lifeKey));
    if (lives.every((life) => isKept.has(lifeKey(life)))) {
      const known = new Set(situation.holders.map(({ id }) => id));
      return kept.holders.filter((holder) => known.has(holder));
    }
  }
  if (fields !== undefined)
    return holdersOf({ ...situation, categories: concernedCategories(fields, situation) });
  if (recipients === undefined) return holdersOf(situation);
  const named = situation.holders.filter(
    (holder) => isDeniable(holder) && (recipients.includes('all') || recipients.includes(holder.id)),
  );
  return holdersOf({ ...situation, holders: named });
}

/** R2, R3: those of the person's that have the fields; where there is none, somebody may still hold one of them. */
function concernedCategories(fields: readonly string[], { categories }: Situation): Category[] {
  const having = categoriesWith(fields);
  const held = having.filter((one) => categories.includes(one));
  return held.length > 0 ? held : having;
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

/** What holders are told; those that are not here are answered by us. */
const directives: Partial<Record<RequestType, Directive>> = {
  deletion: 'erase',
  suspension: 'suspend',
  resume: 'resume',
  'third-party-denial': 'suspend',
  return: 'erase',
  retention: 'erase',
  correction: 'correct',
  addition: 'correct',
  disclosure: 'export',
};

/** Throws RangeError for a type that asks nothing of holders. */
export function newTask(request: RequestDocument, holder: string, now: Date): TaskDocument {
  const directive = directives[request.type];
  if (directive === undefined) throw new RangeError(`a ${request.type} has no tasks`);
  return {
    _id: taskId(request._id, holder),
    request: request._id,
    holder,
    directive,
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

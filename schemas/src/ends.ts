import type { FactDocument, GroupTag, RecordDocument } from './documents.ts';
import { addPeriod } from './policy/period.ts';
import type { Policy } from './policy/policy.ts';
import { digestOfRecord } from './records.ts';

/** When a group of fields ends, as far as it is known at a moment. */
export interface End {
  /** `open`: its start has not come. `review`: nor will it by itself: the cap has passed, and a person decides. */
  readonly state: 'open' | 'review' | 'running' | 'ended';
  readonly startAt?: Date;
  /** Absent while the start is open. */
  readonly end?: Date;
  /** Latest end while the start is open, moved by the last use where it counts from that. */
  readonly cap?: Date;
  /** The fact with which the period began. */
  readonly closedBy?: string;
}

type FactOfPerson = Pick<FactDocument, '_id' | 'kind' | 'about' | 'time'>;

/** What is known of a person besides the record itself, ordered for {@link endOf}: made once a person. */
export interface KnownOfPerson {
  /** Facts that concern all that the person has, oldest first. Uses are in `lastUse`. */
  readonly whole: readonly FactOfPerson[];
  /** Those that concern one event, by its digest, oldest first. */
  readonly about: ReadonlyMap<string, readonly FactOfPerson[]>;
  readonly lastUse?: Date;
}

/** `newest`: time of the newest record of the person's own, which was a use too. Pure. */
export function knownOf(facts: readonly FactOfPerson[], newest?: Date): KnownOfPerson {
  const whole: FactOfPerson[] = [];
  const about = new Map<string, FactOfPerson[]>();
  let lastUse = newest;
  for (const fact of facts.toSorted(oldestFirst)) {
    if (fact.about !== undefined) about.set(fact.about, [...(about.get(fact.about) ?? []), fact]);
    else if (fact.kind !== 'used') whole.push(fact);
    else if (lastUse === undefined || fact.time > lastUse) lastUse = fact.time;
  }
  return { whole, about, ...(lastUse === undefined ? {} : { lastUse }) };
}

/**
 * When a group of a record ends: what followed from the time of collection stands in its tag; a start that comes
 * later is the first fact of its kind after the collection that concerns this record. Facts may come in any order.
 * Floors stay as they are tagged. Pure; cheap where no fact concerns the group.
 *
 * A cap that ends in erasure also binds a period that has begun ("90 days after the draw, at most one year"); one
 * that ends in a review does not, because the person was there when the account was closed.
 */
export function endOf(
  group: GroupTag,
  record: Pick<RecordDocument, '_id' | 'time' | 'scope'>,
  policy: Policy | undefined,
  known: KnownOfPerson,
  now: Date,
): End {
  if (group.end !== undefined) return begun(group.startAt, group.end, undefined, now);
  const rule = policy?.rules.retention[group.rule];
  // Of a customer's own user (X2) only what names the very event: the person's contract is not the customer's.
  const isOurs = record.scope.kind === 'ours';
  const single = known.about.get(digestOfRecord(record._id)) ?? [];
  const facts = isOurs ? [...known.whole, ...single] : single;
  const lastUse = latest([
    record.time,
    ...(isOurs && known.lastUse !== undefined ? [known.lastUse] : []),
    ...single.flatMap(({ kind, time }) => (kind === 'used' ? [time] : [])),
  ]);
  const cap =
    rule?.cap?.from === 'last-use' && lastUse > record.time ? addPeriod(lastUse, rule.cap.period) : group.cap;
  const closing = firstOf(group.start, record, facts);
  const startAt = group.start === 'last-use' ? lastUse : closing?.time;
  if (startAt !== undefined && rule !== undefined) {
    const full = addPeriod(startAt, rule.period);
    const end = rule.cap?.then === 'erase' && cap !== undefined && cap < full ? cap : full;
    return begun(startAt, end, closing?._id, now);
  }
  const passed = cap !== undefined && cap <= now;
  const state = !passed ? 'open' : rule?.cap?.then === 'review' ? 'review' : 'ended';
  return { state, ...(cap === undefined ? {} : { cap }) };
}

/** The fact with which a period of one of our own records begins that waits for one; undefined while none has come. Pure. */
export function closingOf(
  start: string,
  record: Pick<RecordDocument, '_id' | 'time'>,
  known: KnownOfPerson,
): FactOfPerson | undefined {
  return firstOf(start, record, [...known.whole, ...(known.about.get(digestOfRecord(record._id)) ?? [])]);
}

function firstOf(
  start: string,
  record: Pick<RecordDocument, 'time'>,
  facts: readonly FactOfPerson[],
): FactOfPerson | undefined {
  return facts.filter(({ kind, time }) => kind === start && time >= record.time).sort(oldestFirst)[0];
}

function begun(startAt: Date | undefined, end: Date, closedBy: string | undefined, now: Date): End {
  return {
    state: end <= now ? 'ended' : 'running',
    ...(startAt === undefined ? {} : { startAt }),
    end,
    ...(closedBy === undefined ? {} : { closedBy }),
  };
}

const oldestFirst = (a: FactOfPerson, b: FactOfPerson) =>
  a.time.getTime() - b.time.getTime() || (a._id < b._id ? -1 : 1);

const latest = (dates: readonly Date[]) =>
  dates.reduce((last, one) => (one > last ? one : last), new Date(0));

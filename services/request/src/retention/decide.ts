import {
  endOf,
  floorOf,
  type GroupTag,
  type KnownOfPerson,
  type Policies,
  type RecordDocument,
  type RetentionWait,
} from '@keiro/schemas';

/** What has become of one group of a record. */
export interface GroupFate {
  readonly group: string;
  /** `floor`: its purposes are over, a law keeps it. `open`: its start has not come. `review`: nor will it by itself. */
  readonly fate: 'over' | 'running' | 'floor' | 'open' | 'review' | 'unknown';
  /** When that changes by itself, where that is known. */
  readonly until?: Date;
  readonly law?: string;
  /** What it waits for, while that is open. */
  readonly start?: string;
}

/** What retention says of a record at a moment. */
export interface RecordFate {
  readonly record: RecordDocument;
  /** `partially`: some groups are over; copies of those alone can go. */
  readonly verdict: 'erase' | 'partially' | 'not-yet';
  /** Groups that are over. */
  readonly over: readonly string[];
  readonly kept: readonly GroupFate[];
  /** When to look again, where something ends by itself. */
  readonly next?: Date;
  /** Why a person is needed, or somebody else has to finish first. */
  readonly wait?: RetentionWait;
}

/** What narrows a decision besides the policy. */
export interface Narrowing {
  /** A legal hold stands on it: nothing of it goes. */
  readonly isHeld: (record: RecordDocument) => boolean;
}

export const noHolds: Narrowing = { isHeld: () => false };

/**
 * Decides per record what goes now (APPI 22). Suspension is no reason to keep anything (R5); a floor keeps its groups
 * until it ends, a cap that asks for a review keeps them until somebody has looked. Pure.
 */
export function dueRecords(
  records: readonly RecordDocument[],
  knownOf: (record: RecordDocument) => KnownOfPerson,
  policies: Policies,
  { isHeld }: Narrowing,
  now: Date,
): RecordFate[] {
  return records.map((record) => {
    const fates = record.groups.map((group) => fateOf(group, record, policies, knownOf(record), now));
    return fateOfRecord(record, fates, isHeld(record));
  });
}

export function fateOfRecord(
  record: RecordDocument,
  fates: readonly GroupFate[],
  isHeld: boolean,
): RecordFate {
  const kept = fates.filter(({ fate }) => fate !== 'over');
  const over = fates.filter(({ fate }) => fate === 'over').map(({ group }) => group);
  const ends = kept.flatMap(({ until }) => until ?? []);
  const next = ends.length === 0 ? undefined : new Date(Math.min(...ends.map((end) => end.getTime())));
  const wait = isHeld ? 'hold' : waitOf(kept);
  return {
    record,
    verdict: isHeld || over.length === 0 ? 'not-yet' : kept.length === 0 ? 'erase' : 'partially',
    over: isHeld ? [] : over,
    kept,
    ...(next === undefined ? {} : { next }),
    ...(wait === undefined ? {} : { wait }),
  };
}

/** When something of a group ends, as far as it is known at that moment. Pure. */
export function fateOf(
  tag: GroupTag,
  record: RecordDocument,
  policies: Policies,
  known: KnownOfPerson,
  now: Date,
): GroupFate {
  const { group } = tag;
  const policy = policies.get(record.policy);
  if (policy === undefined && tag.end === undefined) return { group, fate: 'unknown' };
  const { state, end, cap } = endOf(tag, record, policy, known, now);
  const until = end ?? cap;
  switch (state) {
    case 'running':
      return { group, fate: 'running', ...(until === undefined ? {} : { until }) };
    case 'open':
      return { group, fate: 'open', start: tag.start, ...(until === undefined ? {} : { until }) };
    case 'review':
      return { group, fate: 'review', start: tag.start };
    case 'ended': {
      const floor = floorOf(tag, record, policies, known, now);
      if (floor === undefined) return { group, fate: 'over' };
      return {
        group,
        fate: 'floor',
        law: floor.law,
        ...(floor.until === undefined ? {} : { until: floor.until }),
      };
    }
  }
}

function waitOf(kept: readonly GroupFate[]): RetentionWait | undefined {
  if (kept.some(({ fate }) => fate === 'unknown')) return 'unknown-policy';
  if (kept.some(({ fate }) => fate === 'review')) return 'review';
  if (kept.some(({ fate, until }) => fate === 'floor' && until === undefined)) return 'open-floor';
  return undefined;
}

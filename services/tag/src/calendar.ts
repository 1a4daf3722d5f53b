import { addPeriod, startOf, type NamedFloor, type Policy, type Retention } from '@keiro/schemas';

/*
 * Calendar arithmetic costs ten times as much as all the rest of tagging, and the answer depends on the day
 * alone: it is worked out once per ruling and day, and remembered. That is sound because Japan's clocks have stood at
 * +09:00 without a change since 1952; what is older is worked out each time.
 */

const dayMs = 86_400_000;
const japanMs = 9 * 3_600_000;
const steadySince = Date.UTC(1952, 3, 28);

/** Days that one ruling remembers; then it forgets them all, which costs a moment and bounds what is held. */
const mostDays = 5000;

/** All that follows from the time of collection, in milliseconds since 1970. */
export interface Ends {
  readonly startAt?: number;
  readonly end?: number;
  readonly cap?: number;
  readonly floor?: { readonly law: string; readonly until?: number };
}

/** A rule with its floors, as one policy has them. */
export interface Lasting {
  readonly policy: Policy;
  readonly rule: Retention;
  readonly floors: readonly NamedFloor[];
}

/** Answers, for one rule and its floors, when what was collected at an instant ends. */
export function createCalendar(lasting: Lasting): (collectedAt: Date) => Ends {
  const days = new Map<number, Ends>();
  // Then start and end move with the clock on a day; others are the same for all of it.
  const moves = lasting.rule.start === 'collection';
  const floorMoves = lasting.floors.some(({ start }) => start === 'collection');

  return (collectedAt) => {
    const time = collectedAt.getTime();
    const day = Math.floor((time + japanMs) / dayMs) * dayMs - japanMs;
    if (day < steadySince || floorMoves) return workOut(lasting, collectedAt);
    let ends = days.get(day);
    if (ends === undefined) {
      if (days.size >= mostDays) days.clear();
      days.set(day, (ends = workOut(lasting, new Date(day))));
    }
    const since = time - day;
    return {
      startAt: shifted(ends.startAt, moves ? since : 0),
      end: shifted(ends.end, moves ? since : 0),
      cap: shifted(ends.cap, since),
      floor: ends.floor,
    };
  };
}

const shifted = (at: number | undefined, by: number) => (at === undefined ? undefined : at + by);

function workOut({ policy, rule, floors }: Lasting, collectedAt: Date): Ends {
  const startAt = startOf(policy, rule.start, collectedAt);
  return {
    startAt: startAt?.getTime(),
    end: startAt && addPeriod(startAt, rule.period).getTime(),
    // A cap that runs from the last use begins with this one; a later use moves it when it is read.
    cap: rule.cap && addPeriod(collectedAt, rule.cap.period).getTime(),
    floor: latestFloor(policy, floors, collectedAt),
  };
}

/** Of several laws the one that keeps longest; one whose start is still open may outlast all that are known. */
function latestFloor(policy: Policy, floors: readonly NamedFloor[], collectedAt: Date): Ends['floor'] {
  let latest: { law: string; until: number } | undefined;
  for (const { law, start, period } of floors) {
    const from = startOf(policy, start, collectedAt);
    if (from === undefined) return { law };
    const until = addPeriod(from, period).getTime();
    if (latest === undefined || until > latest.until) latest = { law, until };
  }
  return latest;
}

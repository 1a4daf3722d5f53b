import type { Foreseen } from '@keiro/schemas';
import type { Counts } from './connectors/connector.ts';

/*
 * A worker that is killed between a store's answer and the receipt takes the count with it, and so does a connection
 * that breaks there. So what is there is counted and written down before anything goes: what was found before and is
 * gone after was erased by a try whose answer nobody heard. Pure.
 */

/** What is to be written before this try; undefined where nothing could be lost. */
export function foresee(before: Foreseen | undefined, found: Counts): Foreseen | undefined {
  const rows = byName(found);
  const gone = added(before?.gone ?? {}, missingOf(before?.rows ?? {}, rows));
  return isNone(rows) && isNone(gone) ? undefined : { rows, gone };
}

/** What is still to be found when a try has ended without having done it all; undefined: nothing. */
export function stillForeseen({ rows }: Foreseen, counted: Counts): Foreseen | undefined {
  const left = missingOf(rows, counted);
  return isNone(left) ? undefined : { rows: left, gone: {} };
}

/** What went without an answer, the probe having found nothing. */
export const unansweredOf = ({ rows, gone }: Foreseen, counted: Counts): Counts =>
  added(gone, missingOf(rows, counted));

/** What is in the first and not, or not as often, in the second. */
function missingOf(rows: Counts, others: Counts): Counts {
  const missing = Object.entries(rows).map(([place, n]) => [place, n - (others[place] ?? 0)] as const);
  return Object.fromEntries(missing.filter(([, n]) => n > 0));
}

const added = (one: Counts, other: Counts): Counts =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((place) => [
      place,
      (one[place] ?? 0) + (other[place] ?? 0),
    ]),
  );

const isNone = (counts: Counts) => Object.values(counts).every((n) => n === 0);

/** A place is a name in a document, where a dot means something else. */
export const placeName = (place: string): string => place.replaceAll('.', '/');

const byName = (counts: Counts): Counts =>
  added({}, Object.fromEntries(Object.entries(counts).map(([place, n]) => [placeName(place), n])));

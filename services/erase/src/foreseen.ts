import type { Foreseen } from '@keiro/schemas';
import type { Counts } from './connectors/connector.ts';

/*
 * A worker that is killed between a store's answer and the receipt takes the count with it, and so does a connection
 * that breaks there. So what is there is counted and written down before anything goes: what was found before and is
 * gone after was erased by a try whose answer nobody heard. Where the places are too many for one call, page by page.
 */

/** What one try knows of that. Nothing is read or written here. */
export class Foresight {
  /** What an earlier try was about to erase, until this one has looked there. */
  #before: Foreseen | undefined;
  /** What earlier tries erased that is in no receipt yet. */
  #gone: Counts;
  #found: Counts = {};
  #page: { readonly n: number; readonly found: Counts; readonly counted: Counts } | undefined;

  constructor(before?: Foreseen) {
    this.#before = before !== undefined && isNone(before.rows) ? undefined : before;
    this.#gone = before?.gone ?? {};
  }

  /** What is to be written before this page is erased; undefined where no count could be lost that is not written. */
  begin(n: number, present: Counts, counted: Counts): Foreseen | undefined {
    const found = byName(present);
    if (this.#before?.page === n) {
      this.#gone = added(this.#gone, missingOf(this.#before.rows, found));
      this.#before = undefined;
    }
    this.#found = added(this.#found, found);
    this.#page = { n, found, counted };
    // Until this try is where the earlier one was killed, that one's page stays written.
    if (this.#before !== undefined || (isNone(found) && isNone(this.#gone))) return undefined;
    return { page: n, rows: found, gone: added(this.#gone, counted) };
  }

  /** What went without an answer. `isProven`: the probe found nothing, so that whatever was found is gone. */
  unanswered(counted: Counts, isProven: boolean): Counts {
    if (!isProven) return this.#gone;
    return added(added(this.#gone, this.#before?.rows ?? {}), missingOf(this.#found, counted));
  }

  /** What the next try is to compare with, all that is gone being in the receipt; undefined where nobody looked. */
  left(counted: Counts): Foreseen | undefined {
    if (this.#before !== undefined) return { ...this.#before, gone: {} };
    if (this.#page === undefined) return isNone(this.#gone) ? undefined : { page: 0, rows: {}, gone: {} };
    const { n, found, counted: earlier } = this.#page;
    return { page: n, rows: missingOf(found, missingOf(counted, earlier)), gone: {} };
  }
}

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
  Object.fromEntries(Object.entries(counts).map(([place, n]) => [placeName(place), n]));

/**
 * Stamps that sort in the order in which they were drawn, whatever the clock does: the outbox is published in
 * that order. One process draws them; `last` is the newest that is still in the outbox at its start.
 */
export function createStamps(now: () => Date, last = ''): () => string {
  let newest = Number(last.slice(0, digits));
  return () => {
    newest = Math.max(newest + 1, now().getTime() * perMillisecond);
    return String(newest).padStart(digits, '0');
  };
}

/** Enough for microseconds until the year 2286, below 2^53. */
const digits = 16;
const perMillisecond = 1000;

import type { BreakerDocument, Limits } from '@keiro/schemas';

/**
 * A circuit breaker of one holder. Closed, tasks run; after a number of outages in a row it opens, and nothing is tried
 * for a while; then one task tries for all. Pure: the clock is an argument.
 */
export type Breaker = Pick<BreakerDocument, 'state' | 'since' | 'until'>;

/** Whether a task may run: `try` asks for the one trial. */
export function ask(breaker: Breaker | undefined, now: Date): 'go' | 'try' | 'wait' {
  if (breaker === undefined || breaker.state === 'closed') return 'go';
  // One that tries and does not come back is gone with its worker.
  return breaker.until <= now ? 'try' : 'wait';
}

/** One task tries, and has an answer by `until`. */
export const trying = (breaker: Breaker, until: Date): Breaker => ({ ...breaker, state: 'trying', until });

/** The holder answered, whatever it said. */
export const closed = (now: Date): Breaker => ({ state: 'closed', since: now, until: now });

/**
 * After an outage: opened where these are too many in a row, and again where the one that tried met the next; undefined
 * where it stays as it is.
 */
export function afterOutage(
  breaker: Breaker | undefined,
  outages: number,
  now: Date,
  { breaker: rule }: Pick<Limits, 'breaker'>,
): Breaker | undefined {
  const state = breaker?.state ?? 'closed';
  if (state === 'open' || (state === 'closed' && outages < rule.outages)) return undefined;
  const until = new Date(now.getTime() + rule.restSeconds * 1000);
  return { state: 'open', since: state === 'trying' ? (breaker?.since ?? now) : now, until };
}

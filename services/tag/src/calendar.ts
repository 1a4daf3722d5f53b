import { LRUCache } from 'lru-cache';
import { addPeriod, startOf, type Policy, type RetentionStart } from '@keiro/schemas';

/*
 * Calendar arithmetic costs ten times as much as all the rest of tagging, and the answer depends on the day
 * alone: it is worked out once per day and remembered. That is sound because Japan's clocks have stood at +09:00
 * without a change since 1952; what is older is worked out each time.
 */

const dayMs = 86_400_000;
const japanMs = 9 * 3_600_000;
const steadySince = Date.UTC(1952, 3, 28);

const distances = new LRUCache<string, number>({ max: 20_000 });
const starts = new LRUCache<string, number>({ max: 20_000 });

/** First instant of the day in Asia/Tokyo. */
function dayOf(at: Date): number {
  return Math.floor((at.getTime() + japanMs) / dayMs) * dayMs - japanMs;
}

/** {@link addPeriod}, remembered. */
export function later(start: Date, period: string): Date {
  const day = dayOf(start);
  if (day < steadySince) return addPeriod(start, period);
  const name = `${period} ${String(day)}`;
  let distance = distances.get(name);
  if (distance === undefined) {
    distance = addPeriod(new Date(day), period).getTime() - day;
    distances.set(name, distance);
  }
  return new Date(start.getTime() + distance);
}

/** {@link startOf}, remembered. The starts that follow from the time of collection follow from its day. */
export function startFrom(policy: Policy, start: RetentionStart, collectedAt: Date): Date | undefined {
  if (start === 'collection') return collectedAt;
  if (start !== 'books-closed' && start !== 'tax-filing-due') return undefined;
  const name = `${policy.version} ${start} ${String(dayOf(collectedAt))}`;
  let at = starts.get(name);
  if (at === undefined) {
    const worked = startOf(policy, start, collectedAt);
    if (worked === undefined) return undefined;
    at = worked.getTime();
    starts.set(name, at);
  }
  return new Date(at);
}

/** How long a processor is waited for, and how often it is asked meanwhile. Pure. */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A processor that says no time is given as long as the law gives us (APPI 39: 14 days). */
const withoutPromise = 14 * day;
/** After the time that it promised. */
const grace = 7 * day;
const firstPauseMs = 15_000;
const longestPauseMs = hour;

export interface Waited {
  readonly since: Date;
  /** When the processor said that it would be done. */
  readonly expected?: Date;
}

/** When to look again: later the longer it has taken, and not before the time that it promised is near. */
export function lookAgainAt(now: Date, { since }: Waited): Date {
  const pauseMs = (now.getTime() - since.getTime()) / 4;
  return new Date(now.getTime() + Math.min(Math.max(pauseMs, firstPauseMs), longestPauseMs));
}

/** `over`: nobody believes any more that an answer comes by itself. */
export function patienceWith(now: Date, { since, expected }: Waited): 'waiting' | 'late' | 'over' {
  const due = expected?.getTime() ?? since.getTime() + withoutPromise;
  if (now.getTime() <= due) return 'waiting';
  return now.getTime() <= due + grace ? 'late' : 'over';
}

/** In words, for whoever looks at the task. */
export function saysOf(now: Date, status: string, waited: Waited): string {
  const promise = waited.expected === undefined ? '' : `, and promised ${waited.expected.toISOString()}`;
  const late = patienceWith(now, waited) === 'waiting' ? '' : ': late';
  return `the processor says ${status}${promise}${late}`;
}

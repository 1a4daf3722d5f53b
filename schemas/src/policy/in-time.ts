import type { Policies, Policy } from './policy.ts';
import { groupsForPurpose } from './rules.ts';
import type { PurposeId } from './schema.ts';

/* What follows from the day on which a version takes effect (V1). All pure. */

/** Milliseconds since 1970 at which a version's day of effect begins in Japan (L1). */
export const effectiveFrom = ({ effective }: Pick<Policy, 'effective'>): number =>
  Date.parse(`${effective}T00:00:00+09:00`);

/** Milliseconds by which a producer's clock may be ahead of ours. */
export const mostAheadMs = 24 * 3_600_000;

/** Why an event's own time can't be right, in milliseconds since 1970; undefined where it can. */
export function untimely(
  time: number,
  effective: number,
  now: number,
): 'future-time' | 'not-yet-effective' | undefined {
  if (time > now + mostAheadMs) return 'future-time';
  return time < effective ? 'not-yet-effective' : undefined;
}

/**
 * Ids of the groups that a purpose may be served by under any version that has taken effect by then: what was
 * collected under an earlier one is used as that one says, whatever the versions since leave out.
 */
export function groupsInUse(policies: Policies, purpose: string, at: Date): string[] {
  const effective = allOf(policies).filter((policy) => effectiveFrom(policy) <= at.getTime());
  return [...new Set(effective.flatMap((policy) => groupsForPurpose(policy, purpose)))];
}

/**
 * Whether a revision that has taken effect since words the purpose anew, beyond what is reasonably related to what
 * it was (APPI 18(1)): what was collected under the version before may not be used for it until its people agree.
 */
export function isBeyondPurpose(policies: Policies, version: string, purpose: PurposeId, at: Date): boolean {
  const since = allOf(policies).slice(policies.versions.indexOf(version));
  return since.some((after, index) => {
    const before = since[index - 1];
    if (before === undefined || effectiveFrom(after) > at.getTime()) return false;
    return (
      isReworded(before, after, purpose) && after.rules.purposes[purpose].change?.related !== 'reasonably'
    );
  });
}

/** The Japanese text prevails (L2): another English one is no other purpose. */
export const isReworded = (before: Policy, after: Policy, purpose: PurposeId): boolean =>
  before.rules.purposes[purpose].label.ja !== after.rules.purposes[purpose].label.ja;

const allOf = (policies: Policies): Policy[] =>
  policies.versions.flatMap((version) => policies.get(version) ?? []);

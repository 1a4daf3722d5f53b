import { addPeriod, latestStart } from './period.ts';
import type { Policies, Policy } from './policy.ts';

/*
 * When what is in quarantine ends: by the version in force when it is asked, whichever it was when it was set aside, so
 * that an operator who amends the period amends it for all.
 */

/** What an entry's end depends on. */
interface SetAside {
  readonly reason: string;
  readonly at: Date;
}

const periodFor = ({ rules: { quarantine } }: Policy, isErased: boolean): string =>
  isErased ? (quarantine.erased ?? quarantine.period) : quarantine.period;

/** From then on an entry may not be held any more. */
export const quarantineEnd = (policies: Policies, { reason, at }: SetAside, now: Date): Date =>
  addPeriod(at, periodFor(policies.inForce(now), reason === 'erased'));

/** What was set aside at these instants or before has ended by `by`, by the policy in force at `now`. */
export function quarantineCuts(policies: Policies, now: Date, by = now): { erased: Date; others: Date } {
  const policy = policies.inForce(now);
  return {
    erased: latestStart(by, periodFor(policy, true)),
    others: latestStart(by, periodFor(policy, false)),
  };
}

const dayMs = 86_400_000;

/** The last day (`YYYY-MM-DD`, UTC) of which everything that was set aside has ended: its key is needed no more. */
export function lastEndedDay(policies: Policies, now: Date): string {
  const { others } = quarantineCuts(policies, now);
  return new Date(others.getTime() - dayMs).toISOString().slice(0, 10);
}

import { latestStart } from './period.ts';
import type { Policy } from './policy.ts';

/* How long records of our own work are kept, by the version in force when it is asked. */

/** Where a version from before says nothing. */
const shipped = { requests: 'P5Y', sweeps: 'P1Y', auditDetails: 'P3Y' } as const;
export type OwnRecords = keyof typeof shipped;

export const ownRecordsPeriod = ({ rules }: Policy, kind: OwnRecords): string =>
  rules.ownRecords?.[kind].period ?? shipped[kind];

/** What was done, or written, then or before has ended by now. Pure. */
export const ownRecordsCut = (policy: Policy, kind: OwnRecords, now: Date): Date =>
  latestStart(now, ownRecordsPeriod(policy, kind));

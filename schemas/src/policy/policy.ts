import { z } from 'zod';
import { dayInJapan } from './period.ts';
import { checkReferences } from './references.ts';
import { policyRulesShape } from './schema.ts';
import { shippedRules } from './shipped.ts';
import { policyVersions, type PolicyVersionId } from './versions.ts';

/** The rules of a policy, as a company may edit them: every name that is used exists, and nothing is without an end. */
export const policyRulesSchema = policyRulesShape.superRefine(checkReferences);

const dayOrUnknown = z.union([z.iso.date(), z.literal('unknown')]);

/** One version of the policy (V1). */
export const policyVersionSchema = z.strictObject({
  version: z.iso.date(),
  established: z.iso.date(),
  /** The day on which it was made public beforehand, where that is known. */
  announced: dayOrUnknown,
  effective: z.iso.date(),
  /** `unknown`: we don't have the text. A comparison with it answers `unknown`, never `no change`. */
  text: z.enum(['known', 'unknown']),
  /** The version whose rules apply to records collected under this one. */
  rulesOf: z.iso.date(),
  rules: policyRulesSchema,
});
export type Policy = z.infer<typeof policyVersionSchema>;

/** Without a text there are no rules of its own: the newest known ones stand in, so that no record lacks a purpose or an end. */
function version(id: PolicyVersionId, text: Policy['text']): Policy {
  return {
    version: id,
    established: '2015-09-07',
    announced: 'unknown',
    effective: id,
    text,
    rulesOf: '2017-02-02',
    rules: shippedRules,
  };
}

const shippedVersions: Readonly<Record<PolicyVersionId, Policy>> = {
  '2015-09-07': version('2015-09-07', 'unknown'),
  '2016-11-21': version('2016-11-21', 'unknown'),
  '2017-02-02': version('2017-02-02', 'known'),
};

/** The policy in one of its versions, or undefined for one that does not exist. */
export function policy(id: PolicyVersionId): Policy;
export function policy(id: string): Policy | undefined;
export function policy(id: string): Policy | undefined {
  return policyVersions.some((known) => known === id) ? shippedVersions[id as PolicyVersionId] : undefined;
}

/** The version in force at an instant, by the day in Asia/Tokyo. Throws RangeError before the first. */
export function currentVersion(at: Date): PolicyVersionId {
  const day = dayInJapan(at);
  const inForce = policyVersions.findLast((id) => shippedVersions[id].effective <= day);
  if (inForce === undefined) throw new RangeError('no policy was in force at that time');
  return inForce;
}

/** The policy in force at an instant. Throws RangeError before the first. */
export function currentPolicy(at: Date): Policy {
  return policy(currentVersion(at));
}

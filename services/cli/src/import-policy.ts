import {
  addPeriod,
  floorsOf,
  groupRules,
  holds,
  purposesOf,
  retentionOf,
  startOf,
  type ImportConditions,
  type Imported,
  type Labels,
  type Policies,
  type Policy,
} from '@keiro/schemas';
import { reasons } from './import-columns.ts';

/* What the policy says of a row. */

/** V1: the version that was named, else the one in force; the first one for what is older than all. */
export function versionOf(
  named: string | undefined,
  at: Date,
  policies: Policies,
): { readonly policy: Policy; readonly version: Imported['version'] } | Labels {
  const [first = ''] = policies.versions;
  const policy = policies.get(named ?? first);
  if (policy === undefined) return reasons.policy;
  const began = (one: Policy) => Date.parse(`${one.effective}T00:00:00+09:00`);
  if (named !== undefined)
    return began(policy) <= at.getTime() ? { policy, version: 'in-force' } : reasons.policyLater;
  return began(policy) <= at.getTime()
    ? { policy: policies.inForce(at), version: 'in-force' }
    : { policy, version: 'before-first' };
}

/** PM: the first condition that is missing for a group without any purpose. */
export function unruledBy(
  policy: Policy,
  groups: readonly string[],
  conditions: ImportConditions,
): { readonly field: string; readonly reason: Labels } | undefined {
  for (const group of groups) {
    if (purposesOf(policy, group, conditions).length > 0) continue;
    const unmet = (groupRules(policy, group)?.uses ?? []).filter(({ when }) => !holds(when, conditions));
    const asked = unmet.flatMap(({ when }) => Object.keys(when ?? {}));
    const missing = asked.find((field) => !Object.hasOwn(conditions, field));
    return missing === undefined
      ? { field: 'category', reason: reasons.noPurpose }
      : { field: missing, reason: reasons.condition };
  }
  return undefined;
}

/** Of a period that runs from the collection alone, with no law that keeps it: others wait for a fact nobody has told yet. */
export function hasEnded(
  policy: Policy,
  group: string,
  conditions: ImportConditions,
  collected: Date,
  now: Date,
): boolean {
  if (floorsOf(policy, group).length > 0) return false;
  const rule = retentionOf(policy, group, conditions);
  const start = rule && startOf(policy, rule.start, collected);
  return rule !== undefined && start !== undefined && addPeriod(start, rule.period) <= now;
}

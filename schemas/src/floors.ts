import type { GroupTag, RecordDocument } from './documents.ts';
import { closingOf, type KnownOfPerson } from './ends.ts';
import type { Floor } from './kept.ts';
import { addPeriod } from './policy/period.ts';
import type { Policies, Policy } from './policy/policy.ts';
import { floorsOf, groupRules, startOf } from './policy/rules.ts';

/* What a law makes us keep though its person is erased (R4): which groups of fields, until when, and at whom. */

type Tagged = Pick<RecordDocument, '_id' | 'time' | 'scope' | 'policy'>;

/**
 * The floor of a group, where one runs at that moment. What was tagged stands; where nothing was, the policy in force
 * has its say, because a law binds whatever a version said of it. Of several the longest counts, and one whose start
 * is open is longer than any. Pure.
 */
export function floorOf(
  { group, floor }: Pick<GroupTag, 'group' | 'floor'>,
  record: Tagged,
  policies: Policies,
  known: KnownOfPerson,
  now: Date,
): Floor | undefined {
  if (floor?.until !== undefined) return floor.until > now ? floor : undefined;
  // Of what is held for a customer, that customer's books speak (X2).
  if (record.scope.kind !== 'ours') return floor;
  const policy = floor === undefined ? policies.inForce(now) : policies.get(record.policy);
  const running = policy === undefined ? undefined : longest(policy, group, record, known);
  // A law that was named, and whose end nobody can tell any more.
  if (running === undefined) return floor;
  return running.until === undefined || running.until > now ? running : undefined;
}

function longest(policy: Policy, group: string, record: Tagged, known: KnownOfPerson): Floor | undefined {
  let last: (Floor & { readonly until: Date }) | undefined;
  // What holds only in certain years is the operator's to say.
  for (const { law, start, period, onlyIn } of floorsOf(policy, group)) {
    if (onlyIn !== undefined) continue;
    const from = startOf(policy, start, record.time) ?? closingOf(start, record, known)?.time;
    if (from === undefined) return { law, start };
    const until = addPeriod(from, period);
    if (last === undefined || until > last.until) last = { law, until };
  }
  return last;
}

/** Categories of which a law keeps something under some version of the policy: of others nobody has to look. Pure. */
export function flooredCategories(policies: Policies): ReadonlySet<string> {
  const found = new Set<string>();
  for (const version of policies.versions) {
    const categories = Object.entries(policies.get(version)?.rules.categories ?? {});
    for (const [category, { groups }] of categories)
      if (Object.values(groups).some(({ floors }) => floors.length > 0)) found.add(category);
  }
  return found;
}

/** Names of the fields of a group, as the policy has them: `subject` stands for the identifiers themselves. Pure. */
export const fieldsOfGroup = (policy: Policy, group: string): readonly string[] =>
  groupRules(policy, group)?.fields ?? [];

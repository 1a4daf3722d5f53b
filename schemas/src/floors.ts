import { closingOf, type KnownOfPerson } from './ends.ts';
import type { GroupTag, RecordDocument } from './documents.ts';
import type { Category } from './events/index.ts';
import type { ConnectorConfig, Holder } from './holders.ts';
import type { Labels } from './policy/labels.ts';
import { addPeriod } from './policy/period.ts';
import type { Policies, Policy } from './policy/policy.ts';
import { floorsOf, groupRules, startOf } from './policy/rules.ts';

/* What a law makes us keep though its person is erased (R4): which groups of fields, until when, and at whom. */

/** A law that keeps a group; without `until` its period has not begun, and `start` says what it waits for. */
export interface Floor {
  readonly law: string;
  readonly until?: Date;
  readonly start?: string;
}

/** What a deletion leaves of one group of fields, in counts and names. */
export interface KeptGroup extends Floor {
  /** `C5.books`. */
  readonly group: string;
  /** What the policy calls the group, and the floor, for whoever reads of it years later. */
  readonly label: Labels;
  readonly why: Labels;
  readonly records: number;
  /** Who keeps it. Empty: the register has nobody with the duty, so nothing is there to be kept. */
  readonly holders: readonly string[];
}

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

export const categoryOfGroup = (group: string): string => group.slice(0, group.indexOf('.'));

/** Names of the fields of a group, as the policy has them: `subject` stands for the identifiers themselves. Pure. */
export const fieldsOfGroup = (policy: Policy, group: string): readonly string[] =>
  groupRules(policy, group)?.fields ?? [];

type Keeper = Pick<Holder, 'id' | 'kind' | 'categories' | 'purposes' | 'keepsForLaw' | 'replicates'>;

/**
 * Who keeps a group for its floor. What the register says of a holder (`keepsForLaw`) counts. Where it says nothing, the
 * duty is that of our own stores which hold the category for a purpose of the group, and of no one else: a company that
 * delivers our mail has no books of ours to keep, and what a third party must keep is its own matter. A recovery site
 * keeps what a store keeps that replicates to it: it is there to bring that store back. Pure.
 */
export function keepersOf(
  group: Pick<GroupTag, 'group' | 'purposes'>,
  holders: readonly Keeper[],
): readonly string[] {
  const keeps = (holder: Keeper): boolean => {
    if (holder.keepsForLaw !== undefined) return holder.keepsForLaw.includes(group.group);
    return (
      holder.kind === 'store' &&
      holder.categories.includes(categoryOfGroup(group.group) as Category) &&
      holder.purposes.some((purpose) => group.purposes.includes(purpose))
    );
  };
  const own = new Set(holders.filter(keeps).map(({ id }) => id));
  const sites = holders.filter(
    ({ kind, keepsForLaw, replicates = [] }) =>
      kind === 'dr-site' && keepsForLaw === undefined && replicates.some((store) => own.has(store)),
  );
  return [...own, ...sites.map(({ id }) => id)].sort();
}

/**
 * Whether a holder can be told to leave these fields and erase the rest: it has said which of its columns, hashes or
 * objects hold one of them, or can be asked in words. Erasing what it has to keep would be worse than not erasing, so
 * where it can't, a person has to see to it. Pure.
 */
export function canKeep(config: ConnectorConfig, fields: readonly string[]): boolean {
  const maps = (names: Readonly<Record<string, unknown>> = {}) =>
    fields.some((field) => Object.hasOwn(names, field));
  switch (config.kind) {
    case 'mongodb':
      return config.collections.some((one) => maps(one.fields));
    case 'postgresql':
      return config.tables.some((one) => maps(one.fields));
    case 'redis':
      return maps(config.fields);
    case 's3':
      return config.keys.some(({ holds = [] }) => holds.some((field) => fields.includes(field)));
    case 'composite':
      return config.parts.some(({ connector }) => canKeep(connector, fields));
    case 'directive':
    case 'by-hand':
      return true;
    // OpenDSR and Analytics know whole erasures alone.
    case 'http':
    case 'google-analytics':
      return false;
  }
}

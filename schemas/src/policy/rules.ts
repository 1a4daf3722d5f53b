import { addPeriod, endOfFiscalYear } from './period.ts';
import type { GroupRules, Policy, PolicyRules } from './policy.ts';
import { purposeIds, type PurposeId, type RetentionStart, type Use } from './schema.ts';

type RetentionRule = PolicyRules['retention'][string];
type Floor = PolicyRules['floors'][string];

/** What conditions are judged by: an event's readable fields fit as they are. What is missing meets no condition. */
export type Conditions = Readonly<Record<string, unknown>>;

/** Rules of a group (`C1.identity`), or undefined where the policy has none: such a record can't be tagged. */
export function groupRules(policy: Policy, groupId: string): GroupRules | undefined {
  const dot = groupId.indexOf('.');
  const categories: Readonly<
    Partial<Record<string, { readonly groups: Readonly<Record<string, GroupRules>> }>>
  > = policy.rules.categories;
  const groups = categories[groupId.slice(0, dot)]?.groups;
  const name = groupId.slice(dot + 1);
  return groups !== undefined && Object.hasOwn(groups, name) ? groups[name] : undefined;
}

/** Whether every condition of a use is met. */
export function holds(when: Use['when'], conditions: Conditions): boolean {
  if (when === undefined) return true;
  return Object.entries(when).every(([field, wanted]) =>
    Array.isArray(wanted)
      ? (wanted as readonly unknown[]).includes(conditions[field])
      : conditions[field] === wanted,
  );
}

function usesOf(policy: Policy, groupId: string, conditions: Conditions): readonly Use[] {
  return groupRules(policy, groupId)?.uses.filter(({ when }) => holds(when, conditions)) ?? [];
}

/** Purposes for which a group may be used (PM), in the policy's order. Empty: it must not be kept. */
export function purposesOf(policy: Policy, groupId: string, conditions: Conditions = {}): PurposeId[] {
  return [...new Set(usesOf(policy, groupId, conditions).map(({ purpose }) => purpose))];
}

/** How a group may be used for one purpose: every way has conditions of its own. */
export function usesFor(policy: Policy, groupId: string, purpose: string): readonly Use[] {
  return groupRules(policy, groupId)?.uses.filter((use) => use.purpose === purpose) ?? [];
}

/**
 * Ids of the groups that may serve a purpose, under whatever condition: whether it holds is a matter of each record. Unknown
 * purposes, and those of a customer (`entrusted:…`), are served by none.
 */
export function groupsForPurpose(policy: Policy, purpose: string): string[] {
  return Object.entries(policy.rules.categories).flatMap(([category, { groups }]) =>
    Object.entries(groups)
      .filter(([, { uses }]) => uses.some((use) => use.purpose === purpose))
      .map(([name]) => `${category}.${name}`),
  );
}

export function isPurpose(purpose: string): purpose is PurposeId {
  return purposeIds.some((known) => known === purpose);
}

/** A rule by name, as lineage shows it. */
export interface Retention extends RetentionRule {
  readonly id: string;
}

/** A floor by name. */
export interface NamedFloor extends Floor {
  readonly id: string;
}

/** The retention of each purpose for which a group may be used: use for it stops at that rule's end. */
export function retentionByPurpose(
  policy: Policy,
  groupId: string,
  conditions: Conditions = {},
): { purpose: PurposeId; rule: Retention }[] {
  return usesOf(policy, groupId, conditions).map(({ purpose, rule }) => ({
    purpose,
    rule: ruleById(policy, rule),
  }));
}

/**
 * The rule that keeps a group longest: its bytes go at that end, unless a floor keeps them. Compared by the
 * latest end that each can have. Undefined where there is no purpose, and so nothing may be kept.
 */
export function retentionOf(
  policy: Policy,
  groupId: string,
  conditions: Conditions = {},
): Retention | undefined {
  const rules = retentionByPurpose(policy, groupId, conditions).map(({ rule }) => rule);
  return rules.reduce<Retention | undefined>(
    (longest, rule) => (longest === undefined || latestEnd(rule) > latestEnd(longest) ? rule : longest),
    undefined,
  );
}

/** X2: the rule of what is held for a customer. */
export function entrustedRetention(policy: Policy): Retention {
  return ruleById(policy, policy.rules.entrusted.rule);
}

/** Laws that keep a group beyond its retention, whatever is asked. */
export function floorsOf(policy: Policy, groupId: string): NamedFloor[] {
  return (groupRules(policy, groupId)?.floors ?? []).map((id) => {
    const floor = policy.rules.floors[id];
    if (floor === undefined) throw new RangeError(`the policy has no floor ${id}`);
    return { id, ...floor };
  });
}

function ruleById(policy: Policy, id: string): Retention {
  const rule = policy.rules.retention[id];
  if (rule === undefined) throw new RangeError(`the policy has no retention rule ${id}`);
  return { id, ...rule };
}

/** Any day does: only the order of periods is asked for. */
const someDay = new Date(0);

function latestEnd(rule: RetentionRule): number {
  return addPeriod(someDay, rule.cap?.period ?? rule.period).getTime();
}

/**
 * When a period began that follows from the time of collection; undefined while it waits for a fact. A fiscal
 * year's books close with the year, and its tax return is due two months later.
 */
export function startOf(policy: Policy, start: RetentionStart, collectedAt: Date): Date | undefined {
  const closed = () => endOfFiscalYear(collectedAt, policy.rules.fiscalYear.endMonth);
  if (start === 'collection') return collectedAt;
  if (start === 'books-closed') return closed();
  return start === 'tax-filing-due' ? addPeriod(closed(), 'P2M') : undefined;
}

/** When a request that arrived at `receivedAt` must have been answered (R7): 14 calendar days as shipped. */
export function answerDue(policy: Policy, receivedAt: Date): Date {
  return addPeriod(receivedAt, policy.rules.clocks.answer.period);
}

import {
  entrustedRetention,
  floorsOf,
  groupRules,
  purposesOf,
  retentionOf,
  type GroupTag,
  type NamedFloor,
  type Policy,
  type Retention,
  type Scope,
} from '@keiro/schemas';
import { later, startFrom } from './calendar.ts';

/** What the policy says of a group under given conditions. */
export interface Ruling {
  readonly purposes: readonly string[];
  readonly rule: Retention;
  readonly floors: readonly NamedFloor[];
}

/** Rulings of one group, by the values of the readable fields that its conditions look at. */
interface Compiled {
  readonly fields: readonly string[];
  readonly rulings: Map<string, Ruling | undefined>;
}

const compiled = new WeakMap<Policy, Map<string, Compiled>>();

/**
 * Purposes, rule and floors of a group; undefined where the policy has none, so that nothing may be kept (PM).
 * Users whom a customer controls have one purpose and one rule, that customer's (X2). Pure; remembered per
 * policy and per the few values that conditions can have.
 */
export function ruling(
  policy: Policy,
  group: string,
  readable: Readonly<Record<string, unknown>>,
  scope: Scope,
): Ruling | undefined {
  if (scope.kind === 'entrusted') {
    return { purposes: [`entrusted:${scope.tenant}`], rule: entrustedRetention(policy), floors: [] };
  }
  const { fields, rulings } = compiledGroup(policy, group);
  const name = fields.map((field) => String(readable[field])).join('|');
  if (!rulings.has(name)) rulings.set(name, rule(policy, group, readable));
  return rulings.get(name);
}

function compiledGroup(policy: Policy, group: string): Compiled {
  let groups = compiled.get(policy);
  if (groups === undefined) compiled.set(policy, (groups = new Map<string, Compiled>()));
  let known = groups.get(group);
  if (known === undefined) {
    const uses = groupRules(policy, group)?.uses ?? [];
    const fields = [...new Set(uses.flatMap(({ when }) => Object.keys(when ?? {})))];
    groups.set(group, (known = { fields, rulings: new Map() }));
  }
  return known;
}

function rule(
  policy: Policy,
  group: string,
  readable: Readonly<Record<string, unknown>>,
): Ruling | undefined {
  const purposes = purposesOf(policy, group, readable);
  const retention = retentionOf(policy, group, readable);
  if (purposes.length === 0 || retention === undefined) return undefined;
  // What holds only in certain years is the operator's to say; nobody has yet.
  const floors = floorsOf(policy, group).filter(({ onlyIn }) => onlyIn === undefined);
  return { purposes, rule: retention, floors };
}

/** A group's tag: the ruling, with all ends that follow from the time of collection. Pure. */
export function tagGroup(
  policy: Policy,
  group: string,
  { purposes, rule, floors }: Ruling,
  time: Date,
): GroupTag {
  const startAt = startFrom(policy, rule.start, time);
  const floor = latestFloor(policy, floors, time);
  return {
    group,
    purposes,
    rule: rule.id,
    start: rule.start,
    ...(startAt === undefined ? {} : { startAt, end: later(startAt, rule.period) }),
    // A cap that runs from the last use begins with this one; a later use moves it when it is read.
    ...(rule.cap === undefined ? {} : { cap: later(time, rule.cap.period) }),
    ...(floor === undefined ? {} : { floor }),
  };
}

/** Of several laws the one that keeps longest; one whose start is still open may outlast all that are known. */
function latestFloor(policy: Policy, floors: readonly NamedFloor[], time: Date): GroupTag['floor'] {
  let latest: { law: string; until?: Date } | undefined;
  for (const { law, start, period } of floors) {
    const from = startFrom(policy, start, time);
    if (from === undefined) return { law };
    const until = later(from, period);
    if (latest?.until === undefined || until > latest.until) latest = { law, until };
  }
  return latest;
}

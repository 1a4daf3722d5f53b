import {
  effectiveFrom,
  entrustedRetention,
  floorsOf,
  groupRules,
  purposesOf,
  retentionOf,
  type GroupTag,
  type Policy,
  type Scope,
} from '@keiro/schemas';
import { createCalendar, type Ends } from './calendar.ts';

/** What the policy says of a group under given conditions. */
export interface Ruling {
  readonly purposes: readonly string[];
  /** Id of the retention rule, and what its period runs from. */
  readonly rule: string;
  readonly start: string;
  readonly endsOf: (collectedAt: Date) => Ends;
}

type Readable = Readonly<Record<string, unknown>>;

/** One version of the policy, ready to be looked up: every answer is worked out once. */
export interface CompiledPolicy {
  /** Milliseconds since 1970 at which the version's day of effect began in Japan (V1, L1). */
  readonly effectiveFrom: number;
  /**
   * Purposes, rule and floors of a group; undefined where the policy has none, so that nothing may be kept (PM).
   * Users whom a customer controls have one purpose and one rule, that customer's (X2).
   */
  rulingOf(group: string, readable: Readable, scope: Scope): Ruling | undefined;
}

const compiled = new WeakMap<Policy, CompiledPolicy>();

/** The compiled form of a policy, made when it is first asked for. Pure but for remembering. */
export function compiledPolicy(policy: Policy): CompiledPolicy {
  let known = compiled.get(policy);
  if (known === undefined) compiled.set(policy, (known = compile(policy)));
  return known;
}

function compile(policy: Policy): CompiledPolicy {
  const groups = new Map<string, (readable: Readable) => Ruling | undefined>();
  const entrusted = entrustedRetention(policy);
  const endsOfEntrusted = createCalendar({ policy, rule: entrusted, floors: [] });
  return {
    effectiveFrom: effectiveFrom(policy),
    rulingOf(group, readable, scope) {
      if (scope.kind === 'entrusted') {
        const purposes = [`entrusted:${scope.tenant}`];
        return { purposes, rule: entrusted.id, start: entrusted.start, endsOf: endsOfEntrusted };
      }
      let look = groups.get(group);
      if (look === undefined) groups.set(group, (look = compileGroup(policy, group)));
      return look(readable);
    },
  };
}

/** Rulings of one group, by the few values that the readable fields of its conditions can have. */
function compileGroup(policy: Policy, group: string): (readable: Readable) => Ruling | undefined {
  const uses = groupRules(policy, group)?.uses ?? [];
  const fields = [...new Set(uses.flatMap(({ when }) => Object.keys(when ?? {})))];
  const [field] = fields;
  if (field === undefined) {
    const only = ruling(policy, group, {});
    return () => only;
  }
  const rulings = new Map<unknown, Ruling | undefined>();
  const valueOf =
    fields.length === 1
      ? (readable: Readable) => readable[field]
      : (readable: Readable) => JSON.stringify(fields.map((name) => readable[name]));
  return (readable) => {
    const value = valueOf(readable);
    let found = rulings.get(value);
    if (found === undefined) rulings.set(value, (found = ruling(policy, group, readable)));
    return found;
  };
}

function ruling(policy: Policy, group: string, readable: Readable): Ruling | undefined {
  const purposes = purposesOf(policy, group, readable);
  const rule = retentionOf(policy, group, readable);
  if (purposes.length === 0 || rule === undefined) return undefined;
  // What holds only in certain years is the operator's to say; nobody has yet.
  const floors = floorsOf(policy, group).filter(({ onlyIn }) => onlyIn === undefined);
  return { purposes, rule: rule.id, start: rule.start, endsOf: createCalendar({ policy, rule, floors }) };
}

/** A group's tag: the ruling, with all ends that follow from the time of collection. Pure. */
export function tagGroup(group: string, { purposes, rule, start, endsOf }: Ruling, time: Date): GroupTag {
  const { startAt, end, cap, floor } = endsOf(time);
  // Built up in place: this runs for every group of every event, and spreads cost more than all the rest.
  const tag: { -readonly [K in keyof GroupTag]: GroupTag[K] } = { group, purposes, rule, start };
  if (startAt !== undefined) tag.startAt = new Date(startAt);
  if (end !== undefined) tag.end = new Date(end);
  if (cap !== undefined) tag.cap = new Date(cap);
  if (floor !== undefined) {
    const { law, until } = floor;
    tag.floor = until === undefined ? { law } : { law, until: new Date(until) };
  }
  return tag;
}

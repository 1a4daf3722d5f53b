import type { Category } from '../events/define.ts';
import type { Labels } from './labels.ts';
import { dayInJapan } from './period.ts';
import type { SourceOfRule, Use } from './schema.ts';
import type { PolicyFile, PolicyVersion } from './schema-file.ts';

/** Rules of a group, with what its category and the map say for it. */
export interface GroupRules {
  readonly label: Labels;
  readonly fields: readonly string[];
  readonly uses: readonly Use[];
  /** Ids of floors that keep it. */
  readonly floors: readonly string[];
  readonly source: SourceOfRule;
}

export interface CategoryRules {
  readonly label: Labels;
  readonly source: SourceOfRule;
  readonly covers: 'anyone' | 'registered-users';
  /** By the name after the dot of the group's id: `identity` for `C1.identity`. */
  readonly groups: Readonly<Record<string, GroupRules>>;
}

/** What a policy file says besides its versions, as the software looks it up. */
export interface PolicyRules extends Omit<PolicyFile, 'versions' | 'categories'> {
  readonly categories: Readonly<Record<Category, CategoryRules>>;
}

/** One version of the policy with the rules that apply under it (V1, V2). */
export interface Policy extends PolicyVersion {
  readonly rules: PolicyRules;
}

/** Every version of a company's policy. Nothing of a version ever changes; while it is followed, later ones join. */
export interface Policies {
  /** Ids, oldest first. */
  readonly versions: readonly string[];
  /** Undefined for a version that does not exist. */
  get(version: string): Policy | undefined;
  /** The version in force at an instant, by the day in Asia/Tokyo. Throws RangeError before the first. */
  inForce(at: Date): Policy;
  /** The last one, in force or not yet. */
  readonly newest: Policy;
}

/** Puts versions together, oldest first. Throws RangeError where there is none. */
export function createPolicies(given: readonly Policy[]): Policies {
  const all = given.map((policy) => frozen(policy));
  const newest = all.at(-1);
  if (newest === undefined) throw new RangeError('a policy has at least one version');
  const byVersion = new Map(all.map((policy) => [policy.version, policy]));
  return Object.freeze({
    versions: Object.freeze(all.map(({ version }) => version)),
    get: (version: string) => byVersion.get(version),
    inForce(at: Date) {
      const day = dayInJapan(at);
      const current = all.findLast(({ effective }) => effective <= day);
      if (current === undefined) throw new RangeError('no policy was in force at that time');
      return current;
    },
    newest,
  });
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

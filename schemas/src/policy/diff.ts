import { catalogue, eventTypes } from '../events/catalogue.ts';
import type { Category } from '../events/define.ts';
import { isReworded } from './in-time.ts';
import { addPeriod } from './period.ts';
import type { Policy, PolicyRules } from './policy.ts';
import { floorsOf, purposesOf, retentionByPurpose, type Conditions, type Retention } from './rules.ts';
import type { PurposeId } from './schema.ts';

/** Records of one category that are tagged alike, as the store counts them. */
export interface Holding {
  readonly category: Category;
  /** The version under which they were collected. */
  readonly policy: string;
  readonly groups: readonly {
    readonly group: string;
    readonly purposes: readonly string[];
    readonly rule: string;
  }[];
  readonly records: number;
}

/**
 * What a change asks for before the held records may be used so:
 *
 * - `announcement`: the date and the text are published, as for every revision (§9)
 * - `notice`: the purpose is reasonably related; it is notified or published (APPI 17(2), 21(3))
 * - `consent`: it goes beyond that; these records may not be used for it until their people agree (APPI 18(1))
 * - `decision`: nobody has said yet which of the two it is: until then it is as if it went beyond
 */
export type Need = 'announcement' | 'notice' | 'consent' | 'decision';

export type ChangeKind =
  | 'purpose-added'
  | 'purpose-changed'
  | 'purpose-removed'
  | 'end-earlier'
  | 'end-later'
  | 'end-moved'
  | 'floor-added'
  | 'floor-removed';

/** One thing that a revision changes for one field group. */
export interface Change {
  readonly kind: ChangeKind;
  readonly group: string;
  /** Absent for floors, which grant no use. */
  readonly purpose?: PurposeId;
  /** Ids of retention rules or of floors, where they tell something. */
  readonly before?: string;
  readonly after?: string;
  readonly needs: Need;
  /**
   * Records held that it touches. A record does not keep the fields that its conditions were judged by; where its
   * tags leave open what they were, the two numbers differ.
   */
  readonly atLeast: number;
  readonly atMost: number;
}

export type PolicyDiff =
  | { readonly outcome: 'unknown'; readonly because: readonly string[] }
  | {
      readonly outcome: 'known';
      readonly changes: readonly Change[];
      /** Records under the earlier version. */
      readonly records: number;
      /** Of these, what belongs to customers (X2) or was not tagged as the earlier version says: not compared. */
      readonly notCompared: number;
    };

/**
 * What the revision from one version to another changes for records already held (V1). Where the text of either is
 * unknown the answer is `unknown`, never "no change" (V2). Pure.
 */
export function diffPolicies(before: Policy, after: Policy, holdings: readonly Holding[]): PolicyDiff {
  const unknown = [before, after].filter(({ text }) => text === 'unknown').map(({ version }) => version);
  if (unknown.length > 0) return { outcome: 'unknown', because: [...new Set(unknown)] };

  const changes = new Map<string, { change: Omit<Change, 'atLeast' | 'atMost'>; counts: [number, number] }>();
  const count = (change: Omit<Change, 'atLeast' | 'atMost'>, least: number, most: number): void => {
    const { kind, group, purpose = '', before: from = '', after: to = '' } = change;
    const id = [kind, group, purpose, from, to].join('|');
    const known = changes.get(id);
    if (known === undefined) changes.set(id, { change, counts: [least, most] });
    else known.counts = [known.counts[0] + least, known.counts[1] + most];
  };

  let records = 0;
  let notCompared = 0;
  for (const holding of holdings.filter(({ policy }) => policy === before.version)) {
    records += holding.records;
    const situations = situationsOf(holding.category).filter((one) => explains(before, one, holding));
    if (situations.length === 0) {
      notCompared += holding.records;
      continue;
    }
    for (const { group } of holding.groups) {
      const found = situations.map((one) => groupChanges(before, after, group, one));
      for (const change of uniqueOf(found.flat())) {
        const isSure = found.every((list) => list.some((one) => same(one, change)));
        count(change, isSure ? holding.records : 0, holding.records);
      }
    }
  }
  // What nobody is touched by is told too: it is what the revision says.
  for (const category of Object.keys(before.rules.categories) as Category[]) {
    for (const name of Object.keys(before.rules.categories[category].groups)) {
      const all = situationsOf(category).flatMap((one) =>
        groupChanges(before, after, `${category}.${name}`, one),
      );
      for (const change of all) count(change, 0, 0);
    }
  }
  return {
    outcome: 'known',
    records,
    notCompared,
    changes: [...changes.values()].map(({ change, counts: [atLeast, atMost] }) => ({
      ...change,
      atLeast,
      atMost,
    })),
  };
}

type Bare = Omit<Change, 'atLeast' | 'atMost'>;

const same = (a: Bare, b: Bare): boolean =>
  a.kind === b.kind &&
  a.group === b.group &&
  a.purpose === b.purpose &&
  a.before === b.before &&
  a.after === b.after;

function uniqueOf(changes: readonly Bare[]): Bare[] {
  return changes.filter((one, index) => changes.findIndex((other) => same(one, other)) === index);
}

/** Whether records of this situation would have been tagged like the holding. */
function explains(policy: Policy, situation: Conditions, holding: Holding): boolean {
  return holding.groups.every(({ group, purposes }) => {
    const expected: readonly string[] = purposesOf(policy, group, situation);
    return expected.length === purposes.length && expected.every((one) => purposes.includes(one));
  });
}

const cookieKinds = ['session', 'feature', 'analytics'] as const;

/** Every combination of what a category's conditions can be judged by. */
function situationsOf(category: Category): Conditions[] {
  const type = eventTypes.find((one) => catalogue[one].category === category);
  const readable = type === undefined ? [] : catalogue[type].readable;
  const kinds = readable.includes('cookieKind') ? cookieKinds : [undefined];
  const optIns = readable.includes('marketingOptIn') ? [true, false, undefined] : [undefined];
  return kinds.flatMap((cookieKind) =>
    optIns.map((marketingOptIn) => ({
      ...(cookieKind === undefined ? {} : { cookieKind }),
      ...(marketingOptIn === undefined ? {} : { marketingOptIn }),
    })),
  );
}

function groupChanges(before: Policy, after: Policy, group: string, situation: Conditions): Bare[] {
  const old = new Map(retentionByPurpose(before, group, situation).map((one) => [one.purpose, one.rule]));
  const next = new Map(retentionByPurpose(after, group, situation).map((one) => [one.purpose, one.rule]));
  const purposes = [...next].flatMap(([purpose, rule]): Bare[] => {
    const was = old.get(purpose);
    if (was === undefined)
      return [
        { kind: 'purpose-added', group, purpose, after: rule.id, needs: needOf(before, after, purpose) },
      ];
    return [
      ...(isReworded(before, after, purpose)
        ? [{ kind: 'purpose-changed' as const, group, purpose, needs: needOf(before, after, purpose) }]
        : []),
      ...endChange(group, purpose, was, rule),
    ];
  });
  const removed = [...old].flatMap(([purpose, rule]): Bare[] =>
    next.has(purpose)
      ? []
      : [{ kind: 'purpose-removed', group, purpose, before: rule.id, needs: 'announcement' }],
  );
  return [...purposes, ...removed, ...floorChanges(before, after, group)];
}

function endChange(group: string, purpose: PurposeId, was: Retention, rule: Retention): Bare[] {
  const [from, to] = [endOf(was), endOf(rule)];
  if (from.text === to.text) return [];
  const isComparable = was.start === rule.start && was.cap?.from === rule.cap?.from;
  const earlier = to.times.some((time, index) => time < (from.times[index] ?? time));
  const later = to.times.some((time, index) => time > (from.times[index] ?? time));
  const kind = !isComparable || earlier === later ? 'end-moved' : earlier ? 'end-earlier' : 'end-later';
  return [{ kind, group, purpose, before: from.text, after: to.text, needs: 'announcement' }];
}

/** Any day does: only the order of periods is asked for. */
const someDay = new Date(0);

function endOf({ start, period, cap }: Retention): { text: string; times: number[] } {
  const text = cap === undefined ? `${start} ${period}` : `${start} ${period}, ${cap.from} ${cap.period}`;
  const periods = cap === undefined ? [period] : [period, cap.period];
  return { text, times: periods.map((one) => addPeriod(someDay, one).getTime()) };
}

function floorChanges(before: Policy, after: Policy, group: string): Bare[] {
  const old = new Set(floorsOf(before, group).map(({ id }) => id));
  const next = new Set(floorsOf(after, group).map(({ id }) => id));
  const added = [...next].filter((id) => !old.has(id));
  const removed = [...old].filter((id) => !next.has(id));
  return [
    ...added.map((id): Bare => ({ kind: 'floor-added', group, after: id, needs: 'announcement' })),
    ...removed.map((id): Bare => ({ kind: 'floor-removed', group, before: id, needs: 'announcement' })),
  ];
}

function needOf(before: Policy, after: Policy, purpose: PurposeId): Need {
  const { change } = after.rules.purposes[purpose];
  // What stood in the version before was decided of an earlier revision.
  if (change === undefined || isSameDecision(before.rules.purposes[purpose].change, change))
    return 'decision';
  return change.related === 'reasonably' ? 'notice' : 'consent';
}

type Decision = PolicyRules['purposes'][PurposeId]['change'];

const isSameDecision = (one: Decision, other: Decision): boolean =>
  one?.related === other?.related && one?.decidedBy === other?.decidedBy && one?.on === other?.on;

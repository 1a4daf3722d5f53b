import { ProblemError } from '@keiro/runtime';
import {
  groupRules,
  kindOfRef,
  type BreachAnswer,
  type BreachAssess,
  type BreachTally,
  type HolderDocument,
  type Policies,
  type Policy,
  type Ref,
  type SnapshotDocument,
} from '@keiro/schemas';
import type { Cuts } from '@keiro/schemas/claims';
import { classesOf, deadlinesOf, encryptionOf, reportableOf } from './breach-assess.ts';
import { placesOf } from './breach-exposure.ts';
import { breachNotes } from './breach-notes.ts';
import { contactsOf, peopleOf, personsIn, type LoadLinks, type People } from './breach-persons.ts';
import type { BreachStore } from './breach-store.ts';
import type { Counted } from './breach-tally.ts';
import type { ProgressReader } from './progress.ts';
import type { Store } from './store.ts';

export interface BreachDeps {
  readonly store: Pick<Store, 'holders' | 'snapshots'>;
  readonly breaches: BreachStore;
  readonly progress: ProgressReader;
  readonly policies: Policies;
  readonly now: () => Date;
}

/** Refs that several could have are listed up to here. */
const ambiguousLimit = 1000;

/** Who and what a breach concerns, and what the law asks because of it (S1). Reads only. */
export async function assessBreach(deps: BreachDeps, body: BreachAssess): Promise<BreachAnswer> {
  const { breaches, policies } = deps;
  const asOf = deps.now();
  const policy = policies.inForce(asOf);
  const [holders, taken, cuts, progress] = await Promise.all([
    deps.store.holders(),
    deps.store.snapshots(),
    breaches.cuts(),
    deps.progress.read(),
  ]);
  const register = new Map(holders.map((holder) => [holder.id, holder]));
  requireRegistered(body.holders, register);
  const window = { from: new Date(body.from), to: new Date(body.to) };
  const places = placesOf(body, taken.snapshots, window);
  const isSealed = (place: string) => places.topics.has(place) && encryptionOf('topic', body.keys).isExcluded;
  const totals = await breaches.totals(places, isSealed);
  const quarantined = await breaches.quarantined(places);

  const resolve = (counted: Counted) => peopleOf(counted.refs.keys(), breaches.links, cuts);
  const people = await resolve(totals.exposed);
  const exposed = tallyOf(totals.exposed, people);
  const excluded = tallyOf(totals.excluded, await resolve(totals.excluded));
  const tenants: BreachAnswer['tenants'] = [];
  for (const [tenant, counted] of [...totals.tenants].sort(([a], [b]) => (a < b ? -1 : 1)))
    tenants.push({ tenant, ...tallyOf(counted, await resolve(counted)) });

  const classes = classesOf(exposed, body.cause);
  const shared = [...people.shared.keys()].sort();
  return {
    asOf: asOf.toISOString(),
    window: { from: body.from, to: body.to },
    cause: body.cause,
    reportable: reportableOf(classes),
    classes,
    deadlines: deadlinesOf(new Date(body.knownAt), classes, policy),
    exposed,
    excluded,
    tenants,
    places: placeViews(body, register, totals.places),
    countries: countriesOf(body, register),
    snapshots: snapshotViews(
      places.snapshots.flatMap(({ snapshots }) => snapshots),
      totals.snapshots,
      register,
    ),
    ...(await pageOfPersons(people, totals.exposed, body, breaches.links, cuts)),
    ambiguous: { total: shared.length, shown: shared.slice(0, ambiguousLimit) },
    labels: labelsOf([exposed, excluded, ...tenants], policy),
    notes: breachNotes({
      progress,
      quarantined,
      untagged: totals.untagged,
      shared: shared.length,
      exposed,
      excluded,
      tenants: tenants.length,
      snapshotsCut: taken.cut,
    }),
  };
}

function requireRegistered(asked: readonly string[], register: ReadonlyMap<string, HolderDocument>): void {
  const issues = asked.flatMap((id, position) =>
    register.has(id)
      ? []
      : [
          {
            field: `holders.${String(position)}`,
            code: 'unknown',
            message: 'is not a registered holder',
          },
        ],
  );
  if (issues.length > 0)
    throw new ProblemError(400, 'invalid-body', 'the body is not as it should be', issues);
}

const tallyOf = (counted: Counted, people: People): BreachTally => ({
  persons: personsIn(people),
  records: counted.records,
  sensitive: counted.sensitive,
  unattributed: counted.unattributed,
  categories: sorted(counted.categories),
  groups: sorted(counted.groups),
});

const sorted = (counts: ReadonlyMap<string, number>) =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

function placeViews(
  { holders, topics, keys }: BreachAssess,
  register: ReadonlyMap<string, HolderDocument>,
  counts: ReadonlyMap<string, number>,
): BreachAnswer['places'] {
  return [
    ...holders.map((id) => {
      const known = register.get(id);
      return {
        kind: 'holder' as const,
        id,
        ...(known === undefined
          ? {}
          : { holderKind: known.kind, name: { ...known.name }, country: known.country }),
        ...encryptionOf('holder', keys),
        records: counts.get(id) ?? 0,
      };
    }),
    ...topics.map((id) => ({
      kind: 'topic' as const,
      id,
      ...encryptionOf('topic', keys),
      records: counts.get(id) ?? 0,
    })),
  ];
}

const countriesOf = ({ holders }: BreachAssess, register: ReadonlyMap<string, HolderDocument>): string[] =>
  [...new Set(holders.map((id) => register.get(id)?.country).filter((one) => one !== undefined))].sort();

function snapshotViews(
  snapshots: readonly SnapshotDocument[],
  counts: ReadonlyMap<string, number>,
  register: ReadonlyMap<string, HolderDocument>,
): BreachAnswer['snapshots'] {
  return snapshots.flatMap((one) => {
    const records = counts.get(one._id);
    if (records === undefined) return [];
    const country = register.get(one.holder)?.country;
    return [
      {
        holder: one.holder,
        ...(country === undefined ? {} : { country }),
        store: one.store,
        snapshot: one.snapshot,
        takenAt: one.takenAt.toISOString(),
        ...(one.expiresAt === undefined ? {} : { expiresAt: one.expiresAt.toISOString() }),
        mutable: one.mutable,
        records,
      },
    ];
  });
}

/** Persons to tell in order of ref, each with the kinds of contact that there are. */
async function pageOfPersons(
  { persons }: People,
  { refs }: Counted,
  { limit, after = '' }: BreachAssess,
  links: LoadLinks,
  cuts: Cuts,
): Promise<Pick<BreachAnswer, 'persons' | 'page'>> {
  const rest = [...persons.keys()].filter((key) => key > after).sort();
  const shown = rest.slice(0, limit);
  const contacts = await contactsOf(shown, links, cuts);
  const last = shown.at(-1);
  const recordsOf = (key: Ref) =>
    (persons.get(key) ?? []).reduce((sum, ref) => sum + (refs.get(ref) ?? 0), 0);
  return {
    persons: shown.map((key) => ({
      ref: key,
      kind: kindOfRef(key),
      records: recordsOf(key),
      contacts: contacts.get(key) ?? [],
    })),
    page: {
      total: persons.size,
      shown: shown.length,
      ...(last !== undefined && rest.length > shown.length ? { next: last } : {}),
    },
  };
}

function labelsOf(tallies: readonly BreachTally[], policy: Policy): BreachAnswer['labels'] {
  const groups = new Set(tallies.flatMap((tally) => Object.keys(tally.groups)));
  const used = new Set(tallies.flatMap((tally) => Object.keys(tally.categories)));
  return {
    categories: Object.fromEntries(
      Object.entries(policy.rules.categories)
        .filter(([id]) => used.has(id))
        .map(([id, { label }]) => [id, label]),
    ),
    groups: Object.fromEntries(
      [...groups].flatMap((id) => {
        const found = groupRules(policy, id);
        return found === undefined ? [] : [[id, found.label] as const];
      }),
    ),
  };
}

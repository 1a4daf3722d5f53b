import {
  canKeep,
  fieldsOfGroup,
  floorOf,
  floorsOf,
  groupRules,
  keepersOf,
  type Floor,
  type GroupTag,
  type Holder,
  type KeptGroup,
  type KnownOfPerson,
  type Policies,
  type Policy,
  type RecordDocument,
  type TaskKeep,
} from '@keiro/schemas';

/** What a deletion is planned from, as far as laws have a say in it. */
export interface FloorInput {
  /** Of the lives that are erased. */
  readonly records: readonly RecordDocument[];
  readonly holders: readonly Holder[];
  readonly policies: Policies;
  readonly knownOf: (record: RecordDocument) => KnownOfPerson;
}

/** A record as it is when its person is erased: the groups that a floor keeps, with the names of their fields. */
export type Narrowed = Pick<RecordDocument, '_id' | 'ref' | 'generation' | 'groups' | 'present'>;

export interface FloorPlan {
  /** Groups under a floor, those too that nobody keeps. */
  readonly groups: readonly KeptGroup[];
  /** Records of which something is kept, narrowed to that. */
  readonly records: readonly Narrowed[];
  /** By holder: what it leaves. */
  readonly keep: ReadonlyMap<string, TaskKeep>;
  /** Of these holders those that can't be told to leave a part: a person has to see to it. */
  readonly byHand: readonly string[];
}

/** One group of one record under a floor, and who keeps it. */
interface Found {
  readonly record: RecordDocument;
  readonly tag: GroupTag;
  readonly floor: Floor;
  readonly holders: readonly string[];
}

/**
 * What of a person stays when everything else is erased (R4): by field group, with the law, the day and the holders that
 * have the duty. Records and groups of which nobody has it go as any other. The same answers a dry run and the deletion
 * itself. Pure.
 */
export function planFloors(input: FloorInput, now: Date): FloorPlan {
  const { records, holders, policies } = input;
  const policy = policies.inForce(now);
  const found = records.flatMap((record) =>
    record.groups.flatMap((tag) => foundIn(record, tag, input, now) ?? []),
  );
  const kept = found.filter((one) => one.holders.length > 0);
  const fieldsOf = (groups: Iterable<string>) =>
    [...new Set([...groups].flatMap((group) => fieldsOfGroup(policy, group)))].sort();
  const keepers = [...new Set(kept.flatMap((one) => one.holders))].sort();
  const keep = new Map(
    keepers.map((holder): [string, TaskKeep] => {
      const own = kept.filter((one) => one.holders.includes(holder));
      const groups = [...new Set(own.map(({ tag }) => tag.group))].sort();
      const laws = [...new Set(own.map(({ floor }) => floor.law))].sort();
      const ends = lastOf(own.map(({ floor }) => floor));
      return [
        holder,
        { groups, fields: fieldsOf(groups), laws, ...partsOf(holder, holders, keepers), ...ends },
      ];
    }),
  );
  const connectorOf = new Map(holders.map(({ id, connector }) => [id, connector]));
  return {
    groups: groupsOf(found, policy),
    records: narrowedOf(kept, fieldsOf, now),
    keep,
    byHand: [...keep].flatMap(([holder, { fields }]) => {
      const connector = connectorOf.get(holder);
      return connector === undefined || canKeep(connector, fields) ? [] : [holder];
    }),
  };
}

/** A recovery site mirrors stores that keep something, and others that do not. */
function partsOf(
  id: string,
  holders: readonly Holder[],
  keepers: readonly string[],
): { readonly in?: readonly string[] } {
  const holder = holders.find((one) => one.id === id);
  if (holder?.kind !== 'dr-site' || holder.keepsForLaw !== undefined) return {};
  return { in: (holder.replicates ?? []).filter((store) => keepers.includes(store)) };
}

function foundIn(
  record: RecordDocument,
  tag: GroupTag,
  { holders, policies, knownOf }: FloorInput,
  now: Date,
): Found | undefined {
  const floor = floorOf(tag, record, policies, knownOf(record), now);
  return floor === undefined ? undefined : { record, tag, floor, holders: keepersOf(tag, holders) };
}

function groupsOf(found: readonly Found[], policy: Policy): KeptGroup[] {
  const byLaw = new Map<string, Found[]>();
  for (const one of found) {
    const key = `${one.tag.group}\n${one.floor.law}`;
    byLaw.set(key, [...(byLaw.get(key) ?? []), one]);
  }
  return [...byLaw.values()]
    .map((some): KeptGroup => {
      const [{ tag, floor } = { tag: { group: '' }, floor: { law: '' } }] = some;
      const open = some.find((one) => one.floor.until === undefined)?.floor.start;
      return {
        group: tag.group,
        label: groupRules(policy, tag.group)?.label ?? { ja: tag.group, en: tag.group },
        law: floor.law,
        why: floorsOf(policy, tag.group).find(({ law }) => law === floor.law)?.label ?? {
          ja: floor.law,
          en: floor.law,
        },
        records: new Set(some.map(({ record }) => record._id)).size,
        holders: [...new Set(some.flatMap((one) => one.holders))].sort(),
        ...lastOf(some.map((one) => one.floor)),
        ...(open === undefined ? {} : { start: open }),
      };
    })
    .sort((a, b) => (a.group + a.law < b.group + b.law ? -1 : 1));
}

function narrowedOf(
  kept: readonly Found[],
  fieldsOf: (groups: Iterable<string>) => readonly string[],
  now: Date,
): Narrowed[] {
  const byRecord = new Map<string, Found[]>();
  for (const one of kept) byRecord.set(one.record._id, [...(byRecord.get(one.record._id) ?? []), one]);
  return [...byRecord.values()].flatMap((some) => {
    const record = some[0]?.record;
    if (record === undefined) return [];
    const fields = fieldsOf(some.map(({ tag }) => tag.group));
    return [
      {
        _id: record._id,
        ref: record.ref,
        generation: record.generation,
        groups: some.map(({ tag, floor: { law, until } }): GroupTag => {
          const { group, rule, start } = tag;
          // No purpose of ours goes on; what is left is the law's, and ends with it.
          const floor = until === undefined ? { law } : { law, until };
          return { group, purposes: [], rule, start, end: now, floor };
        }),
        present: record.present.filter((name) => fields.includes(name)),
      },
    ];
  });
}

/** The last end; none where one is open, which is later than any. Pure. */
export function lastOf(floors: readonly Floor[]): { readonly until?: Date } {
  const ends = floors.map(({ until }) => until?.getTime() ?? Infinity);
  const last = Math.max(...ends);
  return Number.isFinite(last) ? { until: new Date(last) } : {};
}

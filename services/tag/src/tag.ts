import {
  catalogue,
  recordId,
  sensitiveOf,
  untimely,
  type GroupTag,
  type Imported,
  type Life,
  type LinkDocument,
  type Policy,
  type QuarantineReason,
  type RecordDocument,
  type WireEnvelope,
  type WireValue,
  kindOfRef,
} from '@keiro/schemas';
import { compiledPolicy, tagGroup, type CompiledPolicy } from './rules.ts';

interface Refusal {
  readonly quarantine: { readonly reason: QuarantineReason; readonly detail: string };
}
export type Tagging = { readonly record: RecordDocument; readonly links: readonly LinkDocument[] } | Refusal;

/**
 * What lineage keeps of a collected event: its record, tagged group by group with purposes and ends under the
 * policy of its time (C1–C7, PM, V1), and the links that it shows (D1). All that it looks at stands outside the
 * sealed blobs. Pure.
 *
 * An event of which no group is sealed says all the same that somebody did something, so it is tagged as if all
 * groups of its type were there: no record is without a purpose and an end.
 */
export function tag(
  envelope: WireEnvelope,
  wire: WireValue,
  position: RecordDocument['position'],
  policy: Policy | undefined,
  now: Date,
  imported?: Imported,
): Tagging {
  const [primary] = wire.refs;
  if (primary === undefined) return setAside('malformed', 'refs: is empty');
  if (wire.sealedUnder === 'quarantine')
    return setAside('erased', 'it was sealed when the person was erased');
  if (policy === undefined) return setAside('untaggable', 'policyversion: is no version of the policy');

  const { category, groups: all } = catalogue[envelope.type];
  const time = new Date(envelope.time);
  const rules = compiledPolicy(policy);
  // What is older than any policy has the first one: the record says so.
  const effectiveFrom = imported?.version === 'before-first' ? -Infinity : rules.effectiveFrom;
  const refused = untimelyOf(time, { effectiveFrom }, now);
  if (refused !== undefined) return refused;
  const flags = sensitiveOf(wire.readable);
  if (flags?.inOrder === false && wire.scope.kind === 'ours')
    return setAside('untaggable', 'sensitive: not given by the person, and no consent is named (APPI 2(3))');

  const present = wire.sealed.length > 0 ? wire.sealed.map(({ group }) => group) : all.map(({ id }) => id);
  const groups: GroupTag[] = [];
  for (const group of present) {
    const ruled = rules.rulingOf(group, wire.readable, wire.scope);
    if (ruled === undefined)
      return setAside('untaggable', `the policy gives no purpose to group ${group} of this event`);
    groups.push(tagGroup(group, ruled, time));
  }

  const record: RecordDocument = {
    _id: recordId(primary, envelope.source, envelope.id),
    ref: primary.ref,
    generation: primary.generation,
    refs: wire.refs,
    type: envelope.type,
    category,
    groups,
    present: wire.present,
    scope: wire.scope,
    ...(flags === undefined ? {} : { sensitive: flags.sensitive }),
    site: wire.site,
    source: envelope.source,
    policy: policy.version,
    time,
    ...(imported === undefined ? {} : { imported }),
    taggedAt: now,
    position,
    digest: wire.digest,
  };
  return { record, links: linksOf(primary, wire.refs, record._id, now) };
}

const untimelyDetails = {
  'future-time': 'time: is more than 24 hours ahead of ours',
  'not-yet-effective': 'policyversion: took effect only after this time',
} as const;

/** Of an event or fact whose own time can't be right; undefined where it can. Pure. */
export function untimelyOf(
  time: Date,
  { effectiveFrom }: Pick<CompiledPolicy, 'effectiveFrom'>,
  now: Date,
): Refusal | undefined {
  const reason = untimely(time.getTime(), effectiveFrom, now.getTime());
  return reason === undefined ? undefined : setAside(reason, untimelyDetails[reason]);
}

/**
 * A star from the primary ref to each other one, both ways: enough to find a person from any of them. A source
 * and a day (`unattributed`) are nobody, and link nothing.
 */
export function linksOf(primary: Life, refs: readonly Life[], record: string, at: Date): LinkDocument[] {
  if (kindOfRef(primary.ref) === 'unattributed') return [];
  const from = primary.ref;
  const links: LinkDocument[] = [];
  for (const [index, { ref: to }] of refs.entries()) {
    const isRepeated = refs.findIndex(({ ref }) => ref === to) < index;
    if (to === from || isRepeated || kindOfRef(to) === 'unattributed') continue;
    links.push(
      { _id: `${from}|${to}`, from, to, record, at },
      { _id: `${to}|${from}`, from: to, to: from, record, at },
    );
  }
  return links;
}

function setAside(reason: QuarantineReason, detail: string): Refusal {
  return { quarantine: { reason, detail } };
}

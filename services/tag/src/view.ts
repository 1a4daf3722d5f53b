import {
  quarantineAddress,
  quarantineEnd,
  quarantineReasonLabels,
  type Policies,
  type QuarantineDocument,
  type QuarantineEntry,
} from '@keiro/schemas';

/** An entry as the interface shows it, without what is sealed in it. Pure. */
export function entryOf(entry: QuarantineDocument, policies: Policies, asOf: Date): QuarantineEntry {
  const { _id, by, reason, detail, topic, partition, offset, type, ref, record, at, settled } = entry;
  const { why, next } = quarantineReasonLabels[reason];
  return {
    asOf: asOf.toISOString(),
    id: quarantineAddress(_id),
    state: settled?.state ?? 'held',
    by,
    reason,
    why,
    ...(settled === undefined ? { next } : {}),
    detail,
    topic,
    partition,
    offset,
    ...(type === undefined ? {} : { type }),
    ...(ref === undefined ? {} : { ref }),
    ...(record === undefined ? {} : { record }),
    at: at.toISOString(),
    ...(settled === undefined ? { endsAt: quarantineEnd(policies, entry, asOf).toISOString() } : {}),
    ...(settled === undefined ? {} : { settled: settledOf(settled) }),
  };
}

function settledOf(
  settled: NonNullable<QuarantineDocument['settled']>,
): NonNullable<QuarantineEntry['settled']> {
  const { at, by } = settled;
  const when = { at: at.toISOString(), by };
  if (settled.state === 'released') return { ...when, became: settled.became };
  if (settled.state === 'expired') return when;
  return { ...when, reason: settled.reason, ...(settled.note === undefined ? {} : { note: settled.note }) };
}

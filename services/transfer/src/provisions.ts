import {
  carryingConsent,
  provisionDigest,
  provisionId,
  seriesOf,
  subjectOf,
  type AuditEntry,
  type Provision,
  type ProvisionDocument,
  type Ref,
} from '@keiro/schemas';
import type { Judged } from './judge.ts';

/** What is known when something is recorded. */
interface Given {
  readonly refs: readonly Ref[];
  readonly at: Date;
  readonly by: string;
}

/** A provision that may be recorded, before it is sealed who it is about. Pure. */
export function documentOf(
  one: Provision,
  judged: Judged | undefined,
  { refs, at, by }: Given,
): ProvisionDocument {
  const series = seriesOf(one);
  const common = {
    _id: provisionId(one),
    act: one.id,
    subject: subjectOf(one),
    refs,
    at: new Date(one.at),
    recordedAt: at,
    by,
    keeping: one.keeping,
    ...(series === undefined ? {} : { series }),
    digest: provisionDigest(one),
  };
  if (one.direction === 'received') return { ...common, ...receivedPart(one) };
  if (judged?.verdict.allowed !== true) throw new TypeError('what is provided was not judged, or refused');
  const { verdict, holder, consents } = judged;
  const { groups, purpose } = one.transfer;
  // A consent is on record where the provision rests on it.
  const consent =
    holder !== undefined && verdict.record.kind !== 'none' && verdict.record.items.includes('consent')
      ? carryingConsent(consents, holder, at)
      : undefined;
  return {
    ...common,
    direction: 'provided',
    party: {
      id: one.transfer.holder,
      name: holder?.name ?? { ja: one.transfer.holder, en: one.transfer.holder },
      ...(holder === undefined ? {} : { country: holder.country }),
    },
    purpose,
    groups,
    basis: verdict.basis,
    ...(verdict.beside === undefined ? {} : { beside: verdict.beside }),
    side: verdict.side,
    articles: verdict.articles,
    record: verdict.record,
    ...(consent?.consent === undefined
      ? {}
      : { consent: { wording: consent.consent.wording, means: consent.consent.means, at: consent.time } }),
  };
}

/** APPI 30: who gave it, how that party had acquired it, of whom, what, when. */
function receivedPart({ from, acquired, groups }: Extract<Provision, { direction: 'received' }>) {
  return {
    direction: 'received' as const,
    party: { name: { ja: from, en: from } },
    groups,
    acquired,
    articles: ['APPI 30'],
    record: {
      kind: 'provision' as const,
      articles: ['APPI 30'],
      items: ['date', 'recipient', 'person', 'items'] as const,
      recipientRecordsToo: false,
    },
  };
}

/** That it was recorded, or that nothing had to be. Its id follows from the provision. Pure. */
export function recordedEntry(document: ProvisionDocument): AuditEntry {
  const { _id, direction, party, purpose, basis, subject, record, recordedAt, by } = document;
  return {
    _id: `provision/${_id}/recorded`,
    at: recordedAt,
    by,
    action: record.kind === 'none' ? 'provision.none' : 'provision.recorded',
    about: [subject.ref, _id],
    detail: {
      direction,
      ...(party.id === undefined ? {} : { holder: party.id }),
      ...(purpose === undefined ? {} : { purpose }),
      ...(basis === undefined ? {} : { basis }),
      record: record.kind,
      ...(record.kind === 'none' ? { reason: record.reason } : {}),
    },
  };
}

import {
  receiptTree,
  type Certificate,
  type CertificateContent,
  type CertifiedReceipt,
  type RestReceipt,
} from '@keiro/schemas';
import { numberOf, outcomeOfErasure, snapshotsAfter, untilOf, type Proven } from './certify.ts';

/**
 * The certificate that closes what a floor had kept (R4): of the holders that had left something the receipts say now
 * what became of that, all else is as it was. Images that were taken of it meanwhile are listed. Pure.
 */
export function certifyRest(
  latest: Certificate,
  proven: Pick<Proven, 'snapshots' | 'heldSince' | 'sealedIn'> & { readonly rest: readonly RestReceipt[] },
  issuedAt: Date,
): Pick<Certificate, 'content' | 'receipts'> {
  const { content } = latest;
  const byHolder = new Map(proven.rest.map((one) => [one.holder, one]));
  const receipts = latest.receipts.map(({ receipt }) => {
    const rest = byHolder.get(receipt.holder);
    return rest === undefined ? receipt : added(receipt, rest);
  });
  const tree = receiptTree(receipts);
  const probes = receipts.flatMap(({ holder, probe }) => (probe === undefined ? [] : [{ holder, probe }]));
  const snapshots = snapshotsAfter(
    { ...proven, probedAt: (holder) => probes.find((one) => one.holder === holder)?.probe.at },
    issuedAt,
  );
  const { kept: _kept, snapshotsUntil: _until, ...rest } = content;
  const closed: CertificateContent = {
    ...rest,
    ...numberOf(content.request, { certificate: latest, because: 'floor-ended' }),
    closes: content.id,
    issuedAt: issuedAt.toISOString(),
    outcome: outcomeOfErasure(receipts, snapshots, []),
    snapshots,
    ...untilOf(snapshots),
    receipts: { count: receipts.length, root: tree.root },
    sealedIn: proven.sealedIn,
  };
  return { content: closed, receipts: tree.receipts };
}

/** Counts add up; what was left for a floor is left no more. Pure. */
function added(receipt: CertifiedReceipt, rest: RestReceipt): CertifiedReceipt {
  const places = { ...receipt.places };
  for (const [place, n] of Object.entries(rest.detail)) places[place] = (places[place] ?? 0) + n;
  const { remains: before = [], ...same } = receipt;
  const remains = before.filter(({ why }) => why !== 'kept');
  const affected = receipt.affected + rest.affected;
  const { sweptAt, probe } = rest;
  return {
    ...same,
    affected,
    places,
    attempts: receipt.attempts + rest.attempts,
    ...(remains.length > 0 ? { remains, outcome: 'remains' as const } : {}),
    ...(remains.length === 0 && receipt.outcome !== 'told'
      ? { outcome: affected > 0 ? ('erased' as const) : ('nothing-held' as const) }
      : {}),
    ...(sweptAt === undefined ? {} : { sweptAt: sweptAt.toISOString() }),
    ...(probe === undefined ? {} : { probe: { at: probe.at.toISOString(), found: probe.found } }),
    doneAt: rest.doneAt.toISOString(),
  };
}

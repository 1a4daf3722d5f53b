import { canonicalJson } from './canonical.ts';
import { receiptLeaf, type Certificate, type CertificateContent } from './certificate.ts';
import { rootBy } from './merkle.ts';

/** One thing that was looked at, and whether it is in order. */
export interface CertificateFinding {
  /** `signature`, `content`, or the part of a receipt, with its holder. */
  readonly part: 'signature' | 'content' | 'receipts' | 'receipt' | 'leaf' | 'proof' | 'claim';
  readonly holder?: string;
  readonly ok: boolean;
  readonly message: string;
}

/**
 * Everything that can be said about a certificate whose signature was looked at already.
 *
 * @param signed the text that the signature is good for; undefined where it is good for none
 */
export function checkCertificate(
  { content, receipts }: Certificate,
  signed: string | undefined,
): CertificateFinding[] {
  return [
    {
      part: 'signature',
      ok: signed !== undefined,
      message: signed === undefined ? 'is not of this key, or was changed' : 'is of this key',
    },
    ...(signed === undefined ? [] : [contentFinding(content, signed)]),
    {
      part: 'receipts',
      ok: receipts.length === content.receipts.count,
      message: `has ${String(receipts.length)} of ${String(content.receipts.count)} receipts`,
    },
    ...receipts.flatMap((one, index) => receiptFindings(one, index, content)),
    ...claimFindings(content, receipts),
  ];
}

function contentFinding(content: CertificateContent, signed: string): CertificateFinding {
  if (canonicalJson(content) === signed) return { part: 'content', ok: true, message: 'is what was signed' };
  const original = JSON.parse(signed) as Record<string, unknown>;
  const shown = content as Readonly<Record<string, unknown>>;
  const changed = [...new Set([...Object.keys(original), ...Object.keys(shown)])]
    .filter((name) => canonicalJson([original[name]]) !== canonicalJson([shown[name]]))
    .sort();
  return { part: 'content', ok: false, message: `differs from what was signed in: ${changed.join(', ')}` };
}

function receiptFindings(
  { receipt, leaf, proof }: Certificate['receipts'][number],
  index: number,
  content: CertificateContent,
): CertificateFinding[] {
  const { count, root } = content.receipts;
  const { holder } = receipt;
  const own = receiptLeaf(receipt);
  const leads = (from: string) => rootBy(from, index, count, proof) === root;
  const finding = (part: CertificateFinding['part'], message: string) => [
    { part, holder, ok: false, message },
  ];
  if (own === leaf && leads(leaf))
    return [{ part: 'receipt', holder, ok: true, message: 'is one of those that were signed' }];
  if (own === leaf) return finding('proof', 'does not lead to the root that was signed');
  if (leads(leaf)) return finding('receipt', 'is not what was signed');
  if (leads(own)) return finding('leaf', 'is not the hash of its receipt');
  return finding('receipt', 'is not what was signed, and its leaf and proof lead nowhere');
}

/** Invariant 5: "erased" is never said while a probe is missing or found something. */
function claimFindings(
  { outcome, snapshots, kept }: CertificateContent,
  receipts: Certificate['receipts'],
): CertificateFinding[] {
  if (outcome !== 'erased' && outcome !== 'erased-snapshots' && outcome !== 'erased-kept') return [];
  const unproven = receipts
    .map(({ receipt }) => receipt)
    .filter(({ probe, told }) => (probe === undefined ? told === undefined : probe.found > 0));
  const isKept = outcome === 'erased-kept';
  const says = isKept || (outcome === 'erased' ? snapshots.length === 0 : snapshots.length > 0);
  return [
    ...unproven.map(({ holder }) => ({
      part: 'claim' as const,
      holder,
      ok: false,
      message: 'is called erased without a probe that found nothing',
    })),
    ...(says
      ? []
      : [
          {
            part: 'claim' as const,
            ok: false,
            message: `${outcome} and its snapshots contradict each other`,
          },
        ]),
    ...(isKept === (kept !== undefined)
      ? []
      : [
          { part: 'claim' as const, ok: false, message: `${outcome} and what is kept contradict each other` },
        ]),
  ];
}

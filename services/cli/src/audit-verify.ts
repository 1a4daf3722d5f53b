import { verifyCertificate } from '@keiro/runtime/evidence/jws';
import {
  believedKeys,
  checkChain,
  digestOf,
  type AuditLine,
  type Certificate,
  type ChainFault,
  type SigningKey,
} from '@keiro/schemas';
import type { AuditSource } from './audit-source.ts';

export interface AuditFault extends Pick<ChainFault, 'segment' | 'message'> {
  readonly code: ChainFault['code'] | 'certificate-missing' | 'certificate-broken' | 'certificate-changed';
  /** Id of an entry. */
  readonly entry?: string;
  /** Id of a certificate. */
  readonly certificate?: string;
}

export interface AuditVerdict {
  readonly segments: number;
  readonly entries: number;
  readonly detailsExpired: number;
  readonly certificates: number;
  /** How many segments are compared with a head that is held outside the store. */
  readonly heads: number;
  /** In order: the first one is the first thing that is broken. */
  readonly faults: readonly AuditFault[];
}

/**
 * Walks everything: chain, signatures, roots, every entry against its leaf, every certificate against its entry, and the
 * heads that are held outside the store.
 *
 * @param trusted keys that the caller believes; those that they endorsed, one after the other, are believed too
 */
export async function verifyAudit(
  source: AuditSource,
  trusted: readonly Pick<SigningKey, 'keyId' | 'x'>[],
  heads: ReadonlyMap<number, string>,
  onSegment: (number: number) => void = () => undefined,
): Promise<AuditVerdict> {
  const published = await source.keys();
  const keys = believedKeys(trusted, published.keys);
  const check = checkChain(keys, heads, source.before);
  const faults: AuditFault[] = [];
  let certificates = 0;
  for await (const answer of source.segments()) {
    const { segment, entries } = answer;
    faults.push(...check.next(segment, entries));
    const found = new Map((await source.certificates(answer)).map((one) => [one.content.id, one]));
    for (const entry of entries.filter(({ action }) => action === 'certificate.issued')) {
      certificates += 1;
      faults.push(...(await certificateFaults(segment.head.number, entry, found, keys)));
    }
    onSegment(segment.head.number);
  }
  return { ...check.counted, certificates, heads: heads.size, faults: [...faults, ...check.end()] };
}

async function certificateFaults(
  segment: number,
  { about: [id = ''] = [], detail }: AuditLine,
  found: ReadonlyMap<string, Certificate>,
  keys: ReadonlyMap<string, string>,
): Promise<AuditFault[]> {
  const fault = (code: AuditFault['code'], message: string) => [{ code, segment, certificate: id, message }];
  const certificate = found.get(id);
  if (certificate === undefined) return fault('certificate-missing', 'was issued and is gone');
  const broken = (await verifyCertificate(certificate, keys)).find(({ ok }) => !ok);
  if (broken !== undefined) {
    const what = broken.holder === undefined ? broken.part : `${broken.part} of ${broken.holder}`;
    return fault('certificate-broken', `${what} ${broken.message}`);
  }
  return detail === undefined || detail['digest'] === digestOf(certificate)
    ? []
    : fault('certificate-changed', 'is not the one whose issue was sealed');
}

import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import {
  certificateId,
  detailDigestOf,
  draftSegment,
  headOf,
  keyIdOf,
  receiptTree,
  signedText,
  type AuditLine,
  type Certificate,
  type CertificateContent,
  type CertifiedReceipt,
  type ChainHead,
  type Segment,
} from '@keiro/schemas';
import { signCertificate } from '@keiro/runtime/evidence/jws';

/** A key that signs evidence, as `keys` has one. */
export interface TestKey {
  readonly keyId: string;
  readonly x: string;
  readonly key: KeyObject;
}

export function newKey(): TestKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = privateKey.export({ format: 'jwk' });
  return { keyId: keyIdOf(x), x, key: privateKey };
}

export const believed = (...keys: readonly TestKey[]): Map<string, string> =>
  new Map(keys.map(({ keyId, x }) => [keyId, x]));

const day = Date.UTC(2026, 3, 1);

export function auditLine(n: number, more: Partial<AuditLine> = {}): AuditLine {
  const detail = more.detail ?? { holder: 'crm', affected: n };
  return {
    id: `req-${String(n)}/done`,
    at: new Date(day + n * 1000).toISOString(),
    by: 'request',
    action: 'request.done',
    request: `req-${String(n)}`,
    detail,
    detailDigest: detailDigestOf(detail),
    ...more,
  };
}

/** What a verifier is given of one segment. */
export interface Sealed {
  segment: Segment;
  entries: AuditLine[];
}

/** A chain of segments with so many entries each. */
export function chainOf(sizes: readonly number[], key: TestKey): Sealed[] {
  let before: ChainHead | undefined;
  let n = 0;
  return sizes.map((size, index) => {
    const entries = Array.from({ length: size }, () => auditLine((n += 1)));
    const draft = draftSegment(entries, before, new Date(day + (index + 1) * 3_600_000));
    const segment = { ...draft, ...signSegment(draft, key) };
    before = headOf(segment);
    return { segment, entries: entries.map((entry) => ({ ...entry, segment: index + 1 })) };
  });
}

export function signSegment({ head }: Pick<Segment, 'head'>, { keyId, key }: TestKey) {
  return { keyId, signature: sign(null, Buffer.from(signedText(head, keyId)), key).toString('base64url') };
}

export function receiptAt(holder: string, more: Partial<CertifiedReceipt> = {}): CertifiedReceipt {
  return {
    holder,
    name: { ja: `${holder}ストア`, en: holder },
    kind: 'store',
    country: 'JP',
    directive: 'erase',
    outcome: 'erased',
    affected: 2,
    places: { people: 2 },
    attempts: 1,
    sweptAt: '2026-04-01T03:00:00.000Z',
    probe: { at: '2026-04-01T03:00:01.000Z', found: 0 },
    doneAt: '2026-04-01T03:00:01.000Z',
    ...more,
  };
}

export async function signedCertificate(
  receipts: readonly CertifiedReceipt[],
  key: TestKey,
  more: Partial<CertificateContent> = {},
): Promise<Certificate> {
  const tree = receiptTree(receipts);
  const content: CertificateContent = {
    format: 'keiro-certificate/1',
    id: certificateId('req-1', 1),
    number: 1,
    request: 'req-1',
    type: 'deletion',
    ground: 'policy',
    purposes: [],
    receivedAt: '2026-04-01T02:00:00.000Z',
    dueAt: '2026-04-15T14:59:59.999Z',
    doneAt: '2026-04-01T03:00:02.000Z',
    inTime: true,
    issuedAt: '2026-04-01T03:00:05.000Z',
    identifiers: 2,
    shared: 0,
    outcome: 'erased',
    snapshots: [],
    receipts: { count: receipts.length, root: tree.root },
    sealedIn: { segment: 1, hash: 'A'.repeat(43) },
    ...more,
  };
  return { content, receipts: tree.receipts, signature: await signCertificate(content, key) };
}

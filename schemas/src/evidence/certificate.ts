import { z } from 'zod';
import { holderIdSchema } from '../custody.ts';
import type { Labels } from '../policy/labels.ts';
import { keptGroupSchema } from '../request-api.ts';
import { canonicalJson } from './canonical.ts';
import { hashSchema } from './hashes.ts';
import { leafHash, proofOf, rootOf } from './merkle.ts';

/** What a holder's answer came to. `told`: no control; it is no proof of erasure (invariant 5). */
export const receiptOutcomes = [
  'erased',
  /** Something was left on purpose: for a law, under a lock, or under a pseudonym. That is not erased. */
  'remains',
  'nothing-held',
  'told',
  'flagged',
  'corrected',
  'exported',
  'unsupported',
  'ended',
] as const;

/** One holder's answer, as a certificate holds it. No personal value; names of places are the holder's own tables. */
export const certifiedReceiptSchema = z.strictObject({
  holder: holderIdSchema,
  name: z.strictObject({ ja: z.string(), en: z.string() }),
  kind: z.string(),
  country: z.string(),
  directive: z.enum(['erase', 'suspend', 'resume', 'correct', 'export']),
  outcome: z.enum(receiptOutcomes),
  /** Rows, keys or messages, over all attempts. */
  affected: z.int(),
  /** Of these, found before a try whose answer was lost, and gone after. */
  unanswered: z.int().optional(),
  places: z.record(z.string(), z.int()),
  attempts: z.int(),
  sweptAt: z.iso.datetime().optional(),
  /** A second look, at the holder, that found nothing. */
  probe: z.strictObject({ at: z.iso.datetime(), found: z.int() }).optional(),
  /** Up to when its data end, by its own word, and how many identifiers it was told. */
  told: z.strictObject({ at: z.iso.datetime(), identifiers: z.int() }).optional(),
  /** What was left on purpose, by place. */
  remains: z.array(z.strictObject({ place: z.string(), why: z.string(), rows: z.int() })).optional(),
  /** Said by a holder that could not do what was asked. */
  unsupported: z.string().optional(),
  doneAt: z.iso.datetime(),
});
export type CertifiedReceipt = z.infer<typeof certifiedReceiptSchema>;

/**
 * What a request came to. `erased`: a probe found nothing at every holder where one can look. `erased-snapshots`:
 * that, and snapshots that nobody can change hold it until the last of them ends. `told`: no holder could be looked at.
 * `erased-kept`: erased but for what a law makes us keep, which is listed with the day it ends (R4); snapshots may hold
 * the rest besides. `remains`: a holder left something on purpose. `answered`: what was asked was answered, or set right and read back.
 * `in-force`: a suspension or a resume is in force where data are read. `returned`: what a holder had without a basis is
 * gone there. `ended`: something else made it pointless. `refused`, `withdrawn`: nothing was done.
 */
export const certificateOutcomes = [
  'erased',
  'erased-snapshots',
  'erased-kept',
  'remains',
  'told',
  'answered',
  'in-force',
  'returned',
  'ended',
  'refused',
  'withdrawn',
] as const;

/**
 * Why there is a further certificate. `late-report`: a holder had again what was erased. `snapshots-ended`: the last of
 * those that still held it. `floor-ended`: what a law kept was erased too.
 */
export const supersedingReasons = ['late-report', 'snapshots-ended', 'floor-ended'] as const;
export type SupersedingReason = (typeof supersedingReasons)[number];

export const supersedingLabels = {
  'late-report': {
    ja: '消去の確認後に、保有者が再び保有していることが分かったため',
    en: 'a holder was found to have again what had been erased',
  },
  'snapshots-ended': {
    ja: '残っていたスナップショットがすべて終了したため',
    en: 'the last of the snapshots that still held it has ended',
  },
  'floor-ended': {
    ja: '法令による保存期間が終了し、残りを消去したため',
    en: 'what a law kept has come to its end and was erased',
  },
} as const satisfies Record<SupersedingReason, Labels>;

/** A snapshot that still holds what was erased. */
export const heldSnapshotSchema = z.strictObject({
  holder: holderIdSchema,
  store: holderIdSchema,
  snapshot: z.string(),
  takenAt: z.iso.datetime(),
  /** Absent: its end was not reported. */
  until: z.iso.datetime().optional(),
});
export type HeldSnapshot = z.infer<typeof heldSnapshotSchema>;

/** What is signed. */
export const certificateContentSchema = z.strictObject({
  format: z.literal('keiro-certificate/1'),
  id: z.string(),
  /** From 1; each further one supersedes the one before. */
  number: z.int().min(1),
  /** Id of the certificate that this one closes: its snapshots, or what a law kept, have ended. */
  closes: z.string().optional(),
  /** The certificate before it, which stays genuine and is no longer the last word. */
  supersedes: z
    .strictObject({ id: z.string(), digest: hashSchema, because: z.enum(supersedingReasons) })
    .optional(),
  request: z.string(),
  type: z.string(),
  /** What granted it: a law, or the policy's own promise. */
  ground: z.string(),
  /** Of a suspension or a resume; `all` for every purpose. */
  purposes: z.array(z.string()),
  receivedAt: z.iso.datetime(),
  /** 14 calendar days after arrival, Asia/Tokyo (R7, APPI 39). */
  dueAt: z.iso.datetime(),
  doneAt: z.iso.datetime(),
  inTime: z.boolean(),
  issuedAt: z.iso.datetime(),
  /** How many identifiers were the person's own, and how many were left alone because others share them. */
  identifiers: z.int(),
  shared: z.int(),
  outcome: z.enum(certificateOutcomes),
  snapshots: z.array(heldSnapshotSchema),
  /** When the last of the snapshots ends; absent where there is none, or the end of one is not known. */
  snapshotsUntil: z.iso.datetime().optional(),
  /** When backups end that still hold the destroyed keys, wrapped: with the key-encryption key. */
  keyBackupsUntil: z.iso.datetime().optional(),
  /** What a law makes us keep, and until when; a further certificate closes it. */
  kept: z.array(keptGroupSchema).min(1).optional(),
  receipts: z.strictObject({ count: z.int(), root: hashSchema }),
  /** The segment of the audit chain in which the request's end is sealed. */
  sealedIn: z.strictObject({ segment: z.int(), hash: hashSchema }),
});
export type CertificateContent = z.infer<typeof certificateContentSchema>;

/** A certificate as it is handed out: verified offline with the public key alone. */
export const certificateSchema = z.strictObject({
  content: certificateContentSchema,
  receipts: z.array(
    z.strictObject({ receipt: certifiedReceiptSchema, leaf: hashSchema, proof: z.array(hashSchema).max(64) }),
  ),
  /** JWS (RFC 7515, EdDSA, compact) over the canonical JSON of `content`. */
  signature: z.string().regex(/^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/, 'is no compact JWS'),
});
export type Certificate = z.infer<typeof certificateSchema>;
export type CertificateReceipt = Certificate['receipts'][number];

export const certificateJwsType = 'keiro-certificate+jws';

export const certificateId = (request: string, number: number): string => `cert-${request}-${String(number)}`;

export const receiptLeaf = (receipt: CertifiedReceipt): string => leafHash(canonicalJson(receipt));

/** Receipts with their paths to the one root that is signed. Pure. */
export function receiptTree(receipts: readonly CertifiedReceipt[]): {
  receipts: CertificateReceipt[];
  root: string;
} {
  const leaves = receipts.map(receiptLeaf);
  return {
    receipts: receipts.map((receipt, index) => ({
      receipt,
      leaf: leaves[index] ?? '',
      proof: proofOf(leaves, index),
    })),
    root: rootOf(leaves),
  };
}

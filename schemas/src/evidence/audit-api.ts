import { z } from 'zod';
import {
  certificateContentSchema,
  certificateOutcomes,
  certificateSchema,
  supersedingReasons,
} from './certificate.ts';
import { hashSchema, signatureSchema } from './hashes.ts';
import { auditLineSchema, chainHeadSchema, segmentHeadSchema, segmentSchema } from './segment.ts';
import { signingKeySchema } from './signing-keys.ts';

/* The HTTP contract of evidence: signing in `keys`, chain and certificates in `request`. */

/** One segment, or certificates: the key signs nothing that is not one of these. */
export const signSegmentSchema = z.strictObject({ head: segmentHeadSchema });
export const segmentSignatureSchema = z.strictObject({ keyId: hashSchema, signature: signatureSchema });

export const signCertificatesSchema = z.strictObject({
  contents: z.array(certificateContentSchema).min(1).max(200),
});
/** Compact JWS, in the order of the contents. */
export const certificateSignaturesSchema = z.strictObject({
  keyId: hashSchema,
  signatures: z.array(z.string()),
});

/** Rotation in two steps, so that the old key can sign of the new one before it goes. */
export const preparedKeySchema = z.strictObject({ active: hashSchema, next: signingKeySchema });
export const activateKeySchema = z.strictObject({ keyId: hashSchema });

export const chainStateSchema = z.strictObject({
  asOf: z.iso.datetime(),
  head: chainHeadSchema.optional(),
  /** Entries that no segment holds yet. */
  unsealed: z.int(),
  oldestUnsealedAt: z.iso.datetime().optional(),
  /** Why nothing is sealed now; absent where all is well. */
  stopped: z.string().optional(),
});
export type ChainState = z.infer<typeof chainStateSchema>;

export const segmentListSchema = z.strictObject({
  segments: z.array(segmentSchema.omit({ leaves: true })),
});
/** A segment, and all entries that bear its number or are named in it. */
export const segmentAnswerSchema = z.strictObject({
  segment: segmentSchema,
  entries: z.array(auditLineSchema),
});
export type SegmentAnswer = z.infer<typeof segmentAnswerSchema>;

export const auditListSchema = z.strictObject({ entries: z.array(auditLineSchema) });
export const rotatedSchema = z.strictObject({ from: hashSchema, to: hashSchema, segment: z.int() });

/** `GET /v1/requests/{id}/certificates`: in order. A superseded one stays genuine. */
export const issuedCertificatesSchema = z.strictObject({
  certificates: z.array(
    z.strictObject({
      id: z.string(),
      number: z.int(),
      issuedAt: z.iso.datetime(),
      outcome: z.enum(certificateOutcomes),
      /** As the one that supersedes it names it. */
      digest: hashSchema,
      supersedes: z.string().optional(),
      superseded: z.strictObject({ by: z.string(), because: z.enum(supersedingReasons) }).optional(),
    }),
  ),
  /** The request goes on, or is done and not proven: the last of them does not hold any more. */
  reopened: z.strictObject({ at: z.iso.datetime(), because: z.enum(supersedingReasons) }).optional(),
});
export type IssuedCertificates = z.infer<typeof issuedCertificatesSchema>;

/** Certificates whose issue is sealed in one segment. */
export const certificateListSchema = z.strictObject({ certificates: z.array(certificateSchema) });

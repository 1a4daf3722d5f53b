import { z } from 'zod';
import { canonicalJson } from './canonical.ts';
import { digestOf, hashSchema, signatureSchema } from './hashes.ts';
import { leafHash, rootOf } from './merkle.ts';

/** An audit entry as it is sealed and shown; `detail` is absent once it has expired, its digest stays. */
export const auditLineSchema = z.strictObject({
  id: z.string(),
  at: z.iso.datetime(),
  by: z.string(),
  action: z.string(),
  about: z.array(z.string()).optional(),
  request: z.string().optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
  detailDigest: hashSchema,
  /** Number of the segment that it was stamped with; absent: not sealed yet. */
  segment: z.int().optional(),
});
export type AuditLine = z.infer<typeof auditLineSchema>;

/** S1: what is signed of a segment of the audit chain. Its number counts from 1. */
export const segmentHeadSchema = z.strictObject({
  format: z.literal('keiro-segment/1'),
  number: z.int().min(1),
  /** Hash of the segment before; of the first one the hash of no segment, 43 times `A`. */
  previous: hashSchema,
  /** Merkle root over the leaves of the entries, in order. */
  root: hashSchema,
  count: z.int().min(1),
  /** Instants of the oldest and the newest entry in it; a late one may be older than the segment before. */
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  sealedAt: z.iso.datetime(),
});
export type SegmentHead = z.infer<typeof segmentHeadSchema>;

export const segmentSchema = z.strictObject({
  head: segmentHeadSchema,
  keyId: hashSchema,
  /** Ed25519 over {@link signedText}. */
  signature: signatureSchema,
  /** In order; the root is over their hashes. */
  leaves: z.array(z.strictObject({ id: z.string(), hash: hashSchema })),
});
export type Segment = z.infer<typeof segmentSchema>;

/** What the heads file outside the store, and the topic `audit.heads`, hold of each segment. */
export const chainHeadSchema = z.strictObject({
  number: z.int().min(1),
  hash: hashSchema,
  sealedAt: z.iso.datetime(),
});
export type ChainHead = z.infer<typeof chainHeadSchema>;

/** Stands for the segment before the first. */
export const noSegment = 'A'.repeat(43);

/** What an entry puts into the tree: its head and the digest of its detail, so that a detail can expire. */
export function leafOf({ detail: _detail, segment: _segment, ...head }: AuditLine): string {
  return leafHash(canonicalJson(head));
}

export const detailDigestOf = (detail: Readonly<Record<string, unknown>>): string => digestOf(detail);

/** The text that a key signs, so that a signature over one thing never stands for another. */
export const signedText = (head: SegmentHead, keyId: string): string => canonicalJson({ ...head, keyId });

/** The hash by which the next segment, and the heads outside the store, hold on to this one. */
export const segmentHash = ({ head, keyId, signature }: Omit<Segment, 'leaves'>): string =>
  digestOf({ ...head, keyId, signature });

export const headOf = (segment: Omit<Segment, 'leaves'>): ChainHead => ({
  number: segment.head.number,
  hash: segmentHash(segment),
  sealedAt: segment.head.sealedAt,
});

/** Entries, at least one, as the segment that comes after `before`, unsigned. The oldest comes first. Pure. */
export function draftSegment(
  entries: readonly AuditLine[],
  before: ChainHead | undefined,
  sealedAt: Date,
): Pick<Segment, 'head' | 'leaves'> {
  const sorted = entries.toSorted((one, other) => compare(one.at, other.at) || compare(one.id, other.id));
  const leaves = sorted.map((entry) => ({ id: entry.id, hash: leafOf(entry) }));
  const at = sealedAt.toISOString();
  return {
    head: {
      format: 'keiro-segment/1',
      number: (before?.number ?? 0) + 1,
      previous: before?.hash ?? noSegment,
      root: rootOf(leaves.map(({ hash }) => hash)),
      count: leaves.length,
      from: sorted[0]?.at ?? at,
      to: sorted.at(-1)?.at ?? at,
      sealedAt: at,
    },
    leaves,
  };
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

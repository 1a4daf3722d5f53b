import { z } from 'zod';
import { refSchema } from './refs.ts';

export const holderIdSchema = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'not a holder id');

/**
 * A holder reports one copy of one record.
 * `held`: it has one now. `removed`: it has none any more. `withheld`: the data plane kept one from it because
 * of the person's standing (R5); it is delivered on resume.
 */
export const copyReportSchema = z.strictObject({
  holder: holderIdSchema,
  action: z.enum(['held', 'removed', 'withheld']),
  /** Record id: see `recordId`. */
  record: z.string().max(256),
  ref: refSchema,
  generation: z.int().min(1),
  category: z.string().max(4),
  groups: z.array(z.string().max(64)).max(16),
  purpose: z.string().max(64),
  /** Where in the holder, sealed under the person's custody key for this holder (base64). */
  locator: z.base64().max(4096).optional(),
  /** Position of a withheld event. */
  position: z
    .strictObject({ topic: z.string(), partition: z.int().min(0), offset: z.string().regex(/^\d+$/) })
    .optional(),
  at: z.iso.datetime(),
});
export type CopyReport = z.infer<typeof copyReportSchema>;

/** T3: all that `store` held up to the watermark is at `holder` until the snapshot expires. */
export const snapshotReportSchema = z.strictObject({
  holder: holderIdSchema,
  store: holderIdSchema,
  snapshot: z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/),
  watermark: z.iso.datetime(),
  takenAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  /** Whether single rows can be deleted from it (a replica) or not (an image). */
  mutable: z.boolean(),
  rows: z.int().min(0),
});
export type SnapshotReport = z.infer<typeof snapshotReportSchema>;

/** Kafka header of a custody report: shows that it comes from the holder that it names. See the sdk's `custodyProof`. */
export const proofHeader = 'keiro-proof';

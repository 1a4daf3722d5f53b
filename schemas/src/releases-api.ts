import { z } from 'zod';

/**
 * The audit of key releases: counted by minute, holder and purpose; refusals, and whatever a duty opened, one by one.
 * Refs are blind: there is no personal value in it.
 */

const instant = z.iso.datetime();
const counts = z.record(z.string(), z.int());

const releaseCountSchema = z.strictObject({
  holder: z.string(),
  purpose: z.string(),
  /** Lives whose keys were released. */
  released: z.int(),
  /** Lives refused, by reason. */
  refused: counts,
});
export type ReleaseCount = z.infer<typeof releaseCountSchema>;

const releaseEntrySchema = z.strictObject({
  at: instant,
  kind: z.enum(['refused', 'duty', 'turned-away']),
  client: z.string(),
  holder: z.string(),
  purpose: z.string(),
  /** Of a refusal or of a duty. */
  ref: z.string().optional(),
  generation: z.int().optional(),
  /** Why it was refused or the caller turned away; of a duty `released` or why not. */
  outcome: z.string(),
  /** Of a duty: what it was for. */
  reference: z.string().optional(),
  /** How often within a few seconds. */
  times: z.int(),
});
export type ReleaseEntry = z.infer<typeof releaseEntrySchema>;

export const releasesAnswerSchema = z.strictObject({
  asOf: instant,
  from: instant,
  to: instant,
  totals: z.array(releaseCountSchema),
  minutes: z.array(z.strictObject({ minute: instant, ...releaseCountSchema.shape })),
  /** The newest first. */
  entries: z.array(releaseEntrySchema),
  /** Minutes or entries that there are besides. */
  leftOut: z.strictObject({ minutes: z.int(), entries: z.int() }),
});
export type ReleasesAnswer = z.infer<typeof releasesAnswerSchema>;

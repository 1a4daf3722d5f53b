import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { subjectSchema } from './events/identifiers.ts';
import { keptGroupSchema, noteSchema } from './request-api.ts';

/** `POST /v1/requests/dry-run`: what a deletion would do now. Changes nothing but the audit. Right `requests:write`. */
export const dryRunRequestSchema = z.strictObject({
  type: z.literal('deletion'),
  subject: subjectSchema.refine((subject) => Object.keys(subject).length > 0, {
    error: 'names nobody: give at least one identifier',
  }),
  note: noteSchema.optional(),
});
export type DryRunRequest = z.infer<typeof dryRunRequestSchema>;

export const deletionDryRunSchema = z.strictObject({
  asOf: z.iso.datetime(),
  /** Refs whose keys would be destroyed. */
  refs: z.int(),
  /** Refs that several members share: left alone, for review. */
  ambiguous: z.int(),
  records: z.record(z.string(), z.int()),
  holders: z.array(
    z.strictObject({
      holder: holderIdSchema,
      kind: z.string(),
      /** Copies that were reported and are there, by category; it is swept by identifier besides. */
      copies: z.record(z.string(), z.int()),
      /** Registered for a category of the person, and has reported no copy: whether it has one, the sweep finds out. */
      unreported: z.boolean(),
      /** Copies that can be found by their place, whatever the holder calls the person. */
      byLocator: z.int(),
      /** A third party is told; nobody can look there. */
      control: z.boolean(),
      /** Fields that it would leave, because a law keeps them there. */
      keeps: z.array(z.string()).optional(),
      /** It has to leave something and can't be told a part: a person would have to see to it. */
      keepsByHand: z.literal(true).optional(),
    }),
  ),
  /**
   * Groups that a law keeps (floors of the policy), and the holders that would leave them; with none nobody is registered
   * who has to, and they go as any other.
   */
  floors: z.array(keptGroupSchema),
  /** Holds that would make its erasing wait. */
  holds: z.array(z.strictObject({ case: z.string(), until: z.iso.datetime().optional() })),
  /** Until when it could be taken back. */
  undoUntil: z.iso.datetime().optional(),
  /** Images at recovery sites that would still hold what these stores had, until they expire. */
  snapshots: z.array(
    z.strictObject({
      holder: holderIdSchema,
      store: holderIdSchema,
      snapshots: z.int(),
      /** Absent: one has no known end. */
      until: z.iso.datetime().optional(),
    }),
  ),
});
export type DeletionDryRun = z.infer<typeof deletionDryRunSchema>;

import { z } from 'zod';
import { subjectSchema } from './events/identifiers.ts';
import { refSchema } from './refs.ts';
import { noteSchema } from './request-api.ts';

/** The HTTP contract of `request` for who is who (D1). Identifiers travel in a body only. */

/** Why two refs are not of one person. A list, so that no text can name somebody. */
export const cutReasons = [
  'family',
  'shared-device',
  'company-account',
  'number-reassigned',
  'typing-error',
  'identity-checked',
] as const;
export type CutReason = (typeof cutReasons)[number];

/** One ref, or the identifier behind it. */
export const partySchema = z
  .strictObject({ ref: refSchema.optional(), ...subjectSchema.shape })
  .refine((party) => Object.keys(party).length === 1, {
    error: 'exactly one ref or identifier is wanted',
  });
export type Party = z.infer<typeof partySchema>;

/** `POST /v1/cuts`: the two are not of one person, whatever links there are. */
export const cutSchema = z.strictObject({
  a: partySchema,
  b: partySchema,
  reason: z.enum(cutReasons),
  note: noteSchema.optional(),
});
/** `POST /v1/cuts/withdraw`: links count between them again. */
export const withdrawSchema = z.strictObject({ a: partySchema, b: partySchema, note: noteSchema.optional() });

/** How the two stand after the decision. */
export const cutAnswerSchema = z.strictObject({
  asOf: z.iso.datetime(),
  a: refSchema,
  b: refSchema,
  decision: z.enum(['cut', 'withdrawn']),
  /** False where it was so before. */
  changed: z.boolean(),
  /** Both are of one person; `way` tells over which refs, to be cut next where they are not to be. */
  together: z.boolean(),
  way: z.array(refSchema),
  /** Those of the two that several persons could have: for review. */
  shared: z.array(refSchema),
  /**
   * They are together, and what is suspended or erased is not the same for all refs of the person: a decision about
   * standing stays with the refs that it was made for.
   */
  standingDiffers: z.boolean(),
});
export type CutAnswer = z.infer<typeof cutAnswerSchema>;

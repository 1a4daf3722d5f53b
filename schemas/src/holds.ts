import { z } from 'zod';
import { subjectSchema } from './events/identifiers.ts';
import { refSchema, type Ref } from './refs.ts';
import { noteSchema } from './request-api.ts';

/* Legal holds: a case for which nothing of a person, or of some records, may be erased. Placing and releasing asks for
   the right `holds:manage`, reading for `requests:read`. */

/** `holds`, owner `request`: kept after its end, because it says why an erasure was late. */
export interface HoldDocument {
  readonly _id: string;
  /** The operator's own reference of the case. No free text: it might name somebody. */
  readonly case: string;
  /** What the case named the person by; of a hold on records: none. */
  readonly named: readonly Ref[];
  /** Who that was when it was placed: a link that is cut later takes nobody out. Who else it is, is found when it is read. */
  readonly refs: readonly Ref[];
  /** Ids of records, where it is on these alone. */
  readonly records: readonly string[];
  readonly by: string;
  readonly at: Date;
  /** Absent: until it is released. */
  readonly until?: Date;
  readonly released?: { readonly at: Date; readonly by: string };
}

const recordIdSchema = z
  .string()
  .max(256)
  .refine((id) => refSchema.safeParse(id.slice(0, id.indexOf('#'))).success, 'is no id of a record');

/** `POST /v1/holds`: on a person, or on records. */
export const placeHoldSchema = z
  .strictObject({
    case: noteSchema,
    subject: subjectSchema
      .refine((subject) => Object.keys(subject).length > 0, {
        error: 'names nobody: give at least one identifier',
      })
      .optional(),
    records: z.array(recordIdSchema).min(1).max(1000).optional(),
    until: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(({ subject, records }) => (subject === undefined) !== (records === undefined), {
    path: ['subject'],
    error: 'either a person or records are held: give one of subject and records',
  });
export type PlaceHold = z.infer<typeof placeHoldSchema>;

/** `POST /v1/holds/:id/release`. */
export const releaseHoldSchema = z.strictObject({});

export const holdViewSchema = z.strictObject({
  id: z.string(),
  case: z.string(),
  refs: z.array(refSchema),
  records: z.array(z.string()),
  by: z.string(),
  at: z.iso.datetime(),
  until: z.iso.datetime().optional(),
  released: z.strictObject({ at: z.iso.datetime(), by: z.string() }).optional(),
  inForce: z.boolean(),
  /** Requests whose erasing waits for it. */
  waiting: z.array(z.string()),
});
export type HoldView = z.infer<typeof holdViewSchema>;

/** What placing answers: `tooLate` names requests of the person that were past the point where a hold can stop them. */
export const holdPlacedSchema = z.strictObject({ ...holdViewSchema.shape, tooLate: z.array(z.string()) });
export type HoldPlaced = z.infer<typeof holdPlacedSchema>;

/** `GET /v1/holds`: those in force; `?all=true`: those that have ended too. */
export const holdListSchema = z.strictObject({ asOf: z.iso.datetime(), holds: z.array(holdViewSchema) });

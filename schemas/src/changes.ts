import { z } from 'zod';
import { fieldNameSchema } from './connector-rows.ts';

/** R2, R3: one field as it has to be, under the policy's name. A personal value: in clear in memory alone. */
export const fieldChangeSchema = z.strictObject({
  field: fieldNameSchema,
  /** `null`: nothing is to be there. */
  value: z.union([
    z.string().max(10_000),
    z.number(),
    z.boolean(),
    z.null(),
    /** Of a field with parts, such as an address. */
    z.record(fieldNameSchema, z.json()),
  ]),
});
export type FieldChange = z.infer<typeof fieldChangeSchema>;
export const fieldChangesSchema = z.array(fieldChangeSchema).min(1).max(100);

/** R1: a row, document, key or part of a large key of a person, as its holder has it. */
export const exportedItemSchema = z.strictObject({
  /** Table, collection, key pattern or whatever the holder calls it. */
  place: z.string().min(1).max(200),
  locator: z.string().optional(),
  /** By the holder's own names; plain JSON: instants as ISO 8601 texts, bytes in base64. */
  fields: z.record(z.string(), z.json()),
  /** Which of the policy's fields a name or a dotted path of `fields` is, where the holder has said so. */
  names: z.record(z.string(), fieldNameSchema).optional(),
});
export type ExportedItem = z.infer<typeof exportedItemSchema>;

/**
 * What stays of a person after an erasure: columns that a floor keeps, or that hold a pseudonym now, or whole objects
 * that a lock of their store keeps. Names and counts.
 */
export const remainsSchema = z.strictObject({
  place: z.string().min(1).max(200),
  why: z.enum(['kept', 'pseudonymised', 'retention', 'legal-hold', 'mfa-delete']),
  columns: z.array(z.string().max(200)).max(500),
  rows: z.int().min(0),
  /** When the last of them can be removed, where that is known. */
  until: z.iso.datetime().optional(),
});
export type Remains = z.infer<typeof remainsSchema>;

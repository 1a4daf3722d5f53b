import { z } from 'zod';
import { identifierKinds } from './events/identifier-kinds.ts';

/** How rows of one person are found in a store, what of the policy they hold, and what erasing does with them. */

const identifierKind = z.enum(identifierKinds);
/**
 * Which column or field of the holder holds which kind of identifier, in the normalised form in which a guarded
 * consumer gets it. Rows that a holder keeps under another form are found by their locators only.
 */
export const identifierColumns = z.partialRecord(identifierKind, z.string().min(1));

/** A field as the policy names it, e.g. `payerName`; `subject` stands for the identifiers themselves. */
export const fieldNameSchema = z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/);

/** Which column, or columns, hold a field of the policy: it is corrected there, kept there, and exported by that name. */
export const fieldColumns = z.record(
  fieldNameSchema,
  z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
);

/**
 * What erasing does with a row of the person. `null` empties the columns that say something of the person, and the row
 * stays; `pseudonymise` replaces them, which is reported as just that and never as erased.
 */
export const erasureSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('delete') }),
  z.strictObject({ action: z.enum(['null', 'pseudonymise']), columns: z.array(z.string().min(1)).min(1) }),
]);

/** A table or a collection, and how rows of one person are found in it. */
export const rowsSchema = z
  .strictObject({
    name: z.string().min(1),
    identifiers: identifierColumns,
    /** Column or field that a locator names. */
    locator: z.string().min(1).optional(),
    /**
     * Column or field with the generation that a row was written for. With it, a sweep spares the rows of a person
     * who has registered anew meanwhile; without it, a sweep by identifier takes them too.
     */
    generation: z.string().min(1).optional(),
    /** Column (text[]) or field that is set to the list of suspended purposes; absent: it can't say so. */
    suspended: z.string().min(1).optional(),
    fields: fieldColumns.optional(),
    /** Absent: the row is deleted. */
    erase: erasureSchema.optional(),
    /** Columns that say nothing of the person: they stay in a row of which a floor keeps other columns. */
    technical: z.array(z.string().min(1)).optional(),
  })
  .refine(
    ({ identifiers, erase }) =>
      erase === undefined ||
      erase.action === 'delete' ||
      Object.values(identifiers).every((column) => erase.columns.includes(column)),
    {
      path: ['erase', 'columns'],
      error: 'leaves out a column with an identifier, so that the row would still say whose it is',
    },
  );
export type Rows = z.infer<typeof rowsSchema>;

/** A key with one placeholder, `{<kind>}`, e.g. `session:{cookie}`. Keys carry no generation. */
export const keyPattern = z
  .strictObject({ pattern: z.string(), identifier: identifierKind })
  .refine(({ pattern, identifier }) => pattern.includes(`{${identifier}}`), {
    path: ['pattern'],
    error: 'does not name its identifier in braces',
  });

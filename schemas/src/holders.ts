import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { basesAbroad } from './policy/schema-duties.ts';
import { declaredReadersSchema } from './readers.ts';

const labels = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });
/** A setting that is read from the environment of the worker, because it holds an address or a secret. */
const fromEnv = z.strictObject({ env: z.string().regex(/^[A-Z][A-Z0-9_]*$/) });

const identifierKind = z.enum(['member', 'email', 'phone', 'payer', 'cookie', 'device']);
/**
 * Which column or field of the holder holds which kind of identifier, in the normalised form in which a guarded
 * consumer gets it. Rows that a holder keeps under another form are found by their locators only.
 */
const identifierColumns = z.partialRecord(identifierKind, z.string().min(1));

/** A table or a collection, and how rows of one person are found in it. */
const rowsSchema = z.strictObject({
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
});
/** A key with one placeholder, `{<kind>}`, e.g. `session:{cookie}`. Keys carry no generation. */
const keyPattern = z
  .strictObject({ pattern: z.string(), identifier: identifierKind })
  .refine(({ pattern, identifier }) => pattern.includes(`{${identifier}}`), {
    path: ['pattern'],
    error: 'does not name its identifier in braces',
  });

/** How a worker reaches one store or processor. */
const single = [
  z.strictObject({
    kind: z.literal('mongodb'),
    url: fromEnv,
    database: z.string(),
    collections: z.array(rowsSchema),
  }),
  z.strictObject({
    kind: z.literal('postgresql'),
    url: fromEnv,
    database: z.string(),
    /** `name` may carry a schema: `accounting.payments`. Identifier and locator columns are compared as text. */
    tables: z.array(rowsSchema),
  }),
  z.strictObject({
    kind: z.literal('redis'),
    url: fromEnv,
    /** Keys of the person. A locator is a key by its full name. */
    keys: z.array(keyPattern),
    /** Sets that list further keys of the person, e.g. `sessions-of:{member}`: what they list goes before them. */
    indexes: z.array(keyPattern).default([]),
  }),
  /** A processor that speaks OpenDSR; a locator means nothing to it. */
  z.strictObject({
    kind: z.literal('http'),
    url: fromEnv,
    token: fromEnv.optional(),
    /** The processor's own names for kinds of identifiers, e.g. `controller_customer_id`; others are not sent. */
    identities: identifierColumns.optional(),
  }),
] as const;

/** How a worker reaches the holder: data, so that a new store of a known kind needs no code. */
export const connectorSchema = z.discriminatedUnion('kind', [
  ...single,
  /**
   * One holder over several stores, as a DR site is. A part named as one of the stores that replicate to it is
   * swept by that store's locators too.
   */
  z.strictObject({
    kind: z.literal('composite'),
    parts: z
      .array(z.strictObject({ name: z.string(), connector: z.discriminatedUnion('kind', single) }))
      .min(1),
  }),
]);
export type ConnectorConfig = z.infer<typeof connectorSchema>;

const day = z.iso.date();
const qualificationSchema = z.strictObject({
  checkedAt: day,
  /** Role, not a person's name. */
  by: z.string().min(1),
  result: z.enum(['passed', 'failed']),
  nextDue: day,
});
const contractSchema = z.strictObject({
  from: day,
  /** Absent: until it is ended. */
  until: day.optional(),
  safetyClauses: z.boolean(),
  subProcessing: z.enum(['none', 'with-approval', 'free']),
});
const announcementSchema = z.strictObject({
  publishedAt: day,
  purpose: labels,
  partner: labels,
  items: labels,
  administrator: labels,
  'fact-of-joint-use': labels,
  'range-of-users': labels,
  'address-of-administrator': labels,
  representative: labels,
});
const abroadSchema = z.strictObject({
  basis: z.enum(basesAbroad),
  reviewedAt: day,
  nextReview: day,
});

export const holderKinds = [
  'store',
  'processor',
  'dr-site',
  'third-party',
  'joint-user',
  'analytics',
] as const;

/** Anything that can hold a copy. `_id` in MongoDB is the id. */
export const holderSchema = z.strictObject({
  id: holderIdSchema,
  kind: z.enum(holderKinds),
  name: labels,
  /** ISO 3166-1 alpha-2; decides whether APPI 28 applies. */
  country: z.string().regex(/^[A-Z]{2}$/),
  categories: z.array(z.string().regex(/^C[1-7]$/)).min(1),
  purposes: z.array(z.string()).min(1),
  /** Why data may go there: `own` for a store of ours, otherwise a basis of the policy. */
  basis: z.string(),
  /** T1, T2: who found a processor fit, and until when that counts. */
  qualification: qualificationSchema.optional(),
  /** T1, T2: what a processor has promised. */
  contract: contractSchema.optional(),
  /** T4: what was published before joint use began. */
  announcement: announcementSchema.optional(),
  /** APPI 28, T3: why data may be abroad, where the basis alone does not carry that. */
  abroad: abroadSchema.optional(),
  /** For a DR site: the stores that replicate to it. */
  replicates: z.array(holderIdSchema).optional(),
  /** Who else reads for it: others are undeclared. */
  readers: declaredReadersSchema.optional(),
  connector: connectorSchema,
});
export type Holder = z.infer<typeof holderSchema>;
export type HolderDocument = Holder & { readonly _id: string; readonly registeredAt: Date };

import { z } from 'zod';
import { labelsSchema } from './labels.ts';
import { isPeriod } from './period.ts';
import { rowIds } from './rows.ts';

/** Where a rule comes from (I0): the clause, the article behind it, and whether it is the operator's own decision. */
export const sourceOfRuleSchema = z.strictObject({
  row: z.enum(rowIds),
  article: z.string().min(1).optional(),
  decidedBy: z.enum(['policy', 'law', 'operator']),
  /** `YYYY-MM-DD`, where it is not in force as long as the version itself and its article. */
  since: z.iso.date().optional(),
});
export type SourceOfRule = z.infer<typeof sourceOfRuleSchema>;

/** ISO 8601 period in calendar terms of Asia/Tokyo, e.g. `P13M`. */
export const periodSchema = z.string().refine(isPeriod, 'not an ISO 8601 period');

export const purposeIds = [
  'membership',
  'service',
  'payment',
  'statistics',
  'development',
  'marketing',
  'quality',
] as const;
export type PurposeId = (typeof purposeIds)[number];

/** A purpose as records carry it: one of the policy's, or that of a customer for its own users (X2). */
export type Purpose = PurposeId | `entrusted:${string}`;

export const purposeSchema = z.strictObject({
  label: labelsSchema,
  source: sourceOfRuleSchema,
  /** Said where no group serves it: nothing is used for it until the operator maps something. */
  unused: labelsSchema.optional(),
  /**
   * Said in a revision that words it anew or gives it more records: whether that is reasonably related to the
   * purpose before (V1). A person decides; without it records held before may not be used so.
   */
  change: z
    .strictObject({
      related: z.enum(['reasonably', 'beyond']),
      decidedBy: z.string().min(1),
      on: z.iso.date(),
    })
    .optional(),
});

/**
 * What a period runs from. `collection`, `books-closed` and `tax-filing-due` follow from the event's own time;
 * the others are open until a fact arrives.
 */
export const retentionStarts = [
  'collection',
  'last-use',
  'account-closed',
  'contract-ended',
  'draw-or-delivery',
  'inquiry-closed',
  'books-closed',
  'tax-filing-due',
] as const;
export type RetentionStart = (typeof retentionStarts)[number];

const capSchema = z.strictObject({
  period: periodSchema,
  from: z.enum(['collection', 'last-use']),
  /** `review`: a person decides; until then use has ended, but nothing is erased. */
  then: z.enum(['erase', 'review']),
});

export const retentionRuleSchema = z.strictObject({
  label: labelsSchema,
  start: z.enum(retentionStarts),
  period: periodSchema,
  /** The end in case the start never comes; demanded where the start is open. */
  cap: capSchema.optional(),
  source: sourceOfRuleSchema,
});

/** How long what could not be recorded may stay in quarantine (APPI 22): it has no rule of its own before it is tagged. */
export const quarantineRuleSchema = z.strictObject({
  label: labelsSchema,
  /** From the moment at which it was set aside. */
  period: periodSchema,
  /** What came after its person was erased ends sooner; absent: as all the rest. */
  erased: periodSchema.optional(),
  source: sourceOfRuleSchema,
});

const keptForSchema = z.strictObject({
  label: labelsSchema,
  period: periodSchema,
  source: sourceOfRuleSchema,
});

/** How long we keep what we record about our own work: it names refs, and so it ends too (APPI 22). */
export const ownRecordsSchema = z.strictObject({
  /** Requests of persons with their tasks and receipts, from the day they were done. */
  requests: keptForSchema,
  /** Batches of the retention sweep, which nobody asked for, from the day they were done. */
  sweeps: keptForSchema,
  /** Details of audit entries, from the entry on: the entry itself and its digest stay. */
  auditDetails: keptForSchema,
});

/** A law that makes us keep a group, whatever the person asks; narrows a deletion (R4), never grants a use. */
export const floorSchema = z.strictObject({
  label: labelsSchema,
  law: z.string().min(1),
  /** Ids of the groups that it keeps (`C5.books`), and of no other. */
  keeps: z.array(z.string()).min(1),
  start: z.enum(retentionStarts),
  period: periodSchema,
  /** Only where the operator says so of the fiscal year. */
  onlyIn: z.literal('loss-year').optional(),
  source: sourceOfRuleSchema,
});

/** Values that a condition can have: readable fields of the event, or what is known of a consent. */
const conditionSchema = z.strictObject({
  cookieKind: z
    .array(z.enum(['session', 'feature', 'analytics']))
    .min(1)
    .optional(),
  marketingOptIn: z.boolean().optional(),
});

const useSchema = z.strictObject({
  purpose: z.enum(purposeIds),
  /** Id of the retention rule: use for this purpose stops at its end. */
  rule: z.string(),
  /** Every condition must hold; absent: always. */
  when: conditionSchema.optional(),
});
export type Use = z.infer<typeof useSchema>;
const usesSchema = z.array(useSchema).min(1);

const groupSchema = z.strictObject({
  label: labelsSchema,
  /** Names of the event's fields in it. */
  fields: z.array(z.string()).min(1),
  /** Absent: those of its category. */
  uses: usesSchema.optional(),
  /** Absent: that of the map. */
  source: sourceOfRuleSchema.optional(),
});

export const categorySchema = z.strictObject({
  label: labelsSchema,
  source: sourceOfRuleSchema,
  /** Of whom the text of its clause speaks (C3). */
  covers: z.enum(['anyone', 'registered-users']).default('anyone'),
  uses: usesSchema,
  /** By the name after the dot of the group's id: `identity` for `C1.identity`. */
  groups: z.record(z.string(), groupSchema),
});

import { z } from 'zod';
import { categories } from '../events/define.ts';
import { rowIds } from './clauses.ts';
import { labelsSchema } from './labels.ts';
import { isPeriod } from './period.ts';

/** Where a rule comes from (I0): the clause, the article behind it, and whether it is the operator's own decision. */
export const sourceOfRuleSchema = z.strictObject({
  row: z.enum(rowIds),
  article: z.string().min(1).optional(),
  decidedBy: z.enum(['policy', 'law', 'operator']),
  /** `YYYY-MM-DD`, where it is not in force as long as the version itself. */
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

const purposeSchema = z.strictObject({
  label: labelsSchema,
  source: sourceOfRuleSchema,
  /** Said where no group serves it: nothing is used for it until the operator maps something. */
  unused: labelsSchema.optional(),
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

const retentionRuleSchema = z.strictObject({
  label: labelsSchema,
  start: z.enum(retentionStarts),
  period: periodSchema,
  /** The end in case the start never comes; demanded where the start is open. */
  cap: capSchema.optional(),
  source: sourceOfRuleSchema,
});

/** A law that makes us keep a group, whatever the person asks; narrows a deletion (R4), never grants a use. */
const floorSchema = z.strictObject({
  label: labelsSchema,
  law: z.string().min(1),
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

const groupSchema = z.strictObject({
  label: labelsSchema,
  uses: z.array(useSchema).min(1),
  /** Ids of floors that keep this group. */
  floors: z.array(z.string()).optional(),
  source: sourceOfRuleSchema,
});

const categorySchema = z.strictObject({
  label: labelsSchema,
  source: sourceOfRuleSchema,
  /** By the name after the dot of the group's id: `identity` for `C1.identity`. */
  groups: z.record(z.string(), groupSchema),
});

const legalSideSchema = z.strictObject({
  /** `only-with`: none by itself, one of the named bases must stand beside it. */
  verdict: z.enum(['allowed', 'only-with']),
  /** One of these articles carries it. */
  articles: z.array(z.string()),
  /** Bases of which one must stand beside it. */
  with: z.array(z.string()).optional(),
});

/** Why a transfer is lawful, at home (APPI 27) and abroad (APPI 28, which switches 27 off but for its exceptions). */
const basisSchema = z.strictObject({
  label: labelsSchema,
  atHome: legalSideSchema,
  abroad: legalSideSchema,
  source: sourceOfRuleSchema,
});

const rightSchema = z.strictObject({
  label: labelsSchema,
  articles: z.array(z.string()),
  /** Only disclosure may cost something (R8, APPI 38). */
  feeAllowed: z.boolean(),
  source: sourceOfRuleSchema,
});

export const policyRulesShape = z.strictObject({
  purposes: z.record(z.enum(purposeIds), purposeSchema),
  categories: z.record(z.enum(categories), categorySchema),
  retention: z.record(z.string(), retentionRuleSchema),
  floors: z.record(z.string(), floorSchema),
  /** X2: what holds for users that a customer controls, in place of all of the above. */
  entrusted: z.strictObject({ label: labelsSchema, rule: z.string(), source: sourceOfRuleSchema }),
  bases: z.record(z.string(), basisSchema),
  rights: z.record(z.string(), rightSchema),
  /** R7: every request is answered within this period of its arrival. */
  answerWithin: z.strictObject({
    period: periodSchema,
    zone: z.literal('Asia/Tokyo'),
    source: sourceOfRuleSchema,
  }),
  /** Labels of what retention periods run from. */
  starts: z.record(z.enum(retentionStarts), labelsSchema),
  operator: z.strictObject({
    /** Q1; null while it is blank. */
    contact: labelsSchema.nullable(),
    /** Last month of the fiscal year, 1 to 12: books close on its last day. */
    fiscalYearEndMonth: z.int().min(1).max(12),
    /** Yen. Zero until a fee is published (R8). */
    disclosureFee: z.int().min(0),
    court: labelsSchema,
  }),
});
export type PolicyRules = z.infer<typeof policyRulesShape>;
export type RetentionRule = PolicyRules['retention'][string];
export type Floor = PolicyRules['floors'][string];
export type GroupRules = PolicyRules['categories'][keyof PolicyRules['categories']]['groups'][string];

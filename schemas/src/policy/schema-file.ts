import { z } from 'zod';
import { categories } from '../events/define.ts';
import { labelsSchema } from './labels.ts';
import { rowIds } from './rows.ts';
import {
  categorySchema,
  floorSchema,
  ownRecordsSchema,
  purposeIds,
  purposeSchema,
  quarantineRuleSchema,
  retentionRuleSchema,
  retentionStarts,
  sourceOfRuleSchema,
} from './schema.ts';
import {
  analyticsSchema,
  basisSchema,
  clockSchema,
  drSiteSchema,
  entrustmentSchema,
  groundSchema,
  jointUseSchema,
  revisionSchema,
  rightSchema,
} from './schema-duties.ts';

const dayOrUnknown = z.union([z.iso.date(), z.literal('unknown')]);

/** One version of the policy (V1, V2). */
const versionSchema = z.strictObject({
  version: z.iso.date(),
  established: z.iso.date(),
  /** The day on which it was made public beforehand, where that is known. */
  announced: dayOrUnknown,
  effective: z.iso.date(),
  /** `unknown`: we don't have the text. A comparison with it answers `unknown`, never `no change`. */
  text: z.enum(['known', 'unknown']),
  /** The version whose rules apply to records collected under this one. */
  rulesOf: z.iso.date(),
});
export type PolicyVersion = z.infer<typeof versionSchema>;

/** What the policy promises in one row: a sentence in each language, under the policy's own numbering. */
const clauseSchema = z.strictObject({
  /** `2(1)`: what stands before the bracket is its heading, one of `sections`. */
  section: z.string().min(1),
  title: labelsSchema,
  ...labelsSchema.shape,
});

/** A law that rules cite. `mark`: V read in its text, S from secondary sources, U not verified. */
const lawSchema = z.strictObject({
  ...labelsSchema.shape,
  mark: z.enum(['V', 'S', 'U']),
  since: dayOrUnknown,
});

/** The policy of a company as its file says it. What parts say of each other is a matter of the check. */
export const policyFileSchema = z.strictObject({
  versions: z.array(versionSchema).min(1),
  contact: z.strictObject({
    /** Q1; null while it is blank. */
    address: labelsSchema.nullable(),
    source: sourceOfRuleSchema,
  }),
  /** Books close on the last day of this month, 1 to 12. */
  fiscalYear: z.strictObject({ endMonth: z.int().min(1).max(12), source: sourceOfRuleSchema }),
  /** Yen. Zero until a fee is published (R8). */
  fees: z.strictObject({ disclosure: z.int().min(0), source: sourceOfRuleSchema }),
  map: z.strictObject({ source: sourceOfRuleSchema }),
  categories: z.record(z.enum(categories), categorySchema),
  purposes: z.record(z.enum(purposeIds), purposeSchema),
  /** Labels of what retention periods run from. */
  starts: z.record(z.enum(retentionStarts), labelsSchema),
  retention: z.record(z.string(), retentionRuleSchema),
  quarantine: quarantineRuleSchema,
  /** Absent in files from before it was asked for: then what ships applies. */
  ownRecords: ownRecordsSchema.optional(),
  floors: z.record(z.string(), floorSchema),
  /** X1. */
  scope: z.strictObject({ otherSites: z.literal('refused'), source: sourceOfRuleSchema }),
  /** X2: what holds for users that a customer controls, in place of all of the above. */
  entrusted: z.strictObject({ label: labelsSchema, rule: z.string(), source: sourceOfRuleSchema }),
  /** T0. */
  transfers: z.strictObject({ withoutBasis: z.literal('blocked'), source: sourceOfRuleSchema }),
  bases: z.record(z.string(), basisSchema),
  entrustment: entrustmentSchema,
  drSite: drSiteSchema,
  jointUse: jointUseSchema,
  analytics: analyticsSchema,
  rights: z.record(z.string(), rightSchema),
  grounds: z.record(z.string(), groundSchema),
  /** R7 and the law's time limits. `answer` is that of every request. */
  clocks: z.object({ answer: clockSchema }).catchall(clockSchema),
  revision: revisionSchema,
  language: z.strictObject({ prevails: z.literal('ja'), source: sourceOfRuleSchema }),
  jurisdiction: z.strictObject({
    law: labelsSchema,
    court: labelsSchema,
    timeZone: z.literal('Asia/Tokyo'),
    source: sourceOfRuleSchema,
  }),
  law: z.record(z.string(), lawSchema),
  sections: z.record(z.string(), labelsSchema),
  clauses: z.record(z.enum(rowIds), clauseSchema),
});
export type PolicyFile = z.infer<typeof policyFileSchema>;

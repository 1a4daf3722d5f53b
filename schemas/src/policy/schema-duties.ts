import { z } from 'zod';
import { labelsSchema } from './labels.ts';
import { periodSchema, purposeIds, sourceOfRuleSchema } from './schema.ts';

/* What is owed to persons and asked of recipients: bases, entrustment, joint use, rights, clocks. */

const legalSideSchema = z.strictObject({
  /** `only-with`: none by itself, one of the named bases must stand beside it. */
  verdict: z.enum(['allowed', 'only-with']),
  /** One of these articles carries it. */
  articles: z.array(z.string()),
  /** Bases of which one must stand beside it. */
  with: z.array(z.string()).optional(),
});

/** Why a transfer is lawful, at home (APPI 27) and abroad (APPI 28, which switches 27 off but for its exceptions). */
export const basisSchema = z.strictObject({
  label: labelsSchema,
  /** What must be on record with a transfer, and what besides where it goes abroad. */
  carries: z.array(z.string()).min(1),
  carriesAbroad: z.array(z.string()).optional(),
  atHome: legalSideSchema,
  abroad: legalSideSchema,
  source: sourceOfRuleSchema,
});

/** What can make a recipient abroad lawful where a basis at home does not suffice (APPI 28(1)). */
export const basesAbroad = ['consent', 'designated-country', 'equivalent-system'] as const;

/** T1, T2: what the register of holders must say of each processor. */
export const entrustmentSchema = z.strictObject({
  qualification: z.array(z.string()),
  contract: z.array(z.string()),
  affiliate: z.strictObject({ asProcessor: z.literal(true), source: sourceOfRuleSchema }),
  source: sourceOfRuleSchema,
});

/** T3: the recovery site abroad. */
export const drSiteSchema = z.strictObject({
  operators: z.array(z.enum(['own-branch', 'affiliate', 'cloud'])).min(1),
  bases: z.array(z.enum(basesAbroad)),
  reviewEvery: periodSchema,
  restoresErased: z.literal(false),
  source: sourceOfRuleSchema,
});

/** T4: what an announcement of joint use carries. */
export const jointUseSchema = z.strictObject({
  announced: z.array(z.enum(['purpose', 'partner', 'items', 'administrator'])),
  /** What APPI 27(5)(iii) adds. */
  alsoByLaw: z.array(
    z.enum(['fact-of-joint-use', 'range-of-users', 'address-of-administrator', 'representative']),
  ),
  source: sourceOfRuleSchema,
});

/** G1. */
export const analyticsSchema = z.strictObject({
  purposes: z.array(z.enum(purposeIds)).min(1),
  feed: z.literal('browser-tag'),
  consentByUse: z.literal('recorded-only'),
  source: sourceOfRuleSchema,
});

export const rightSchema = z.strictObject({
  label: labelsSchema,
  articles: z.array(z.string()),
  /** Id of the clock by which it is answered (R7). */
  clock: z.string(),
  /** Ids of the grounds on which it may be refused (R9); empty: none. */
  grounds: z.array(z.string()),
  /** Only disclosure may cost something (R8, APPI 38). */
  feeAllowed: z.boolean(),
  source: sourceOfRuleSchema,
});

export const groundSchema = z.strictObject({ label: labelsSchema, source: sourceOfRuleSchema });

export const clockSchema = z.strictObject({
  label: labelsSchema,
  period: periodSchema,
  /** `arrival` of a request, `knowledge` of a breach, `making-of-record`, the `last-provision` under it. */
  from: z.enum(['arrival', 'knowledge', 'making-of-record', 'last-provision']),
  source: sourceOfRuleSchema,
});

/** V1: what is announced, and what a changed purpose needs. */
export const revisionSchema = z.strictObject({
  announce: z.array(z.enum(['date', 'text'])).min(1),
  relatedPurpose: z.literal('notice'),
  otherPurpose: z.literal('consent'),
  source: sourceOfRuleSchema,
});

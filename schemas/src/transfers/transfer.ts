import { z } from 'zod';
import { holderIdSchema } from '../custody.ts';
import { noteSchema } from '../request-api.ts';
import { lifeSchema } from '../refs.ts';

/* T0: what somebody wants to hand to a holder, and what makes that lawful. */

const reference = noteSchema;
/** Of an institution or a law, not of a person: no address fits in. */
export const institutionSchema = z
  .string()
  .max(120)
  .regex(/^[^@\s][^@\n]*$/, 'the name of an institution or of a provision');
const category = z.string().regex(/^C[1-7]$/);
export const groupSchema = z.string().regex(/^C[1-7]\.[a-z-]{1,32}$/);

/** TF: the cases of APPI 27 that have no basis of their own here, and 27(2), which needs its filing. */
export const lawArticles = [
  'APPI 27(1)(i)',
  'APPI 27(1)(iii)',
  'APPI 27(1)(v)',
  'APPI 27(1)(vi)',
  'APPI 27(1)(vii)',
  'APPI 27(2)',
] as const;

/** TC: what is protected, and why nobody could be asked. */
export const protectedGoods = ['life', 'body', 'property'] as const;
export const consentObstacles = ['unreachable', 'no-time', 'would-defeat-the-purpose'] as const;

/** What never waits for a basis (R5): a holder that lost it is told all the same. */
export const transferDuties = ['erase', 'suspend', 'correct', 'disclose'] as const;

/*
 * Evidence is keyed by what the policy's `bases` say that a basis carries. All of it may be left out: what is missing
 * is named in the refusal, under the row that asks for it.
 */
const consent = z.strictObject({ basis: z.literal('consent') });
const lifeOrProperty = z.strictObject({
  basis: z.literal('life-or-property'),
  protects: z.enum(protectedGoods).optional(),
  reason: reference.optional(),
  'why-consent-is-hard': z.enum(consentObstacles).optional(),
  /** A role. */
  approver: reference.optional(),
});
const law = z.strictObject({
  basis: z.literal('law'),
  article: z.enum(lawArticles).optional(),
  authority: institutionSchema.optional(),
  'reference-number': reference.optional(),
  items: z.array(groupSchema).min(1).max(32).optional(),
  /** Of 27(2): what was filed with the Commission, and when. */
  filing: z.strictObject({ reference, filedOn: z.iso.date() }).optional(),
});

export const evidenceSchema = z.discriminatedUnion('basis', [
  z.strictObject({ basis: z.literal('own') }),
  z.strictObject({ basis: z.literal('entrustment') }),
  z.strictObject({ basis: z.literal('joint-use') }),
  consent,
  lifeOrProperty,
  law,
  z.strictObject({
    basis: z.literal('terms-violation'),
    'case-reference': reference.optional(),
    approver: reference.optional(),
    /** TB carries nothing alone: what stands beside it. */
    'basis-beside-it': z.discriminatedUnion('basis', [consent, lifeOrProperty, law]).optional(),
  }),
  z.strictObject({
    basis: z.literal('public-body'),
    authority: institutionSchema.optional(),
    'legal-provision': institutionSchema.optional(),
    'reference-number': reference.optional(),
  }),
  z.strictObject({
    basis: z.literal('succession'),
    /** Holder that takes the business over. */
    successor: holderIdSchema.optional(),
    date: z.iso.date().optional(),
    /** The business: what of it is data, and what these served before. */
    scope: z
      .strictObject({ categories: z.array(category).min(1), purposes: z.array(z.string().max(64)).min(1) })
      .optional(),
  }),
  z.strictObject({ basis: z.literal('duty'), duty: z.enum(transferDuties) }),
]);
export type Evidence = z.infer<typeof evidenceSchema>;
export type Basis = Evidence['basis'];

export const transferSchema = z.strictObject({
  holder: holderIdSchema,
  /** What the holder will use it for. */
  purpose: z.string().min(1).max(64),
  /** Whom it is about; absent where a holder as such is judged. */
  subject: lifeSchema.optional(),
  category: category.optional(),
  groups: z.array(groupSchema).max(32).optional(),
  /** APPI 31: a cookie or device that the holder will hold as personal data. */
  recipientIdentifies: z.boolean().optional(),
  evidence: evidenceSchema,
});
export type Transfer = z.infer<typeof transferSchema>;

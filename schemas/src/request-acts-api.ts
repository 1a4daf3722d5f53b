import { z } from 'zod';
import { hasJapanese } from './policy/japanese.ts';
import { labelsSchema } from './policy/labels.ts';
import { noteSchema, noticeViewSchema } from './request-api.ts';
import { requestStates, requestTypes } from './request-events.ts';

/* What is done about a request after it has arrived. Rights `requests:write`; reading `requests:read`. */

/** Said to the person and kept in clear, so nothing in it may tell who that is. */
const reasonText = z
  .string()
  .min(1)
  .max(600)
  .refine((text) => !/[@\uFF20]/u.test(text), 'holds an address: a reason names nobody')
  .refine(
    (text) => !/\p{Nd}(?:[\s().\p{Pd}/]?\p{Nd}){6,}/u.test(text),
    'holds a number of somebody: a reason names nobody',
  );

/** `POST /v1/requests/:id/review`. */
export const reviewSchema = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.literal('accept') }),
  z.strictObject({
    decision: z.literal('refuse'),
    /** Id of a ground that the policy allows for this right (R9). */
    ground: z.string().max(64),
    reason: z.strictObject({
      ja: reasonText.refine(hasJapanese, 'has no Japanese characters (L2)'),
      en: reasonText,
    }),
    /** Only these purposes, holders, categories or field groups of it are refused; absent: all of it. */
    parts: z
      .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/))
      .min(1)
      .max(64)
      .optional(),
  }),
]);
export type Review = z.infer<typeof reviewSchema>;

/** `POST /v1/requests/:id/fee`: it was paid (R8). `reference`: of the payment. */
export const feePaidSchema = z.strictObject({ yen: z.int().min(1), reference: noteSchema });

/** `POST /v1/requests/:id/answer`: the person was answered. `evidence`: where that can be found. */
export const answeredSchema = z.strictObject({ evidence: noteSchema });

/** `POST /v1/requests/:id/withdraw`. */
export const withdrawRequestSchema = z.strictObject({});

/** `POST /v1/requests/:id/notices/:n/sent`. */
export const noticeSentSchema = z.strictObject({ reference: noteSchema.optional() });

/** What all of them answer. */
export const actedSchema = z.strictObject({ id: z.string(), state: z.enum(requestStates) });
export type Acted = z.infer<typeof actedSchema>;

/** `GET /v1/notices`: those of every request that nobody has marked sent; `GET /v1/requests/:id/notices`: all of one. */
export const noticeListSchema = z.strictObject({
  asOf: z.iso.datetime(),
  notices: z.array(noticeViewSchema),
});

/** `GET /v1/requests/:id/answer`: what Keiro itself can tell, as of a moment (A1). No personal value. */
export const answerSchema = z.strictObject({
  request: z.string(),
  type: z.enum(requestTypes),
  asOf: z.iso.datetime(),
  /** Where an answer that somebody else gave can be found. */
  evidence: z.string().optional(),
  sections: z.array(z.strictObject({ heading: labelsSchema, items: z.array(labelsSchema) })),
});
export type Answer = z.infer<typeof answerSchema>;

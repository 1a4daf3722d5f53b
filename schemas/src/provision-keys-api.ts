import { z } from 'zod';
import { identifierSchema } from './keys-api.ts';
import { noteSchema } from './request-api.ts';
import { lifeSchema, refSchema } from './refs.ts';

/*
 * Who a record of provision is about (APPI 29, 30) is sealed under a key of its own, which the erasure of the person does
 * not touch: one per life and month of recording, so that a key which may be destroyed is never given out any more.
 */

/** `<ref>#<generation>|<YYYY-MM>` */
export const provisionKeySchema = z
  .string()
  .regex(/^[a-z]+\.[A-Za-z0-9_-]{32}#\d{1,9}\|\d{4}-\d{2}$/, 'not a provision key');
export const provisionIdSchema = z.string().regex(/^p-[A-Za-z0-9_-]{22}$/, 'not the id of a provision');

/** Refs of one person whose identifiers a record names. */
export const mostRefs = 32;
/** Records that one call seals. */
export const sealAtOnce = 100;

/** Right `keys:provisions`: nobody but `keys` sees a value. */
export const provisionSealRequestSchema = z.strictObject({
  identities: z
    .array(
      z.strictObject({
        provision: provisionIdSchema,
        subject: lifeSchema,
        /** Others of the same person, in whatever life they are now. */
        refs: z.array(refSchema).max(mostRefs),
      }),
    )
    .min(1)
    .max(sealAtOnce),
});
export type ProvisionSealRequest = z.infer<typeof provisionSealRequestSchema>;

export const provisionSealResponseSchema = z.strictObject({
  /** In the order asked. */
  results: z.array(
    z.discriminatedUnion('state', [
      z.strictObject({ state: z.literal('sealed'), key: provisionKeySchema, sealed: z.string() }),
      z.strictObject({ state: z.literal('refused'), reason: z.enum(['erased', 'unknown']) }),
    ]),
  ),
});
export type ProvisionSealResponse = z.infer<typeof provisionSealResponseSchema>;

/** For what an identity is opened: a person's request (APPI 33(5)), or what an authority asks. */
export const provisionOpenings = ['disclosure', 'regulator'] as const;

/** Right `keys:provisions-open`. Every life is audited singly, with the reference of the case. */
export const provisionOpenRequestSchema = z.strictObject({
  for: z.enum(provisionOpenings),
  reference: noteSchema,
  identities: z
    .array(
      z.strictObject({
        provision: provisionIdSchema,
        key: provisionKeySchema,
        sealed: z.string().max(32_768),
      }),
    )
    .min(1)
    .max(500),
});
export type ProvisionOpenRequest = z.infer<typeof provisionOpenRequestSchema>;

export const provisionOpenResponseSchema = z.strictObject({
  /** In the order asked. */
  results: z.array(
    z.discriminatedUnion('state', [
      z.strictObject({ state: z.literal('open'), identifiers: z.array(identifierSchema) }),
      /** `destroyed`: its time was over. */
      z.strictObject({ state: z.literal('refused'), reason: z.enum(['destroyed', 'does-not-open']) }),
    ]),
  ),
});
export type ProvisionOpenResponse = z.infer<typeof provisionOpenResponseSchema>;

/** Right `keys:provisions`: of records that have ended. 409 where by the policy none of that month can have. Idempotent. */
export const provisionDestroyRequestSchema = z.strictObject({
  keys: z.array(provisionKeySchema).min(1).max(1000),
});
export const provisionDestroyResponseSchema = z.strictObject({ destroyed: z.int(), alreadyGone: z.int() });

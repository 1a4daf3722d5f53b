import { z } from 'zod';
import { compactPhone, normaliseIdentifier } from './normalise.ts';

/** Characters; the keys service takes no longer identifier, counted after normalisation. */
const maxNormalisedLength = 320;
const loneSurrogate = /\p{Surrogate}/u;

/** 7 to 15 digits, as E.164 allows, or 18 with a prefix for dialling abroad. */
const phoneShape = /^\+?\d{7,18}$/;

/** Whether a text can be one telephone number, in full-width characters too. An extension makes it none. */
export function isPhone(value: string): boolean {
  return phoneShape.test(compactPhone(value));
}

/** What browsers accept in an e-mail field: wider than RFC 5322, because Japanese carriers gave out addresses like `a..b.@`. */
const emailShape =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i;

/** Whether a text is an e-mail address once it is normalised. At most 254 characters then. */
export function isEmail(value: string): boolean {
  // Nearly all are in the plain form already: nothing has to be made of them.
  if (emailShape.test(value)) return value.length <= 254;
  const text = normaliseIdentifier('email', value);
  return text.length <= 254 && emailShape.test(text);
}

/**
 * Any other id: not empty, nor longer than the keys service takes, once normalised. Half a character can't be one: it
 * has no bytes of its own in UTF-8, so that two ids would come to one ref.
 */
function isIdentifier(value: string): boolean {
  if (loneSurrogate.test(value)) return false;
  // These kinds are all normalised alike.
  const { length } = normaliseIdentifier('member', value);
  return length > 0 && length <= maxNormalisedLength;
}

const idSchema = z
  .string()
  .min(1)
  .max(maxNormalisedLength)
  .refine(isIdentifier, { params: { code: 'format' } });

/**
 * Who an event is about. Every identifier is optional: an event that carries none is unattributed, sealed under
 * a key of its source and day.
 */
export const subjectSchema = z.strictObject({
  member: idSchema.optional(),
  email: z
    .string()
    .max(maxNormalisedLength)
    .refine(isEmail, { params: { code: 'format' } })
    .optional(),
  phone: z
    .string()
    .max(40)
    .refine(isPhone, { params: { code: 'format' } })
    .optional(),
  payer: idSchema.optional(),
  cookie: idSchema.optional(),
  device: idSchema.optional(),
});
export type Subject = z.infer<typeof subjectSchema>;

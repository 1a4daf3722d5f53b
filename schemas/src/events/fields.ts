import { z } from 'zod';
import { isEmail, isPhone } from './identifiers.ts';
import { toNfkc } from './normalise.ts';

/* Building blocks of the events' fields. What JSON Schema can't say (formats after NFKC) is checked by zod alone. */

/** Free text of at most `max` characters, not empty. */
export const text = (max: number) => z.string().min(1).max(max);

/** A readable, non-personal word: lower-case letters, digits, `-` and `_`. Nothing a person types fits by accident. */
export const slug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/);

export const personName = text(200);
export const email = z
  .string()
  .max(320)
  .refine(isEmail, { params: { code: 'format' } });

const longestPhone = 60;

/** A telephone number with, where there is one, an extension. */
export const phone = z
  .string()
  .max(longestPhone)
  .refine(isPhoneWithExtension, { params: { code: 'format' } });

function isPhoneWithExtension(value: string): boolean {
  // The expression's time grows faster than the text: not for texts that are too long anyway.
  return value.length <= longestPhone && (isPhone(value) || isPhone(toNfkc(value).replace(extension, '')));
}
const extension = /\s*[,(]?\s*(?:内線|ext\.?|x|#)\s*:?\s*\d{1,7}\)?\s*$/i;

/** One line or several, as it would stand on a parcel. */
export const postalAddress = text(500);

/** Instant, RFC 3339 with offset. */
export const instant = z.iso.datetime({ offset: true });

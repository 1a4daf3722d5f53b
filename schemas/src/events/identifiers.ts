import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { z } from 'zod';

/** What can name a person, in the order of priority: the first present one keys the event (D1). */
export const identifierKinds = ['member', 'email', 'phone', 'payer', 'cookie', 'device'] as const;
export type IdentifierKind = (typeof identifierKinds)[number];

/** Kinds that name one person by agreement; the others name a browser or a machine. */
export const strongIdentifierKinds = [
  'member',
  'email',
  'phone',
  'payer',
] as const satisfies readonly IdentifierKind[];

/** Characters; the keys service takes no longer identifier, counted after normalisation. */
const maxNormalisedLength = 320;
// eslint-disable-next-line no-control-regex -- a control character is exactly what makes a string not plain
const plainAscii = /^[\x00-\x7f]*$/;
const loneSurrogate = /\p{Surrogate}/u;

/** NFKC, so that full-width and half-width forms of the same text are equal. */
export function toNfkc(value: string): string {
  return plainAscii.test(value) ? value : value.normalize('NFKC');
}

/**
 * The one form of an identifier from which its ref is computed. Total, deterministic and idempotent; it never
 * throws, so that what was once accepted can always be looked up.
 *
 * - every kind: Unicode NFKC, white space trimmed at both ends
 * - email: the whole address in lower case. Sub-addresses are kept (`a+b@` is not `a@`), and so are dots:
 *   what they mean is the receiving host's own business, and a wrong guess would join two people
 * - phone: E.164, read as a Japanese number where no country is given; an extension is dropped. What can't be
 *   read as a telephone number is reduced to its digits
 * - member, payer, cookie, device: case is kept, because ids may differ in nothing else
 */
export function normaliseIdentifier(kind: IdentifierKind, value: string): string {
  const text = toNfkc(value).trim();
  if (kind === 'email') return toNfkc(text.toLowerCase()).trim();
  if (kind === 'phone') return normalisePhone(text);
  return text;
}

/** Ten digits, or eleven of a mobile or IP telephone, after the trunk prefix 0 or the country. 010 dials abroad. */
const japaneseNational = /^0(?:[5-9]0\d{8}|(?!10)[1-9]\d{8})$/;
const japaneseE164 = /^\+81(?:[5-9]0\d{8}|[1-9]\d{8})$/;
const phonePunctuation = /[\s().\-\u2010-\u2015\u2212\u30fc]/g;

function normalisePhone(text: string): string {
  const compact = text.replace(phonePunctuation, '');
  // Nearly every number here is one of these: the full library comes to the same, in twenty times the time.
  if (japaneseE164.test(compact)) return compact;
  if (japaneseNational.test(compact)) return `+81${compact.slice(1)}`;
  const digits = (compact.startsWith('+') ? '+' : '') + text.replace(/\D/g, '');
  // The digits alone are tried too: what they come to must not depend on what stood between them.
  const parsed = parsePhoneNumberFromString(text, 'JP') ?? parsePhoneNumberFromString(digits, 'JP');
  return parsed?.number ?? digits;
}

/** 7 to 15 digits, as E.164 allows, or 18 with a prefix for dialling abroad. */
const phoneShape = /^\+?(?:[\s().\-\u2010-\u2015\u2212\u30fc/]*\d){7,18}[\s().]*$/;

/** Whether a text can be a telephone number, in full-width characters too. */
export function isPhone(value: string): boolean {
  return phoneShape.test(value) || phoneShape.test(toNfkc(value).trim());
}

/** What browsers accept in an e-mail field: wider than RFC 5322, because Japanese carriers gave out addresses like `a..b.@`. */
const emailShape =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i;

/** Whether a text is an e-mail address once its full-width characters are narrowed. At most 254 characters. */
export function isEmail(value: string): boolean {
  // Nearly all are in the plain form already: nothing has to be made of them.
  if (emailShape.test(value)) return value.length <= 254;
  const text = toNfkc(value).trim();
  return text.length <= 254 && emailShape.test(text);
}

/** Any other id: not empty, nor longer than the keys service takes, once normalised. */
function isIdentifier(value: string): boolean {
  if (plainAscii.test(value)) return value.trim() !== '';
  if (loneSurrogate.test(value)) return false;
  const length = toNfkc(value).trim().length;
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

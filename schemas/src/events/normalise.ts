import { domainToASCII } from 'node:url';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { IdentifierKind } from './identifier-kinds.ts';

// eslint-disable-next-line no-control-regex -- a control character is exactly what makes a string not plain
const plainAscii = /^[\x00-\x7f]*$/;
const printableAscii = /^[!-~]*$/;
/** Control characters and those that are not seen: joiners, direction marks, soft hyphens, byte order marks. */
const unseen = /[\p{Cc}\p{Cf}]/gu;
const unseenAtTheEnds = /^[\s\p{Cc}\p{Cf}]+|[\s\p{Cc}\p{Cf}]+$/gu;

/** NFKC, so that full-width and half-width forms of the same text are equal. */
export function toNfkc(value: string): string {
  return plainAscii.test(value) ? value : value.normalize('NFKC');
}

/**
 * The one form of an identifier from which its ref is computed. Total, deterministic and idempotent; it never
 * throws, so that what was once accepted can always be looked up. Where two readings are possible it keeps them
 * apart: two forms of one person's identifier are two refs that a link joins, but two persons under one ref can't be
 * told apart again.
 *
 * - every kind: Unicode NFKC; white space, control and invisible characters at both ends are trimmed
 * - email: control and invisible characters are dropped throughout. The domain is in lower case and in its ASCII
 *   form (IDNA), `。` between its labels is a dot. The local part is in lower case too: RFC 5321 lets a host tell
 *   `Hanako@` from `hanako@`, but none that people use gives them to two persons, while people type either.
 *   Sub-addresses are kept (`a+b@` is not `a@`), and so are dots: what they mean is the receiving host's own
 *   business, and a wrong guess would join two people
 * - phone: E.164, read as a Japanese number where no country is given; see `normalisePhone`
 * - member, payer, cookie, device: case is kept, because ids may differ in nothing else
 */
export function normaliseIdentifier(kind: IdentifierKind, value: string): string {
  if (kind === 'email') return normaliseEmail(value);
  if (kind === 'phone') return normalisePhone(value);
  return printableAscii.test(value) ? value : trimmed(toNfkc(value));
}

const trimmed = (text: string) => text.replace(unseenAtTheEnds, '');

function normaliseEmail(value: string): string {
  if (printableAscii.test(value)) return value.toLowerCase();
  // Twice: dropping a character, and lower case, can bring two together that are one in NFKC.
  const text = trimmed(toNfkc(toNfkc(value.replace(unseen, '')).toLowerCase()));
  const domainAt = text.lastIndexOf('@') + 1;
  const domain = text.slice(domainAt);
  if (domainAt === 0 || plainAscii.test(domain)) return text;
  const ascii = domainToASCII(domain);
  return ascii === '' ? text : text.slice(0, domainAt) + ascii;
}

/** Ten digits, or eleven of a mobile or IP telephone, after the trunk prefix 0 or the country. 010 dials abroad. */
const japaneseNational = /^0(?:[5-9]0\d{8}|(?!10)[1-9]\d{8})$/;
const japaneseE164 = /^\+81(?:[5-9]0\d{8}|[1-9]\d{8})$/;

/**
 * What people put between digits: spaces, dots, brackets, slashes, and every dash, bar, long vowel mark and middle
 * dot that a Japanese keyboard offers for one. Full-width forms are narrowed before.
 */
const separators = /[\s().\-/\u00b7\u02d7\u2010-\u2015\u2043\u2212\u2500\u2501\u3030\u30fb\u30fc]/g;

/** A text without what may stand between the digits of a telephone number. */
export function compactPhone(value: string): string {
  const text = printableAscii.test(value) ? value : toNfkc(value.replace(unseen, ''));
  return toNfkc(text.replace(separators, ''));
}

/** An extension (`内線`, `ext`, `x`, `#`, `;ext=`), a pause, a range, or words. */
const notOneNumber = /[\p{L}#;,*~\u301c]/u;

/**
 * E.164. `0…` and `+81…`, also `+81 (0)…` and `81…`, come to the same, and so do numbers dialled abroad from Japan
 * (`010 44 …`) and from elsewhere (`00 44 …`). A number with an extension is refused, which is to say that it stays
 * as it was written and equals no number: behind one switchboard there are many people. What can't be read as a
 * telephone number is reduced to its digits.
 */
function normalisePhone(value: string): string {
  const compact = compactPhone(value);
  // Nearly every number here is one of these: the full library comes to the same, in twenty times the time.
  if (japaneseE164.test(compact)) return compact;
  if (japaneseNational.test(compact)) return `+81${compact.slice(1)}`;
  if (notOneNumber.test(compact)) return compact;
  const digits = (compact.startsWith('+') ? '+' : '') + compact.replace(/\D/g, '');
  return (dialledWith00(digits) ?? parsePhoneNumberFromString(digits, 'JP'))?.number ?? digits;
}

/** 00 begins no number to be dialled abroad within Japan, but services and carriers (0077): only what fits abroad counts. */
function dialledWith00(digits: string) {
  if (!/^00[1-9]/.test(digits)) return undefined;
  const parsed = parsePhoneNumberFromString(`+${digits.slice(2)}`);
  return parsed?.isPossible() === true ? parsed : undefined;
}

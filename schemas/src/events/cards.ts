import { isValidPhoneNumber } from 'libphonenumber-js/min';
import { isCardNumber } from './card-number.ts';

/*
 * C5: a full card number or a security code is refused wherever it stands. The search must not refuse ordinary
 * ids, telephone numbers or bar codes, of which there are millions, so it asks for what a card number is and for
 * the ways in which people write one. Every expression here is linear in the text, however it is made.
 */

/** Names under which a security code is asked for. {@link searchable} makes a hyphen of the long vowel mark `ー`. */
const securityCodeName =
  /^(?:card)?(?:cvv2?|cvc2?|csc|cvn2?|cav2?|cid|security(?:code|number)|verification(?:code|number|value))$/;
const securityCodeInText =
  /(?:\bcvv2?|\bcvc2?|security[\s_-]{0,3}code|card[\s_-]{0,3}verification[\s_-]{0,3}(?:code|number|value)|セキュリティ-?\s?コ[ー-]ド|カ[ー-]ド確認番号)[\s:=#"'、は-]{0,8}(?:is\s{0,3})?\d{3,4}(?!\d)/i;

/** The text as it is to be searched: NFKC, no invisible characters, one kind of hyphen, single spaces. */
export function searchable(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/(?:\s|%20)+/g, ' ')
    .replace(/ ?[-\u2010-\u2015\u2212\u30fc]+ ?/g, '-');
}

/** Whether a {@link searchable} text holds a security code that is called one. */
export function holdsSecurityCode(text: string): boolean {
  return securityCodeInText.test(text);
}

/** Whether a field's name asks for a security code. */
export function namesSecurityCode(name: string): boolean {
  return securityCodeName.test(name.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

/** Whether a {@link searchable} text holds a full card number, in one row of digits or in groups. */
export function holdsCardNumber(text: string): boolean {
  return chainsOf(text).some((chain) => chainHoldsCard(text, chain));
}

/** A row of digits in a text. */
interface Row {
  readonly digits: string;
  readonly start: number;
}

/** Longest group in which anybody writes a card number. */
const longestGroup = 6;
const separator = /^[ \-./_,|+·・]$/;

/** Rows of digits that belong together: groups with one and the same separator between them, or a long row alone. */
function chainsOf(text: string): Row[][] {
  const chains: Row[][] = [];
  let chain: Row[] = [];
  let joint = '';
  for (const match of text.matchAll(/\d+/g)) {
    const row: Row = { digits: match[0], start: match.index };
    const last = chain.at(-1);
    const between = last === undefined ? '' : text.slice(last.start + last.digits.length, row.start);
    const fits =
      last !== undefined && last.digits.length <= longestGroup && row.digits.length <= longestGroup;
    if (fits && separator.test(between) && (chain.length === 1 || between === joint)) {
      chain.push(row);
    } else {
      // With another separator a new chain may begin at the last group.
      chain = fits && separator.test(between) ? [last, row] : [row];
      chains.push(chain);
    }
    joint = between;
  }
  return chains;
}

function chainHoldsCard(text: string, chain: readonly Row[]): boolean {
  if (isCardAt(text, chain)) return true;
  return chain.some(({ digits }, first) => {
    if (digits.length !== 4) return false;
    for (let end = first + 3; end <= Math.min(first + 5, chain.length); end++) {
      const groups = chain.slice(first, end);
      if (isUsualGrouping(groups.map(({ digits }) => digits.length)) && isCardAt(text, groups)) return true;
    }
    return false;
  });
}

/** 4-4-4-4 and the like, 4-6-5 and 4-6-4. Only so are parts of a longer chain taken for a number. */
function isUsualGrouping(lengths: readonly number[]): boolean {
  const grouping = lengths.join('-');
  return grouping === '4-6-5' || grouping === '4-6-4' || /^4-4-4-(?:[1-4]|4-[1-3])$/.test(grouping);
}

function isCardAt(text: string, groups: readonly Row[]): boolean {
  const first = groups[0];
  const last = groups.at(-1);
  if (first === undefined || last === undefined || groups.length > 19) return false;
  const digits = groups.map((row) => row.digits).join('');
  if (!isCardNumber(digits)) return false;
  const isPhone = digits.length <= 15 && text[first.start - 1] === '+' && isValidPhoneNumber(`+${digits}`);
  return !isPhone && !isHexadecimal(text, first) && !isHexadecimal(text, last);
}

/** Whether a row of digits is a stretch of a digest or UUID: among hexadecimal letters, in a multiple of four. */
function isHexadecimal(text: string, row: Row): boolean {
  let start = row.start;
  let end = row.start + row.digits.length;
  while (isAlphanumeric(text.charCodeAt(start - 1)) && end - start <= longestDigest) start--;
  while (isAlphanumeric(text.charCodeAt(end)) && end - start <= longestDigest) end++;
  const word = text.slice(start, end);
  return word.length > row.digits.length && word.length % 4 === 0 && /^[0-9a-f]+$/i.test(word);
}

/** SHA-512 in hexadecimal. */
const longestDigest = 128;

function isAlphanumeric(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a);
}

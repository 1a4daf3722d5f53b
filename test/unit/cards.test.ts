import { describe, expect, it } from '@jest/globals';
import { exampleDocument, exampleSites, parseEvent } from '@keiro/schemas';
import { replaced } from '../builders/documents.ts';
import { randomFrom } from '../builders/random.ts';
import { doorOf } from '../builders/door.ts';

const minimal = exampleDocument('inquiry.valid.minimal');

/** What the door says to an inquiry with this text. */
function codesFor(body: string): string[] {
  const result = parseEvent(replaced(minimal, ['data', 'body'], body), doorOf(exampleSites));
  return result.ok ? [] : result.issues.map(({ code }) => code);
}

/** Numbers that issuers publish for tests: no account is behind any of them. */
const testNumbers = [
  ['Visa', '4111111111111111'],
  ['Visa, 13 digits', '4222222222222'],
  ['Mastercard', '5555555555554444'],
  ['Mastercard, 2 series', '2223003122003222'],
  ['American Express', '378282246310005'],
  ['Diners Club', '30569309025904'],
  ['JCB', '3530111333300000'],
  ['Discover', '6011111111111117'],
  ['UnionPay', '6205500000000000004'],
  ['Maestro', '6759649826438453'],
] as const;

const groupsOf = (digits: string, separator: string) => digits.replace(/(.{4})(?=.)/g, `$1${separator}`);

const writings: [string, (digits: string) => string][] = [
  ['plainly', (digits) => digits],
  ['with spaces', (digits) => groupsOf(digits, ' ')],
  ['with hyphens', (digits) => groupsOf(digits, '-')],
  ['with spaced hyphens', (digits) => groupsOf(digits, ' - ')],
  ['with dots', (digits) => groupsOf(digits, '.')],
  ['with long vowel marks', (digits) => groupsOf(digits, 'ー')],
  ['with ideographic spaces', (digits) => groupsOf(digits, '\u3000')],
  ['URL-encoded', (digits) => groupsOf(digits, '%20')],
  ['digit by digit', (digits) => Array.from(digits).join(' ')],
  [
    'in full-width digits',
    (digits) =>
      Array.from(digits)
        .map((digit) => String.fromCodePoint(0xff10 + Number(digit)))
        .join(''),
  ],
  ['with zero-width spaces', (digits) => Array.from(digits).join('\u200b')],
  [
    'in mathematical digits',
    (digits) =>
      Array.from(digits)
        .map((digit) => String.fromCodePoint(0x1d7ce + Number(digit)))
        .join(''),
  ],
];

describe('C5: a full card number is refused', () => {
  for (const [issuer, digits] of testNumbers) {
    it.each(writings)(`${issuer}, written %s`, (_, write) => {
      expect(codesFor(`カードは ${write(digits)} です`)).toEqual(['card_number']);
    });
  }

  it.each([
    'card4111111111111111exp1226',
    'visa:4111111111111111/12/26',
    '番号4111111111111111番',
    'tok_4111111111111111',
    '4111111111111111-2',
    'カード 4111 1111 1111 1111 期限 12/26',
    '3782-822463-10005',
    '{"pan":"4111111111111111"}',
  ])('in %j', (text) => {
    expect(codesFor(text)).toEqual(['card_number']);
  });

  it('as a JSON number, too', () => {
    const found = parseEvent(replaced(minimal, ['data', 'number'], 4111111111111111), doorOf(exampleSites));
    expect(found).toMatchObject({ ok: false, issues: [{ field: 'data.number', code: 'card_number' }] });
  });
});

describe('C5: a security code is refused', () => {
  it.each([
    'CVV: 123',
    'cvc=1234',
    'CVV2 is 123',
    'security code 123',
    'securityCode=123',
    'ｾｷｭﾘﾃｨｺｰﾄﾞ　１２３',
    'セキュリティーコードは1234',
    'カード確認番号：123',
  ])('in %j', (text) => {
    expect(codesFor(text)).toEqual(['card_number']);
  });

  it.each(['cvv', 'CVC2', 'security_code', 'securityCode', 'card-cvv', 'cardVerificationValue'])(
    'as the field %j',
    (name) => {
      const found = parseEvent(replaced(minimal, ['data', name], '1'), doorOf(exampleSites));
      expect(found).toMatchObject({ ok: false, issues: [{ code: 'card_number' }] });
    },
  );

  it.each([
    '認証コードは 123456 です',
    'the security code arrived',
    'cvvendor 1234',
    'セキュリティ対策 2026',
  ])('but not in %j', (text) => {
    expect(codesFor(text)).toEqual([]);
  });
});

describe('what is no card number is let through', () => {
  const random = randomFrom(20170202);
  const digits = (count: number) => Array.from({ length: count }, () => String(random(10))).join('');
  const hex = (count: number) => Array.from({ length: count }, () => random(16).toString(16)).join('');
  const phone = () => `0${String(random(9) + 1)}-${digits(4)}-${digits(4)}`;

  it.each<[string, () => string]>([
    ['UUIDs', () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`],
    ['SHA-256 digests', () => hex(64)],
    ['trace ids', () => hex(32)],
    ['object ids', () => hex(24)],
    [
      'analytics ids',
      () => `GA1.1.${String(random(2 ** 31))}.${String(1_600_000_000 + random(160_000_000))}`,
    ],
    ['two telephone numbers', () => `${phone()} ${phone()}`],
    ['telephone numbers with spaces', () => `${phone()} ${phone()}`.replaceAll('-', ' ')],
    ['telephone and fax', () => `TEL:${phone()}/FAX:${phone()}`],
    ['dates and times', () => new Date(random(2 ** 40)).toISOString().replaceAll(/[TZ:.]/g, ' ')],
    ['milliseconds', () => String(1_500_000_000_000 + random(2 ** 38))],
    [
      'IP addresses',
      () => `${String(random(256))}.${String(random(256))}.${String(random(256))}.${String(random(256))}`,
    ],
    ['bar codes', () => barCode(`4${String(random(2) === 0 ? 5 : 9)}${digits(10)}`)],
    ['order numbers', () => `2026${digits(8)}-${digits(4)}`],
  ])('%s, thousands of them', (_, make) => {
    const texts = Array.from({ length: 3000 }, make);
    expect(texts.filter((text) => codesFor(text).length > 0)).toEqual([]);
  });

  it.each([
    '4111111111111112',
    '0000000000000000',
    '1111-2222-3333-4444',
    '+4915123456785',
    '4111 1111',
    '000041111111111111110000',
    'abcd4111-1111-1111-1111',
    '4111-1111-1111-1111abcd',
  ])('%s', (text) => {
    expect(codesFor(text)).toEqual([]);
  });
});

/** JAN: the thirteenth digit makes the sum, weighted 1 and 3, a multiple of ten. */
function barCode(twelve: string): string {
  const sum = Array.from(twelve).reduce(
    (total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3),
    0,
  );
  return `${twelve}${String((10 - (sum % 10)) % 10)}`;
}

describe('the search', () => {
  const size = 60_000;
  it.each([
    ['spaces', ' '.repeat(size) + '1'.repeat(13)],
    ['digits one by one', '1 '.repeat(size / 2)],
    ['hyphens', '- '.repeat(size / 2) + '1'.repeat(13)],
    ['groups of four', '4444-'.repeat(size / 5)],
    ['the beginning of a code', `cvv${' '.repeat(size)}`],
    ['what NFKC makes long', '\ufdfa'.repeat(size)],
  ])('takes time in proportion to the text: %s', (_, text) => {
    const half = timeOf(text.slice(0, text.length / 2));
    // Twice the text, twice the time; four times would be quadratic. The rest is for a busy machine.
    expect(timeOf(text)).toBeLessThan(half * 3.5 + 50);
  });
});

/** Milliseconds, the best of five. */
function timeOf(text: string): number {
  return Math.min(
    ...Array.from({ length: 5 }, () => {
      const began = performance.now();
      codesFor(text);
      return performance.now() - began;
    }),
  );
}

import { describe, expect, it } from '@jest/globals';
import { identifierKinds, normaliseIdentifier, strongIdentifierKinds, subjectSchema } from '@keiro/schemas';
import { randomFrom } from '../builders/random.ts';

describe('the kinds of identifiers', () => {
  it('stand in the order of priority, the strong ones first', () => {
    expect(identifierKinds).toEqual(['member', 'email', 'phone', 'payer', 'cookie', 'device']);
    expect(strongIdentifierKinds).toEqual(identifierKinds.slice(0, 4));
  });
});

describe('an e-mail address', () => {
  it.each([
    'hanako@mail.example',
    'Hanako@Mail.Example',
    ' hanako@mail.example\n',
    'ｈａｎａｋｏ＠ｍａｉｌ．ｅｘａｍｐｌｅ',
    'ＨＡＮＡＫＯ@mail.example',
    '\u3000hanako@mail.example\u00a0',
    'hanako@mail。example',
    'hanako@mail｡example',
    '\u202ahanako@mail.example\u202c',
    'hanako\u200b@mail.exam\u00adple\0',
  ])('%j is hanako@mail.example', (value) => {
    expect(normaliseIdentifier('email', value)).toBe('hanako@mail.example');
  });

  it.each(['hanako@日本語.example', 'Hanako@日本語。EXAMPLE', 'hanako@XN--WGV71A119E.example'])(
    '%j has its domain in ASCII',
    (value) => {
      expect(normaliseIdentifier('email', value)).toBe('hanako@xn--wgv71a119e.example');
    },
  );

  it('with a domain that has no ASCII form stays as it is', () => {
    expect(normaliseIdentifier('email', 'hanako@日本 語')).toBe('hanako@日本 語');
  });

  it.each(['hanako+news@mail.example', 'hana.ko@mail.example', 'hanako@sub.mail.example'])(
    '%j is another address: sub-addresses and dots are kept',
    (value) => {
      expect(normaliseIdentifier('email', value)).toBe(value);
    },
  );
});

describe('a telephone number', () => {
  it.each([
    '090-1234-5678',
    '09012345678',
    '(090) 1234-5678',
    '090 1234 5678',
    '090.1234.5678',
    '０９０－１２３４－５６７８',
    '０９０ー１２３４ー５６７８',
    '090−1234−5678',
    '090‐1234‐5678',
    '+819012345678',
    '+81 90-1234-5678',
    '＋８１ ９０ １２３４ ５６７８',
    '+81 (0)90-1234-5678',
    '010-81-90-1234-5678',
    '0081-90-1234-5678',
    '0081 (0)90 1234 5678',
    '+81 090-1234-5678',
    '(+81) 90-1234-5678',
    '81-90-1234-5678',
    '090・1234・5678',
    '０９０･１２３４･５６７８',
    '０９０―１２３４─５６７８',
    '090⁃1234━5678',
    '090/1234/5678',
    '090\u200b1234\u00ad5678\t',
    '\u202a090-1234-5678\u202c',
  ])('%j is +819012345678', (value) => {
    expect(normaliseIdentifier('phone', value)).toBe('+819012345678');
  });

  it.each([
    ['03-1234-5678', '+81312345678'],
    ['+81-3-1234-5678', '+81312345678'],
    ['0120-123-456', '+81120123456'],
    ['050-1234-5678', '+815012345678'],
    ['+44 20 7946 0958', '+442079460958'],
    ['+1 (202) 555-0143', '+12025550143'],
    ['010 44 20 7946 0958', '+442079460958'],
    ['0108787212', '+8787212'],
    ['00 44 20 7946 0958', '+442079460958'],
    ['+44 (0)20 7946 0958', '+442079460958'],
    // Services within Japan, not calls to Kazakhstan.
    ['0077-22-1234', '+810077221234'],
  ])('%j is %j', (value, expected) => {
    expect(normaliseIdentifier('phone', value)).toBe(expected);
  });

  it('comes to the same by the short way and by the library', () => {
    const random = randomFrom(81);
    for (let round = 0; round < 2000; round++) {
      const length = random(2) === 0 ? 8 : 9;
      const area =
        length === 9 ? `${String(5 + random(5))}0` : `${String(1 + random(9))}${String(1 + random(9))}`;
      const national = area + Array.from({ length: 7 + length - 8 }, () => String(random(10))).join('');
      // The slash and the prefix for dialling abroad are read by the library alone.
      const forms = [
        `0${national}`,
        `+81${national}`,
        `01081${national}`,
        `0${national.slice(0, 4)}/${national.slice(4)}`,
      ];
      expect(new Set(forms.map((form) => normaliseIdentifier('phone', form)))).toEqual(
        new Set([`+81${national}`]),
      );
    }
  });

  it.each([
    '03-1234-5678 内線12',
    '03-1234-5678（内線12）',
    '03-1234-5678x12',
    '03-1234-5678 ext. 12',
    '03-1234-5678#12',
    '03-1234-5678,12',
    '+81312345678;ext=12',
    '03-1234-5678～9',
    '03-1234-567 内線8',
  ])('%j is no number of one person: it is refused, and equals no other', (value) => {
    expect(subjectSchema.safeParse({ phone: value }).success).toBe(false);
    expect(normaliseIdentifier('phone', value)).not.toMatch(/^\+?\d+$/);
  });

  it('that is none is reduced to its digits, so that it can still be looked up', () => {
    expect(normaliseIdentifier('phone', '１')).toBe('1');
    expect(normaliseIdentifier('phone', '9@9@9')).toBe(normaliseIdentifier('phone', '999'));
    expect(normaliseIdentifier('phone', '+999 12')).toBe('+99912');
  });
});

describe('any other identifier', () => {
  it.each(['member', 'payer', 'cookie', 'device'] as const)(
    '%s: narrowed and trimmed, its case kept',
    (kind) => {
      expect(normaliseIdentifier(kind, '\u3000Ｍ－１００１ ')).toBe('M-1001');
      expect(normaliseIdentifier(kind, 'm-1001')).not.toBe(normaliseIdentifier(kind, 'M-1001'));
      expect(normaliseIdentifier(kind, 'ﾔﾏﾀﾞ')).toBe('ヤマダ');
      expect(normaliseIdentifier(kind, '\ufeff\u200eM-1001\0\t\u200b')).toBe('M-1001');
      expect(normaliseIdentifier(kind, 'M\u200b1001')).not.toBe(normaliseIdentifier(kind, 'M1001'));
    },
  );
});

describe('normalising', () => {
  const pieces = [
    'a',
    'Z',
    '0',
    '9',
    '@',
    '.',
    '+',
    '-',
    ' ',
    '\u3000',
    'ー',
    'ｶ',
    'ﾞ',
    'か',
    '\u3099',
    'İ',
    'ß',
    'ﬁ',
    '①',
    '𠮷',
    '㈱',
    '\ufdfa',
    'Σ',
    '。',
    '内',
    '#',
    '\0',
    '\u200b',
    '\u00ad',
    '\u0301',
    '\u00a8',
  ];

  it.each(identifierKinds)('%s twice is once, whatever the text', (kind) => {
    const random = randomFrom(2015);
    for (let round = 0; round < 5000; round++) {
      const text = Array.from({ length: 1 + random(20) }, () => pieces[random(pieces.length)] ?? '').join('');
      const once = normaliseIdentifier(kind, text);
      expect(normaliseIdentifier(kind, once)).toBe(once);
    }
  });
});

describe('a subject', () => {
  it.each([
    ['email', 'hanako@日本語.example'],
    ['email', 'ｈａｎａｋｏ@mail。example'],
    ['phone', '（＋８１）　９０－１２３４－５６７８'],
    ['phone', '090・1234・5678'],
    ['phone', '090⁃1234━5678'],
  ])('%s may be %j', (kind, value) => {
    expect(subjectSchema.safeParse({ [kind]: value }).success).toBe(true);
  });

  it('may carry any identifier, or none', () => {
    expect(subjectSchema.safeParse({}).success).toBe(true);
    expect(subjectSchema.safeParse({ member: 'm', cookie: 'c' }).success).toBe(true);
  });

  it.each([
    ['member', ''],
    ['member', ' \u3000 '],
    ['member', '\0\u200b'],
    ['cookie', 'x'.repeat(321)],
    ['device', '\ufdfa'.repeat(300)],
    ['payer', 'p\ud83d'],
    ['email', 'hanako'],
    ['email', 'a@b@mail.example'],
    ['email', `${'x'.repeat(65)}@mail.example`],
    ['phone', '123'],
    ['phone', '1234567890123456789'],
    ['phone', 'hanako'],
  ])('%s may not be %j', (kind, value) => {
    expect(subjectSchema.safeParse({ [kind]: value }).success).toBe(false);
  });

  it('may not be a list, nor have other identifiers: an address (IP) is never one (D1)', () => {
    expect(subjectSchema.safeParse([]).success).toBe(false);
    expect(subjectSchema.safeParse({ ip: '192.0.2.17' }).success).toBe(false);
  });
});

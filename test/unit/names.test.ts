import { describe, expect, it } from '@jest/globals';
import { normaliseName } from '@keiro/schemas/names';
import fc from 'fast-check';

describe('R1: a name in a request', () => {
  it.each([
    ['カクウ ハナコ', 'ｶｸｳ ﾊﾅｺ'],
    ['カクウ ハナコ', 'かくう　はなこ'],
    ['カクウ ハナコ', 'カクウハナコ'],
    ['ダミヤ ジュンペイ', 'ﾀﾞﾐﾔ\u3000ｼﾞｭﾝﾍﾟｲ'],
    ['ダミヤ', 'タ゛ミヤ'],
    ['サトー', 'さとー'],
    ['サトー', 'サト－'],
    ['ジョン・スミス', 'ｼﾞｮﾝ ｽﾐｽ'],
    ['架空 花子', '架空\u00a0花子\u200b'],
    ['葛\u{e0100}城', '葛城'],
    ['Hanako KAKUU', 'ｈａｎａｋｏ kakuu'],
  ])('%j is the same as %j', (one, other) => {
    expect(normaliseName(other)).toBe(normaliseName(one));
  });

  it.each([
    ['ショウ', 'シヨウ'],
    ['ミヅキ', 'ミズキ'],
    ['ヴァン', 'バン'],
    ['高橋', '髙橋'],
    ['佐々木', '佐佐木'],
    ['架空 花子', 'カクウ ハナコ'],
  ])('%j is not %j: that is for a person to judge', (one, other) => {
    expect(normaliseName(other)).not.toBe(normaliseName(one));
  });

  it('twice is once, whatever the text', () => {
    const piece = fc.constantFrom(...Array.from('ｶﾞかゝ゛゜ーｰ-―・㌔㈱İΣ\u3099\u309a\u200b\u3000高髙'));
    const text = fc.string({ unit: fc.oneof(piece, fc.string({ unit: 'grapheme', maxLength: 1 })) });
    fc.assert(
      fc.property(text, (name) => {
        expect(normaliseName(normaliseName(name))).toBe(normaliseName(name));
      }),
      { numRuns: 5000, seed: 2015 },
    );
  });
});

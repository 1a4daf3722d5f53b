const unseen = /[\s\p{Cc}\p{Cf}\p{Variation_Selector}]/gu;
/** Between the parts of a name, mostly a foreign one in katakana. */
const between = /[・=]/g;
const hiragana = /[\u3041-\u3096\u309d\u309e]/g;
const toKatakana = 0x60;
/** What is typed for the long vowel mark. */
const dashAfterKana =
  /(?<=[\u30a1-\u30fa\u30fc-\u30fe][-\u2010-\u2015\u2212\u2500\u2501]*)[-\u2010-\u2015\u2212\u2500\u2501]/g;

/**
 * The one form of a person's name, to compare what a request says with what is held; idempotent. NFKC (half-width
 * kana become full-width, ㈱ becomes (株)), no white space, invisible characters, variation selectors or middle dots, Latin
 * letters in lower case, hiragana as katakana, a dash after kana as the long vowel mark.
 *
 * Equal forms are a sign, never proof: many people share a name, so it never makes a ref. Small differences are kept
 * for a person to judge: small and large kana (ヨ, ョ), ヅ and ズ, ヴ and ブ, 々, and forms of one kanji (高 and 髙,
 * 斎 and 齋).
 */
export function normaliseName(name: string): string {
  const plain = name.normalize('NFKC').replace(unseen, '').replace(between, '').toLowerCase();
  const katakana = plain
    .normalize('NFKC')
    .replace(hiragana, (kana) => String.fromCharCode(kana.charCodeAt(0) + toKatakana));
  // A mark of voicing that stood apart joins its kana.
  return katakana.normalize('NFKC').replace(dashAfterKana, 'ー');
}

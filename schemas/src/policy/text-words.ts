import type { Labels } from './labels.ts';
import type { PolicyRules } from './policy.ts';
import type { SourceOfRule, Use } from './schema.ts';

/** One of the two languages in which a policy is read; the Japanese text prevails (L2). */
export type Lang = keyof Labels;

const word = (ja: string, en: string): Labels => ({ ja, en });

/** Words that the published text and the explanation need besides those of the policy itself. */
export const textWords = {
  title: word('プライバシーポリシー', 'Privacy policy'),
  prevails: word(
    '日本語の文と翻訳に違いがあるときは、日本語の文を優先します。',
    'This is a translation: where it differs, the Japanese text prevails.',
  ),
  information: word('情報', 'Information'),
  purpose: word('利用目的', 'Purpose'),
  until: word('利用の終わり', 'Use ends'),
  atMost: word('遅くとも', 'At the latest'),
  floor: word('法令による保存', 'Kept by law'),
  right: word('権利', 'Right'),
  answer: word('回答', 'Answered within'),
  fee: word('手数料', 'Fee'),
  grounds: word('お断りできる場合', 'May be refused where'),
  free: word('無料', 'none'),
  yen: word('円', 'yen'),
  blank: word('（未記入）', '(blank)'),
  established: word('制定', 'Established'),
  amended: word('改定', 'Amended'),
  announced: word('公表', 'announced'),
  unknown: word('不明', 'unknown'),
  textUnknown: word('本文は残っていません', 'its text is not at hand'),
  none: word('なし', 'none'),
  notFor: word('対象外：', 'not for'),
  only: word('条件：', 'only for'),
  group: word('項目群', 'Group'),
  rule: word('保存期間の規則', 'Retention rule'),
  start: word('起算点', 'Counted from'),
  period: word('期間・終期', 'Period, end'),
  open: word('起算点が来てから', 'once that has come'),
  source: word('根拠', 'Source'),
  erased: word('消去', 'erased'),
  review: word('担当者が判断', 'a person decides'),
  bytes: word('保存の終わり', 'Kept until'),
  lateArrivals: word('消去後に届いたもの：', 'what came after an erasure:'),
  marketing: word('希望された方', 'those who asked for it'),
  notMarketing: word('希望されない方', 'those who did not ask for it'),
  cookieKind: word('クッキーの種類', 'cookie kind'),
} as const;

const units: Readonly<Record<string, Labels>> = {
  Y: word('年', ' years'),
  M: word('か月', ' months'),
  W: word('週間', ' weeks'),
  D: word('日', ' days'),
};

/** `30日`, `30 days` for `P30D`; a period with hours stays as it is. */
export function periodText(period: string, lang: Lang): string {
  const parts = [...period.matchAll(/(\d+)([YMWD])/g)];
  const isPlain = parts.map(([part]) => part).join('') === period.slice(1);
  if (!isPlain) return period;
  return parts
    .map(([, amount = '', unit = '']) => {
      const name = units[unit]?.[lang] ?? unit;
      return `${amount}${lang === 'en' && amount === '1' ? name.replace(/s$/, '') : name}`;
    })
    .join(lang === 'ja' ? '' : ' ');
}

/** Under which condition a use is allowed; undefined for one that always is. */
export function conditionText(when: Use['when'], lang: Lang): string | undefined {
  if (when === undefined) return undefined;
  const parts: string[] = [];
  if (when.cookieKind !== undefined)
    parts.push(`${textWords.cookieKind[lang]} ${when.cookieKind.join(', ')}`);
  if (when.marketingOptIn !== undefined)
    parts.push((when.marketingOptIn ? textWords.marketing : textWords.notMarketing)[lang]);
  return parts.join(lang === 'ja' ? '、' : ', ');
}

const deciders: Readonly<Record<SourceOfRule['decidedBy'], Labels>> = {
  law: word('法令', 'law'),
  policy: word('方針', 'policy'),
  operator: word('運営者の判断', "operator's decision"),
};

/** `PM, 個人情報保護法22条 [V]（運営者の判断）`: clause, article with how well it was read, and who decided. */
export function sourceText(rules: PolicyRules, source: SourceOfRule, lang: Lang): string {
  const { row, article, decidedBy } = source;
  const law = article === undefined ? undefined : rules.law[article];
  const cited = article === undefined ? '' : `, ${law?.[lang] ?? article} [${law?.mark ?? 'U'}]`;
  return `${row}${cited} (${deciders[decidedBy][lang]})`;
}

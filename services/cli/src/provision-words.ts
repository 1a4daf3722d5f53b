import type { KeepingRule, Labels } from '@keiro/schemas';

const word = (ja: string, en: string): Labels => ({ ja, en });

/** What `keiro provisions` says, in Japanese and English (L2). */
export const provisionWords = {
  none: word('提供の記録はありません。', 'no provision recorded'),
  shared: word(
    '複数の会員に共通する識別子です。この識別子そのものの記録だけを示します。',
    'Several members share this identifier: only what was recorded under it is shown.',
  ),
  when: word('年月日', 'date'),
  direction: word('区分', 'direction'),
  party: word('相手方', 'other party'),
  items: word('項目', 'items'),
  basis: word('根拠', 'basis'),
  record: word('記録', 'record'),
  until: word('保存期限', 'kept until'),
  provided: word('提供', 'provided'),
  received: word('受領', 'received'),
  recorded: word('要（記録済み）', 'needed, made'),
  notNeeded: word('不要', 'not needed'),
  notOpened: word('（封印）', '(sealed)'),
  destroyed: word('（鍵は破棄済み）', '(key destroyed)'),
  written: word('書き出しました', 'written'),
} as const;

export const keepingLabels = {
  single: word('記録の作成から', 'since it was made'),
  batch: word('最後の提供から', 'since the last provision'),
  contract: word('契約による最後の提供から', 'since the last provision under the contract'),
  none: word('要否の判断から', 'since it was judged'),
} as const satisfies Record<KeepingRule, Labels>;

/** How a consent was given: see `consentMeans`. */
export const consentMeansLabels: Readonly<Record<string, Labels>> = {
  form: word('書面・入力画面', 'form'),
  banner: word('表示への同意', 'banner'),
  contract: word('契約', 'contract'),
};

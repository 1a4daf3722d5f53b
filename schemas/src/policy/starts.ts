import type { PolicyRules } from './schema.ts';

/** What a retention period runs from, for people to read. */
export const starts: PolicyRules['starts'] = {
  collection: { ja: '取得', en: 'collection' },
  'last-use': { ja: '最後の利用', en: 'last use' },
  'account-closed': { ja: '退会', en: 'closing of the account' },
  'contract-ended': { ja: '契約の終了', en: 'end of the contract' },
  'draw-or-delivery': { ja: '抽選または発送', en: 'draw or delivery' },
  'inquiry-closed': { ja: '問い合わせ対応の完了', en: 'closing of the inquiry' },
  'books-closed': { ja: '帳簿の閉鎖', en: 'closing of the books' },
  'tax-filing-due': {
    ja: '確定申告期限（事業年度終了から2か月）',
    en: 'two months after the end of the fiscal year',
  },
};

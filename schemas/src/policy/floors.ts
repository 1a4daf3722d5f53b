import type { PolicyRules, SourceOfRule } from './schema.ts';

const law = (row: SourceOfRule['row'], article: string): SourceOfRule => ({ row, article, decidedBy: 'law' });

/** Laws that make a company keep its books, and nothing beside them: no e-mail address, no card token. */
export const floors: PolicyRules['floors'] = {
  'company-books': {
    label: { ja: '会計帳簿と重要な資料の10年保存', en: 'Accounting books and material, 10 years' },
    law: 'Companies Act 432(2)',
    start: 'books-closed',
    period: 'P10Y',
    source: law('PM', 'Companies Act 432(2)'),
  },
  'tax-books': {
    label: { ja: '法人税の帳簿書類の7年保存', en: 'Books for corporation tax, 7 years' },
    law: 'Corporation Tax Rules 59',
    start: 'tax-filing-due',
    period: 'P7Y',
    source: law('PM', 'Corporation Tax Rules 59'),
  },
  'tax-books-loss-year': {
    label: { ja: '欠損のある事業年度の帳簿書類の10年保存', en: 'Books of a year with a loss, 10 years' },
    law: 'Corporation Tax Rules 26-3',
    start: 'tax-filing-due',
    period: 'P10Y',
    onlyIn: 'loss-year',
    source: law('PM', 'Corporation Tax Rules 26-3'),
  },
};

import type { PolicyRules } from './schema.ts';

/** What a person may ask for (policy §6). Time limit: `answerWithin`, for every one of them. */
export const rights: PolicyRules['rights'] = {
  disclosure: {
    label: { ja: '開示', en: 'Disclosure' },
    articles: ['APPI 33'],
    feeAllowed: true,
    source: { row: 'R1', article: 'APPI 33', decidedBy: 'policy' },
  },
  correction: {
    label: { ja: '訂正', en: 'Correction' },
    articles: ['APPI 34'],
    feeAllowed: false,
    source: { row: 'R2', article: 'APPI 34', decidedBy: 'policy' },
  },
  addition: {
    label: { ja: '追加', en: 'Addition' },
    articles: ['APPI 34'],
    feeAllowed: false,
    source: { row: 'R3', article: 'APPI 34', decidedBy: 'policy' },
  },
  deletion: {
    label: { ja: '削除', en: 'Deletion' },
    // Granted on the policy's own promise; the Act gives it only on the grounds of 34 and 35.
    articles: ['APPI 34', 'APPI 35'],
    feeAllowed: false,
    source: { row: 'R4', decidedBy: 'policy' },
  },
  suspension: {
    label: { ja: '利用停止', en: 'Suspension of use' },
    articles: ['APPI 35'],
    feeAllowed: false,
    source: { row: 'R5', article: 'APPI 35', decidedBy: 'policy' },
  },
  'third-party-stop': {
    label: { ja: '第三者提供の停止', en: 'Stop of provision to third parties' },
    articles: ['APPI 35(3)'],
    feeAllowed: false,
    source: { row: 'R6', article: 'APPI 35(3)', decidedBy: 'policy' },
  },
};

import type { PolicyRules } from './schema.ts';

/** Abroad, what APPI 27(5) allows at home needs one of these besides (APPI 28(1)). */
const onlyWithMoreAbroad: PolicyRules['bases'][string]['abroad'] = {
  verdict: 'only-with',
  articles: ['APPI 28(1)'],
  with: ['consent', 'designated-country', 'equivalent-system'],
};

/** Why a transfer is lawful, and what it is at home and abroad. Items of articles are from secondary sources. */
export const bases: PolicyRules['bases'] = {
  consent: {
    label: { ja: '本人の同意', en: 'Consent of the person' },
    atHome: { verdict: 'allowed', articles: ['APPI 27(1)'] },
    abroad: { verdict: 'allowed', articles: ['APPI 28(1)', 'APPI 28(2)'] },
    source: { row: 'TA', article: 'APPI 27(1)', decidedBy: 'policy' },
  },
  'terms-violation': {
    label: { ja: '利用規約の違反', en: 'Breach of the terms of use' },
    // The policy allows it, the Act has no such exception.
    atHome: { verdict: 'only-with', articles: [], with: ['consent', 'life-or-property', 'law'] },
    abroad: { verdict: 'only-with', articles: [], with: ['consent', 'life-or-property', 'law'] },
    source: { row: 'TB', decidedBy: 'policy' },
  },
  'life-or-property': {
    label: { ja: '人の生命・身体・財産の保護', en: 'Protection of life, body or property' },
    atHome: { verdict: 'allowed', articles: ['APPI 27(1)(ii)'] },
    abroad: { verdict: 'allowed', articles: ['APPI 27(1)(ii)', 'APPI 28(1)'] },
    source: { row: 'TC', article: 'APPI 27(1)(ii)', decidedBy: 'policy' },
  },
  'public-body': {
    label: { ja: '公的機関の事務への協力', en: 'Cooperation with a public body' },
    atHome: { verdict: 'allowed', articles: ['APPI 27(1)(iv)'] },
    abroad: { verdict: 'allowed', articles: ['APPI 27(1)(iv)', 'APPI 28(1)'] },
    source: { row: 'TD', article: 'APPI 27(1)(iv)', decidedBy: 'policy' },
  },
  succession: {
    label: { ja: '事業の承継', en: 'Succession of the business' },
    atHome: { verdict: 'allowed', articles: ['APPI 27(5)(ii)', 'APPI 18(2)'] },
    abroad: onlyWithMoreAbroad,
    source: { row: 'TE', article: 'APPI 27(5)(ii)', decidedBy: 'policy' },
  },
  law: {
    label: { ja: '法令に基づく場合', en: 'A case that the law allows' },
    atHome: { verdict: 'allowed', articles: ['APPI 27(1)', 'APPI 27(2)'] },
    abroad: { verdict: 'allowed', articles: ['APPI 27(1)', 'APPI 28(1)'] },
    source: { row: 'TF', article: 'APPI 27(1)', decidedBy: 'policy' },
  },
  entrustment: {
    label: { ja: '取扱いの委託', en: 'Entrustment to a processor' },
    atHome: { verdict: 'allowed', articles: ['APPI 27(5)(i)', 'APPI 25'] },
    abroad: onlyWithMoreAbroad,
    source: { row: 'T1', article: 'APPI 27(5)(i)', decidedBy: 'policy' },
  },
  'joint-use': {
    label: { ja: '共同利用', en: 'Joint use' },
    atHome: { verdict: 'allowed', articles: ['APPI 27(5)(iii)', 'APPI 27(6)'] },
    abroad: onlyWithMoreAbroad,
    source: { row: 'T4', article: 'APPI 27(5)(iii)', decidedBy: 'policy' },
  },
};

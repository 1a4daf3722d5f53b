import { variantsOf, type Example } from './example.ts';

const { valid, invalid } = variantsOf(
  'campaign',
  { email: 'jiro@mail.example' },
  { campaign: 'spring-2026', campaignKind: 'raffle', marketingOptIn: false },
);

export const campaignExamples: readonly Example[] = [
  valid('minimal', {}),
  valid('delivery', {
    campaignKind: 'delivery',
    name: '鈴木 次郎',
    email: 'jiro@mail.example',
    phone: '０６−１２３４−５６７８',
    address: '〒000-0000 架空県見本市二丁目3番4号',
  }),
  valid('questionnaire', {
    campaignKind: 'questionnaire',
    marketingOptIn: true,
    answers: { q1: 'とても満足', q2: '' },
    comment: '予定表の使い方を\n動画で見たいです。',
  }),
  invalid('card-number', 'data.comment', 'card_number', { comment: 'カードは3056 930902 5904です' }),
  invalid('card-number-in-answers', 'data.answers.q1', 'card_number', {
    answers: { q1: '6011 1111 1111 1117' },
  }),
  invalid('no-choice', 'data.marketingOptIn', 'required', { marketingOptIn: undefined }),
  invalid('choice-as-text', 'data.marketingOptIn', 'type', { marketingOptIn: 'true' }),
  invalid('unknown-kind', 'data.campaignKind', 'value', { campaignKind: 'lottery' }),
  invalid('campaign-with-address', 'data.campaign', 'format', { campaign: 'jiro@mail.example' }),
  invalid('answer-not-text', 'data.answers.q1', 'type', { answers: { q1: 5 } }),
  invalid('question-with-address', 'data.answers.(name withheld)', 'unknown_field', {
    answers: { 'jiro@mail.example': 'はい' },
  }),
  invalid('too-many-answers', 'data.answers', 'range', {
    answers: Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`q${String(index)}`, 'はい'])),
  }),
  invalid('foreign-site', 'data.site', 'foreign_site', { site: 'raffle.elsewhere.example' }),
];

import { variantsOf, type Example } from './example.ts';

const { valid, invalid } = variantsOf(
  'inquiry',
  { email: 'saburo@mail.example' },
  { channel: 'form', body: '請求書の宛名を変えたいです。' },
);

export const inquiryExamples: readonly Example[] = [
  valid('minimal', {}),
  valid('full', {
    name: '高橋 三郎',
    email: 'saburo@mail.example',
    phone: '(03) 1234-5678',
    subjectLine: '請求書について',
    body: 'お世話になっております。\n\n請求書の宛名を変えたいです。\n\n高橋',
  }),
  valid('by-telephone', { subject: { phone: '0312345678' }, channel: 'phone' }),
  valid('numbers-that-are-no-card', {
    body: 'TEL 03-1234-5678 03-1234-5679 / 注文 20260401 0001 0002 / 受付 2026-04-01 09:00 / 会員コードは 123456 です',
  }),
  valid('rare-characters', { name: '𠮷野 髙子', body: '「はしごだか」と𠮷の字です🙂' }),
  invalid('card-number', 'data.body', 'card_number', { body: 'カード番号は 4111 1111 1111 1111 です。' }),
  invalid('card-number-glued', 'data.body', 'card_number', { body: 'card4111111111111111exp1226' }),
  invalid('card-number-with-long-vowel-marks', 'data.body', 'card_number', {
    body: '４１１１ー１１１１ー１１１１ー１１１１',
  }),
  invalid('card-number-with-dots', 'data.subjectLine', 'card_number', { subjectLine: '5555.5555.5555.4444' }),
  invalid('security-code', 'data.body', 'card_number', { body: '裏面のCVCは123です' }),
  invalid('no-body', 'data.body', 'required', { body: undefined }),
  invalid('long-body', 'data.body', 'length', { body: 'あ'.repeat(50_001) }),
  invalid('unknown-channel', 'data.channel', 'value', { channel: 'pigeon' }),
  invalid('body-as-list', 'data.body', 'type', { body: ['x'] }),
  invalid('foreign-site', 'data.site', 'foreign_site', { site: 'help.elsewhere.example' }),
];

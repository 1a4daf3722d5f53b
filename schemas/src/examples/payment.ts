import { variantsOf, type Example } from './example.ts';

const { valid, invalid } = variantsOf(
  'payment',
  { member: 'm-1001', payer: 'p-77' },
  { plan: 'standard-yearly', method: 'card', invoice: 'INV-2026-000123', amount: 39600, currency: 'JPY' },
);

export const paymentExamples: readonly Example[] = [
  valid('minimal', {}),
  valid('full', {
    payerName: '例示商事株式会社 経理部',
    paidAt: '2026-04-01T10:15:00+09:00',
    items: [
      { name: 'スタンダード（年額）', quantity: 3, amount: 36000 },
      { name: '消費税', quantity: 1, amount: 3600 },
    ],
    billingEmail: 'keiri@reiji-shoji.example',
    billingAddress: '〒000-0000 架空県見本市一丁目2番3号',
    cardToken: 'tok_visa_9QX41',
    brand: 'visa',
    last4: '1111',
  }),
  valid('refund', { amount: -39600 }),
  valid('bank-transfer', { method: 'bank-transfer', payerName: 'ﾚｲｼﾞｼﾖｳｼﾞ(ｶ' }),
  invalid('card-number', 'data.cardToken', 'card_number', { cardToken: '4111111111111111' }),
  invalid('card-number-masked-as-token', 'data.cardToken', 'card_number', {
    cardToken: 'tok_5555555555554444',
  }),
  invalid('card-number-as-number', 'data.amount', 'card_number', { amount: 4111111111111111 }),
  invalid('card-number-in-items', 'data.items.1.name', 'card_number', {
    items: [
      { name: '年額', quantity: 1, amount: 1 },
      { name: 'JCB 3530 1113 3330 0000', quantity: 1, amount: 1 },
    ],
  }),
  invalid('card-number-as-field', 'data.(name withheld)', 'card_number', { '4111-1111-1111-1111': true }),
  invalid('security-code-as-field', 'data.cvv', 'card_number', { cvv: '123' }),
  invalid('security-code-in-snake-case', 'data.security_code', 'card_number', { security_code: 123 }),
  invalid('six-last-digits', 'data.last4', 'format', { last4: '111111' }),
  invalid('no-amount', 'data.amount', 'required', { amount: undefined }),
  invalid('amount-as-text', 'data.amount', 'type', { amount: '39,600' }),
  invalid('half-a-yen', 'data.amount', 'type', { amount: 0.5 }),
  invalid('currency-in-lower-case', 'data.currency', 'format', { currency: 'jpy' }),
  invalid('plan-with-a-name', 'data.plan', 'format', { plan: '山田 花子' }),
  invalid('unknown-method', 'data.method', 'value', { method: 'cash-in-envelope' }),
  invalid('no-items', 'data.items.0.quantity', 'range', {
    items: [{ name: '年額', quantity: 0, amount: 0 }],
  }),
  invalid('paid-without-offset', 'data.paidAt', 'format', { paidAt: '2026-04-01 10:15' }),
  invalid('foreign-site', 'data.site', 'foreign_site', { site: 'pay.elsewhere.example' }),
];

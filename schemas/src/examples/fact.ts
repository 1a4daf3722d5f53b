import { variantsOf, type Example } from './example.ts';

const { valid, invalid } = variantsOf('fact', { member: 'm-1001' }, { kind: 'account-closed' });

const consent = {
  purposes: ['marketing'],
  wording: 'newsletter-2026-01',
  means: 'form',
};

export const factExamples: readonly Example[] = [
  valid('minimal', {}),
  valid('draw', {
    subject: { email: 'jiro@mail.example' },
    kind: 'draw-or-delivery',
    about: { source: 'demo-site', id: 'campaign-0001' },
  }),
  valid('inquiry-closed', { kind: 'inquiry-closed', about: { source: 'demo-site', id: 'inquiry-0001' } }),
  valid('contract-ended', { kind: 'contract-ended', subject: { member: 'm-1001', payer: 'p-77' } }),
  valid('used', { kind: 'used' }),
  valid('unlinked', { kind: 'unlinked', subject: { member: 'm-1001', device: 'd-310b' } }),
  valid('consent', { kind: 'consent-given', consent }),
  valid('consent-abroad', {
    kind: 'consent-given',
    consent: {
      recipients: ['partner-sg'],
      wording: 'partner-2026-01',
      means: 'form',
      abroad: { country: 'SG', informedOf: ['system-of-country', 'measures-of-recipient'] },
    },
  }),
  valid('consent-by-use', {
    subject: { cookie: 'c-8f2a61' },
    kind: 'consent-given',
    consent: { purposes: ['quality'], wording: 'policy-2017-02-02', means: 'implied-by-use' },
  }),
  valid('withdrawn', { kind: 'consent-withdrawn', consent }),
  invalid('nobody', 'data.subject', 'required', { subject: {} }),
  invalid('unknown-kind', 'data.kind', 'value', { kind: 'account-opened' }),
  invalid('no-consent', 'data.consent', 'required', { kind: 'consent-given' }),
  invalid('consent-of-what', 'data.consent.purposes', 'required', {
    kind: 'consent-given',
    consent: { ...consent, purposes: undefined },
  }),
  invalid('consent-beside', 'data.consent', 'unknown_field', { consent }),
  invalid('wording-as-text', 'data.consent.wording', 'format', {
    kind: 'consent-given',
    consent: { ...consent, wording: 'ご案内をお送りします' },
  }),
  invalid('unknown-means', 'data.consent.means', 'value', {
    kind: 'consent-given',
    consent: { ...consent, means: 'silence' },
  }),
  invalid('unknown-purpose', 'data.consent.purposes.0', 'value', {
    kind: 'consent-given',
    consent: { ...consent, purposes: ['resale'] },
  }),
  invalid('about-with-address', 'data.about.id', 'format', {
    about: { source: 'demo-site', id: 'jiro@mail.example' },
  }),
  invalid('comment', 'data.comment', 'unknown_field', { comment: '退会しました' }),
  invalid('foreign-site', 'data.site', 'foreign_site', { site: 'elsewhere.example' }),
];

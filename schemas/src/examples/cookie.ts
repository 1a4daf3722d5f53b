import { variantsOf, type Example } from './example.ts';

const { valid, invalid } = variantsOf(
  'cookie',
  { cookie: 'c-8f2a61' },
  { cookieKind: 'session', action: 'view' },
);

export const cookieExamples: readonly Example[] = [
  valid('minimal', {}),
  valid('login', { subject: { member: 'm-1001', cookie: 'c-8f2a61' }, action: 'login' }),
  valid('feature', { cookieKind: 'feature', action: 'use', feature: '予定表の週表示' }),
  valid('analytics', { cookieKind: 'analytics', path: '/ja/features?from=top', durationSeconds: 12.5 }),
  valid('analytics-identifier', {
    subject: { cookie: 'GA1.1.412345678.1700000000' },
    cookieKind: 'analytics',
  }),
  valid('before-sign-up', { subject: { cookie: 'c-8f2a61', device: 'd-310b' }, path: '/' }),
  invalid('card-number', 'data.path', 'card_number', { path: '/pay?number=4111111111111111' }),
  invalid('security-code-in-path', 'data.path', 'card_number', { path: '/pay?cvv=123' }),
  invalid('no-kind', 'data.cookieKind', 'required', { cookieKind: undefined }),
  invalid('unknown-kind', 'data.cookieKind', 'value', { cookieKind: 'advertising' }),
  invalid('unknown-action', 'data.action', 'value', { action: 'track' }),
  invalid('negative-duration', 'data.durationSeconds', 'range', { durationSeconds: -1 }),
  invalid('duration-as-text', 'data.durationSeconds', 'type', { durationSeconds: '12' }),
  invalid('subject-not-object', 'data.subject', 'type', { subject: 'c-8f2a61' }),
  invalid('no-subject', 'data.subject', 'required', { subject: undefined }),
  invalid('foreign-site', 'data.site', 'foreign_site', { site: 'www.demo.example.elsewhere.example' }),
];

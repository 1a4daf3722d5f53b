import { variantsOf, type Example } from './example.ts';

const browser =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.109';

const { valid, invalid } = variantsOf(
  'access',
  { device: 'd-310b' },
  { status: 200, ip: '192.0.2.17', path: '/' },
);

export const accessExamples: readonly Example[] = [
  valid('minimal', {}),
  valid('log-line', {
    subject: { member: 'm-1001' },
    method: 'GET',
    bytes: 5316,
    userAgent: browser,
    referer: 'https://www.demo.example/ja/?q=%E4%BA%88%E5%AE%9A',
    path: '/ja/calendar?week=2026-W14',
  }),
  valid('login-refused', { status: 401, method: 'POST', path: '/login', outcome: 'denied' }),
  valid('ipv6', { ip: '2001:db8::8a2e:370:7334' }),
  valid('address-and-path-alone', { subject: {}, status: undefined }),
  valid('nothing-that-a-log-leaves-out', { subject: {}, status: undefined, ip: undefined, path: undefined }),
  invalid('card-number', 'data.referer', 'card_number', {
    referer: 'https://www.demo.example/?c=5555%205555 5555-5555-5555-4444',
  }),
  invalid('host-name-as-ip', 'data.ip', 'format', { ip: 'client.isp.example' }),
  invalid('ip-with-port', 'data.ip', 'format', { ip: '192.0.2.17:443' }),
  invalid('status-too-small', 'data.status', 'range', { status: 0 }),
  invalid('status-as-text', 'data.status', 'type', { status: '200' }),
  invalid('negative-bytes', 'data.bytes', 'range', { bytes: -1 }),
  invalid('half-a-byte', 'data.bytes', 'type', { bytes: 0.5 }),
  invalid('odd-method', 'data.method', 'format', { method: 'get /' }),
  invalid('unknown-outcome', 'data.outcome', 'value', { outcome: 'maybe' }),
  invalid('ip-as-identifier', 'data.subject.ip', 'unknown_field', { subject: { ip: '192.0.2.17' } }),
  invalid('foreign-site', 'data.site', 'foreign_site', { site: 'cdn.elsewhere.example' }),
];

import { describe, expect, it } from '@jest/globals';
import { parseAccessLine, toAccessEvent } from '@keiro/cli/access-log';
import { parseEvent, shippedPolicies } from '@keiro/schemas';
import { doorOf } from '../builders/door.ts';

const when = '[10/Oct/2026:13:55:36 +0900]';
const origin = { id: 'al-1', source: 'access-log', site: 'www.demo.example' };

/** The event's data, after the contract has accepted it. */
function dataOf(line: string): Record<string, unknown> {
  const entry = parseAccessLine(line);
  if (entry === undefined) throw new Error('not read');
  const parsed = parseEvent(toAccessEvent(entry, origin, shippedPolicies()), doorOf([origin.site]));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.event.data;
}

describe('a line of an access log', () => {
  it('in Combined Log Format becomes an access event', () => {
    const line = `192.0.2.7 - m-1001 ${when} "GET /board?page=2 HTTP/1.1" 200 2326 "http://www.demo.example/" "Mozilla/5.0 (X11)"`;
    const entry = parseAccessLine(line);
    if (entry === undefined) throw new Error('not read');
    expect(toAccessEvent(entry, origin, shippedPolicies())).toEqual({
      specversion: '1.0',
      id: 'al-1',
      source: 'access-log',
      type: 'access',
      time: '2026-10-10T13:55:36+09:00',
      policyversion: '2017-02-02',
      data: {
        subject: { member: 'm-1001' },
        site: 'www.demo.example',
        status: 200,
        bytes: 2326,
        method: 'GET',
        ip: '192.0.2.7',
        userAgent: 'Mozilla/5.0 (X11)',
        outcome: 'granted',
        path: '/board?page=2',
        referer: 'http://www.demo.example/',
      },
    });
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['an IPv6 address', `2001:db8::7 - - ${when} "GET / HTTP/2.0" 200 5 "-" "-"`, { ip: '2001:db8::7' }],
    [
      'an IPv6 address with a zone',
      `fe80::1%eth0 - - ${when} "GET / HTTP/2.0" 200 5 "-" "-"`,
      { ip: 'fe80::1' },
    ],
    [
      'fields that are left out',
      `- - - ${when} "-" 408 - "-" "-"`,
      { ip: undefined, bytes: undefined, path: undefined, status: 408 },
    ],
    ['no status', `192.0.2.7 - - ${when} "GET / HTTP/1.1" - 5 "-" "-"`, { status: undefined, bytes: 5 }],
    [
      'a host name',
      `client.demo.example - - ${when} "GET / HTTP/1.1" 200 5 "-" "-"`,
      { ip: undefined, path: '/' },
    ],
    [
      'escaped quotes',
      `192.0.2.7 - - ${when} "GET /a\\"b HTTP/1.1" 200 5 "-" "the \\"best\\" \\\\ agent"`,
      { path: '/a"b', userAgent: 'the "best" \\ agent' },
    ],
    [
      'escaped bytes',
      `192.0.2.7 - - ${when} "GET /\\xe6\\xbc\\xa2\\xe5\\xad\\x97 HTTP/1.1" 200 5 "-" "-"`,
      { path: '/漢字' },
    ],
    ['plain UTF-8', `192.0.2.7 - - ${when} "GET /漢字 HTTP/1.1" 200 5 "-" "-"`, { path: '/漢字' }],
    [
      'blanks in the path',
      `192.0.2.7 - - ${when} "GET /a b HTTP/1.1" 200 5 "-" "-"`,
      { method: 'GET', path: '/a b' },
    ],
    ['HTTP/0.9', `192.0.2.7 - - ${when} "GET /old" 200 5 "-" "-"`, { method: 'GET', path: '/old' }],
    [
      'an asterisk',
      `192.0.2.7 - - ${when} "OPTIONS * HTTP/1.0" 200 5 "-" "-"`,
      { method: 'OPTIONS', path: '*' },
    ],
    [
      'a TLS greeting',
      `192.0.2.7 - - ${when} "\\x16\\x03\\x01\\x02" 400 5 "-" "-"`,
      { method: undefined, path: '\\x16\\x03\\x01\\x02' },
    ],
    ['an empty request', `192.0.2.7 - - ${when} "" 400 0 "-" "-"`, { method: undefined, path: undefined }],
    ['the common format', `192.0.2.7 - - ${when} "GET / HTTP/1.1" 200 5`, { path: '/', referer: undefined }],
    [
      'more after the agent',
      `192.0.2.7 - - ${when} "GET / HTTP/1.1" 200 5 "-" "curl/8" "10.0.0.1" 0.004`,
      { userAgent: 'curl/8' },
    ],
    [
      'a user with a blank',
      `192.0.2.7 - a b ${when} "GET / HTTP/1.1" 200 5 "-" "-"`,
      { subject: { member: 'a b' } },
    ],
    ['an empty user', `192.0.2.7 - "" ${when} "GET / HTTP/1.1" 200 5 "-" "-"`, { subject: {} }],
  ])('is read with %s', (_what, line, expected) => {
    const data = dataOf(line);
    for (const [field, value] of Object.entries(expected)) expect(data[field]).toEqual(value);
  });

  it('names nobody by what was typed at a refused log-in', () => {
    const data = dataOf(`192.0.2.7 - perhaps-a-password ${when} "GET /admin HTTP/1.1" 401 5 "-" "-"`);
    expect(data).toMatchObject({ subject: {}, outcome: 'denied' });
    expect(JSON.stringify(data)).not.toContain('perhaps-a-password');
  });

  it('keeps the offset of the server’s clock, and the policy of that day', () => {
    const entry = parseAccessLine(
      '192.0.2.7 - - [02/Feb/2017:00:30:00 +0530] "GET / HTTP/1.1" 200 5 "-" "-"',
    );
    if (entry === undefined) throw new Error('not read');
    const { time, policyversion } = toAccessEvent(entry, origin, shippedPolicies());
    expect(time).toBe('2017-02-02T00:30:00+05:30');
    // Half past midnight in India is four in the morning in Tokyo.
    expect(policyversion).toBe('2017-02-02');
  });

  it('from before the first policy has no version to be under', () => {
    const entry = parseAccessLine(
      '192.0.2.7 - - [01/Jan/2015:00:00:00 +0900] "GET / HTTP/1.1" 200 5 "-" "-"',
    );
    if (entry === undefined) throw new Error('not read');
    expect(() => toAccessEvent(entry, origin, shippedPolicies())).toThrow(RangeError);
  });

  it.each([
    ['nothing', ''],
    ['words', 'the server was started'],
    ['JSON', '{"remote":"192.0.2.7"}'],
    [
      'a day that does not exist',
      '192.0.2.7 - - [31/Feb/2026:13:55:36 +0900] "GET / HTTP/1.1" 200 5 "-" "-"',
    ],
    [
      'a month that does not exist',
      '192.0.2.7 - - [01/Foo/2026:13:55:36 +0900] "GET / HTTP/1.1" 200 5 "-" "-"',
    ],
    [
      'an hour that does not exist',
      '192.0.2.7 - - [01/Jan/2026:25:55:36 +0900] "GET / HTTP/1.1" 200 5 "-" "-"',
    ],
    ['no date', '192.0.2.7 - - - "GET / HTTP/1.1" 200 5 "-" "-"'],
    ['a quote that is not closed', `192.0.2.7 - - ${when} "GET / HTTP/1.1" 200 5 "-" "Mozilla`],
    ['half a line', `192.0.2.7 - - ${when} "GET / HT`],
  ])('that is %s is not read', (_what, line) => {
    expect(parseAccessLine(line)).toBeUndefined();
  });

  it('takes no longer for a line that was made to be slow', () => {
    const hostile = `192.0.2.7 - ${'a ['.repeat(15_000)} "${'\\'.repeat(15_000)}`;
    const started = performance.now();
    expect(parseAccessLine(hostile)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

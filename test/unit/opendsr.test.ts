import { sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { issue, validFor, type Issued } from '@keiro/scripts/demo/opendsr/certificate';
import type { SweptLife } from '@keiro/erase/connectors/connector';
import { confirmationOf, foundIn } from '@keiro/erase/connectors/http';
import { certificatesOf, isSignedBy, refusalOf } from '@keiro/erase/opendsr/certificate';
import { identitiesOf } from '@keiro/erase/opendsr/identities';
import {
  partition,
  requestBody,
  requestIdOf,
  statusSchema,
  type Identity,
} from '@keiro/erase/opendsr/message';
import { lookAgainAt, patienceWith, saysOf } from '@keiro/erase/opendsr/patience';
import { itemsIn } from '@keiro/erase/opendsr/results';
import { createVerifier } from '@keiro/erase/opendsr/trust';

const now = new Date('2026-04-02T03:00:00.000Z');
const hour = 3_600_000;
const raw = (type: string, value: string): Identity => ({ type, value, encoding: 'raw' });
const life = (kind: string, value: string): SweptLife => ({
  ref: `${kind}.${'h'.repeat(32)}`,
  generation: 1,
  kind,
  value,
});

describe('a request to a processor', () => {
  const asked = {
    regulation: 'appi',
    id: 'a7551968-d5d6-44b2-9831-815ac9017798',
    type: 'erasure' as const,
    submittedAt: now,
    group: 'req-1',
    callbackUrl: 'https://keiro.example/v1/opendsr/callbacks/mailer/req-1.mailer',
    identities: [raw('email', 'hanako@people.example'), raw('controller_customer_id', 'm-1')],
  };

  it('has in version 3 a dictionary of identities, in version 2 a list', () => {
    const common = {
      regulation: 'appi',
      subject_request_id: asked.id,
      subject_request_type: 'erasure',
      submitted_time: '2026-04-02T03:00:00.000Z',
      status_callback_urls: [asked.callbackUrl],
    };
    expect(requestBody('3.0', asked)).toEqual({
      ...common,
      api_version: '3.0',
      group_id: 'req-1',
      subject_identities: {
        email: { value: 'hanako@people.example', encoding: 'raw' },
        controller_customer_id: { value: 'm-1', encoding: 'raw' },
      },
    });
    expect(requestBody('2.0', asked)).toEqual({
      ...common,
      api_version: '2.0',
      subject_identities: [
        { identity_type: 'email', identity_value: 'hanako@people.example', identity_format: 'raw' },
        { identity_type: 'controller_customer_id', identity_value: 'm-1', identity_format: 'raw' },
      ],
    });
  });

  it('puts identities of an extension where its processor wants them, beside what is configured', () => {
    const extensions = { 'opendsr.cdp.example': { skip_waiting_period: true } };
    const identities = [raw('opendsr.cdp.example/mobile_number', '+819001234567')];
    expect(requestBody('3.0', { ...asked, identities, extensions })).toMatchObject({
      extensions: {
        'opendsr.cdp.example': {
          skip_waiting_period: true,
          subject_identities: { mobile_number: { value: '+819001234567', encoding: 'raw' } },
        },
      },
    });
    expect(requestBody('3.0', { ...asked, identities })).not.toHaveProperty('subject_identities');
  });

  it('takes one identity of each type in version 3, and leaves none out', () => {
    const many = [raw('email', 'a'), raw('member', 'm'), raw('email', 'b'), raw('email', 'c')];
    expect(partition('3.0', many)).toEqual([[many[0], many[1]], [many[2]], [many[3]]]);
    expect(partition('2.0', many, 3)).toEqual([many.slice(0, 3), [many[3]]]);
    expect(partition('3.0', [])).toEqual([]);
  });

  it('has an id in the form of version 4 that is the same whenever it is about the same', () => {
    const id = requestIdOf('req-1.mailer', 1, 'erasure', 0);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(requestIdOf('req-1.mailer', 1, 'erasure', 0)).toBe(id);
    const others = [
      requestIdOf('req-1.mailer', 2, 'erasure', 0),
      requestIdOf('req-1.mailer', 1, 'access', 0),
      requestIdOf('req-1.mailer', 1, 'erasure', 1),
      requestIdOf('req-2.mailer', 1, 'erasure', 0),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
  });
});

describe('the identities that a processor gets', () => {
  const discovery = {
    supported_identities: [
      { identity_type: 'controller_customer_id', identity_format: 'raw' },
      { identity_type: 'email', identity_format: 'sha256' },
      { identity_type: 'phone', identity_format: 'md5' },
    ],
  };
  const lives = [life('member', 'm-1'), life('email', 'hanako@people.example'), life('cookie', 'c-1')];

  it('are those that it has names for, each once, hashed where it takes nothing else', () => {
    const identities = { member: 'controller_customer_id', email: 'email' };
    expect(identitiesOf({ identities }, discovery, [...lives, life('member', 'm-1')])).toEqual([
      raw('controller_customer_id', 'm-1'),
      {
        type: 'email',
        value: 'a359bb9ff42fe36b14c81c6aa87fcaf1212af3418c45a60530291f758167c0d3',
        encoding: 'sha256',
      },
    ]);
  });

  it('are never left out in silence: a name that the processor does not know is an error that says which', () => {
    for (const type of ['customer', 'phone']) {
      expect(() => identitiesOf({ identities: { member: type } }, discovery, lives)).toThrow(
        `takes no identity of type ${type}`,
      );
    }
  });
});

describe('a processor that takes its time', () => {
  const since = now;
  const after = (ms: number) => new Date(now.getTime() + ms);

  it('is looked after again, later the longer it has taken, at least hourly', () => {
    const pause = (ms: number) => lookAgainAt(after(ms), { since }).getTime() - now.getTime() - ms;
    expect([0, 60_000, 4 * 60_000, hour, 24 * hour].map(pause)).toEqual([
      15_000,
      15_000,
      60_000,
      hour / 4,
      hour,
    ]);
  });

  it('is held to the time that it promised, or else to 14 days, and a week later nobody believes in it', () => {
    const day = 24 * hour;
    const expected = after(2 * day);
    expect([1, 3, 9, 9.1].map((days) => patienceWith(after(days * day), { since, expected }))).toEqual([
      'waiting',
      'late',
      'late',
      'over',
    ]);
    expect([14, 21, 21.1].map((days) => patienceWith(after(days * day), { since }))).toEqual([
      'waiting',
      'late',
      'over',
    ]);
    expect(saysOf(after(3 * day), 'in_progress', { since, expected })).toBe(
      'the processor says in_progress, and promised 2026-04-04T03:00:00.000Z: late',
    );
  });

  it('may leave the zone out of its promise, which is UTC then', () => {
    const status = statusSchema.parse({
      subject_request_id: requestIdOf('x'),
      request_status: 'pending',
      expected_completion_time: '2026-05-07T20:53:48.322652',
      results_url: null,
      extensions: null,
    });
    expect(status.expected_completion_time).toEqual(new Date('2026-05-07T20:53:48.322Z'));
  });
});

describe('a processor’s word', () => {
  const status = (results_count?: number, results_url: string | null = null) => ({
    subject_request_id: requestIdOf('x'),
    request_status: 'completed' as const,
    ...(results_count === undefined ? {} : { results_count }),
    results_url,
  });
  const answered = (count?: number, url?: string) => ({
    id: 'x',
    identifiers: 2,
    status: status(count, url),
    word: { body: '{}', signature: 'c2ln', certificate: 'ab' },
  });

  it('is no count where one of its answers counts nothing', () => {
    expect(foundIn([{ status: status(2) }, { status: status(0) }])).toBe(2);
    expect(foundIn([{ status: status(2) }, { status: status() }])).toBeUndefined();
  });

  it('is kept as it was signed, a dozen of them at most, and never with an address that lets somebody in', () => {
    const all = [...Array.from({ length: 12 }, () => answered(1)), answered(1, 'https://x.example/secret')];
    expect(confirmationOf('opendsr.mail.example', all, now)).toEqual({
      at: now,
      by: 'opendsr.mail.example',
      certificate: 'ab',
      requests: 13,
      identifiers: 26,
      results: 13,
      words: Array.from({ length: 10 }, () => ({ body: '{}', signature: 'c2ln' })),
    });
    expect(confirmationOf('x', [answered(1, 'https://x.example/secret')], now).words).toEqual([]);
  });

  it('gives what it holds as items where it is JSON, and as bytes where it is anything else', () => {
    const json = (value: unknown) => itemsIn(Buffer.from(JSON.stringify(value)), 'application/json');
    expect(json({ results: [{ a: 1 }, 'b'] })).toEqual([
      { place: 'results', fields: { a: 1 } },
      { place: 'results', fields: { value: 'b' } },
    ]);
    expect(json([])).toEqual([]);
    expect(json({ mail: 'x' })).toEqual([{ place: 'results', fields: { mail: 'x' } }]);
    expect(itemsIn(Buffer.from('a,b\n'), 'text/csv')).toEqual([
      { place: 'results', fields: { type: 'text/csv', content: 'YSxiCg==' } },
    ]);
  });
});

describe('a signature', () => {
  const domain = 'opendsr.mail.example';
  const authority = issue({ name: 'Authority', authority: true, ...validFor(100, now) });
  const between = issue({ name: 'Between', authority: true, ...validFor(100, now) }, authority);
  const leaf = issue({ name: domain, ...validFor(100, now) }, between);
  const chain = (...all: readonly Issued[]) => certificatesOf(all.map(({ pem }) => pem).join(''));
  const trust = { domain, authorities: chain(authority) };
  const bytes = Buffer.from('{"request_status":"completed"}');
  const by = (key: KeyObject, what = bytes) => sign('sha256', what, key).toString('base64');
  const fingerprint = (one: Issued) => chain(one)[0]?.fingerprint256 ?? '';

  it('counts with a certificate that an authority vouches for, issued to just this name, in its time', () => {
    const later = new Date(now.getTime() + 101 * 24 * hour);
    const early = new Date(now.getTime() - 48 * hour);
    const notFit = issue({ name: 'Between', authority: 'unsaid', ...validFor(100, now) }, authority);
    const byNotFit = issue({ name: domain, ...validFor(100, now) }, notFit);
    const stranger = issue({ name: 'Authority', authority: true, ...validFor(100, now) });
    const byStranger = issue({ name: domain, ...validFor(100, now) }, stranger);
    const itself = issue({ name: domain, ...validFor(100, now) });
    const wild = issue({ name: '*.mail.example', ...validFor(100, now) }, authority);
    expect(
      [
        [chain(leaf, between), trust, now],
        [chain(leaf), trust, now],
        [chain(leaf, between), { ...trust, domain: 'opendsr.other.example' }, now],
        [chain(leaf, between), trust, later],
        [chain(leaf, between), trust, early],
        [chain(byNotFit, notFit), trust, now],
        [chain(byStranger, stranger), trust, now],
        [chain(itself), { ...trust, authorities: chain(itself) }, now],
        [chain(wild), trust, now],
        [[], trust, now],
      ].map((given) => refusalOf(...(given as Parameters<typeof refusalOf>))),
    ).toEqual([
      undefined,
      'unknown-authority',
      'wrong-name',
      'expired',
      'expired',
      'unknown-authority',
      'unknown-authority',
      'self-signed',
      'wrong-name',
      'no-certificate',
    ]);
  });

  it('counts with a pinned one only, where any is pinned', () => {
    const other = issue({ name: domain, ...validFor(100, now) }, authority);
    const pinned = (pins: string[]) => refusalOf(chain(leaf, between), { ...trust, pins }, now);
    expect(pinned([fingerprint(leaf)])).toBeUndefined();
    expect(pinned([fingerprint(between).replaceAll(':', '').toLowerCase()])).toBeUndefined();
    expect(pinned([fingerprint(other)])).toBe('not-pinned');
  });

  it('is over the bytes as they came, by RSA or a curve, and folded lines say nothing', () => {
    const rsa = issue({ name: domain, key: 'rsa', ...validFor(100, now) }, authority);
    for (const one of [leaf, rsa]) {
      const [certificate] = chain(one);
      if (certificate === undefined) throw new Error('there is one');
      const signature = by(one.key);
      expect(isSignedBy(certificate, bytes, signature.replaceAll(/(.{20})/g, '$1\n'))).toBe(true);
      expect(isSignedBy(certificate, Buffer.from(`${bytes.toString()} `), signature)).toBe(false);
      expect(isSignedBy(certificate, bytes, by(authority.key))).toBe(false);
      for (const wrong of ['', 'not base64 %', 'AAAA'])
        expect(isSignedBy(certificate, bytes, wrong)).toBe(false);
    }
  });

  it('is checked with a certificate that is fetched once, and once more when the processor has a new one', async () => {
    let moment = now;
    let pem = leaf.pem + between.pem;
    let fetched = 0;
    const verifier = createVerifier({
      domain,
      trust: () => trust,
      fetchPem: () => {
        fetched += 1;
        return Promise.resolve(pem);
      },
      now: () => moment,
    });
    const check = (signature: string | undefined, name: string | undefined = domain) =>
      verifier.check({ domain: name, signature }, bytes);
    // Nothing is fetched for whom the name already tells apart.
    expect(await check(by(leaf.key), 'opendsr.other.example')).toEqual({ refused: 'domain' });
    expect(await check(undefined)).toEqual({ refused: 'unsigned' });
    expect(fetched).toBe(0);
    expect(await check(by(leaf.key))).toMatchObject({ by: domain });
    expect(await check(by(authority.key))).toEqual({ refused: 'signature' });
    expect(await check(by(authority.key))).toEqual({ refused: 'signature' });
    expect(fetched).toBe(1);

    const renewed = issue({ name: domain, ...validFor(100, now) }, between);
    pem = renewed.pem + between.pem;
    moment = new Date(now.getTime() + 61_000);
    expect(await check(by(renewed.key))).toMatchObject({ by: domain });
    expect(fetched).toBe(2);
    expect(await check(by(leaf.key))).toEqual({ refused: 'signature' });
    expect(fetched).toBe(2);
    moment = new Date(now.getTime() + 25 * hour);
    expect(await check(by(renewed.key))).toMatchObject({ by: domain });
    expect(fetched).toBe(3);
  });
});

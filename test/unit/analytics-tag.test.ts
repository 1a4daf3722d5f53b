import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '@keiro/infra/local/config';
import {
  checkTagRequest,
  consentUses,
  countsAsConsent,
  declaredTagSchema,
  holderSchema,
  isTagRequest,
  type ConsentFact,
  type DeclaredTag,
  type RegisteredHolder,
} from '@keiro/schemas';
import { useImplied } from '@keiro/scripts/demo/site/facts';
import { z } from 'zod';
import { holder } from '../builders/holders.ts';
import { cookie, judged, now } from '../builders/transfers.ts';

const register = z
  .array(holderSchema)
  .parse(JSON.parse(readFileSync(join(root, 'scripts', 'demo', 'holders.json'), 'utf8')));
const declared = declaredTagSchema.parse(register.find(({ id }) => id === 'analytics')?.tag);

const page = 'http://127.0.0.1:17010/inquiry?from=mail';
const clean = {
  v: '2',
  tid: 'G-TSUBAME001',
  cid: `v-${'a'.repeat(20)}`,
  en: 'page_view',
  dl: 'http://127.0.0.1:17010/inquiry',
  dt: 'お問い合わせ | つばめボード',
  ul: 'ja-jp',
  sr: '1200x800',
};
const visitor = {
  typed: ['Canary Hanako', '  090-1234-5678 ', 'x'],
  known: ['m-abcdefghijklmnop', '架空 花子'],
};
const collector = 'https://collector.invalid/g/collect';
const check = (more: Record<string, string>, body?: string, allowed = declared) =>
  checkTagRequest(
    {
      page,
      url: `${collector}?${new URLSearchParams({ ...clean, ...more }).toString()}`,
      ...(body === undefined ? {} : { body }),
    },
    allowed,
    visitor,
  );
const kinds = (findings: ReturnType<typeof check>) =>
  findings.map(({ parameter, kind }) => `${parameter} ${kind}`);
/** Declared so widely that only what identifies is left to be found. */
const anything: DeclaredTag = {
  parameters: [...Object.keys(clean), 'dr', 'ep.note'].map((name) => ({ name, pattern: '[\\s\\S]*' })),
};

describe('a request of a tag', () => {
  it('with what is declared has no finding', () => {
    expect(check({})).toEqual([]);
  });

  it.each<[string, Record<string, string>, string[]]>([
    ['undeclared', { 'ep.plan': 'team' }, ['ep.plan undeclared']],
    ['of another form', { sr: 'wide' }, ['sr other-form']],
    ['a user id', { uid: 'someone' }, ['uid undeclared', 'uid user-id']],
    ['a user id in a property', { 'up.user_id': 'someone' }, ['up.user_id undeclared', 'up.user_id user-id']],
  ])('is refused: %s', (_name, more, expected) => {
    expect(kinds(check(more))).toEqual(expected);
  });

  it.each<[string, Record<string, string>, string]>([
    ['an e-mail address', { 'ep.note': 'to taro@people.example please' }, 'ep.note email'],
    ['the same, encoded twice', { dl: 'http://127.0.0.1:17010/a%2540people.example/' }, 'dl email'],
    ['in full width', { 'ep.note': 'ｔａｒｏ＠people.example' }, 'ep.note email'],
    ['a telephone number', { 'ep.note': '03-1234-5678' }, 'ep.note phone'],
    ['one with a country code', { 'ep.note': '+81 3 1234 5678' }, 'ep.note phone'],
    ['an IPv4 address', { 'ep.note': 'from 192.0.2.17.' }, 'ep.note ip-address'],
    ['an IPv6 address', { 'ep.note': '2001:db8::17' }, 'ep.note ip-address'],
    ['a query string', { dl: 'http://127.0.0.1:17010/inquiry?from=mail' }, 'dl query-string'],
    ['a fragment', { dl: 'http://127.0.0.1:17010/inquiry#top' }, 'dl query-string'],
    ['the query string of the page before', { dr: '/search?q=a' }, 'dr query-string'],
    ['what was typed', { 'ep.note': 'he wrote CANARY HANAKO' }, 'ep.note form-value'],
    ['a member id', { cid: 'x.m-abcdefghijklmnop' }, 'cid known-value'],
    ['a name', { dt: '架空 花子 さんのページ' }, 'dt known-value'],
    ['a hash of what was typed', { 'ep.note': hash('sha256', 'canary hanako', 'hex') }, 'ep.note hashed'],
  ])('is refused for %s, whatever was declared', (_name, more, expected) => {
    expect(kinds(check(more, undefined, anything))).toEqual([expected]);
  });

  it.each([
    ['the client id of Google', { cid: '0123456789.1712345678' }],
    ['a browser’s version', { 'ep.note': 'Chromium;140.0.7339.80' }],
    ['the site’s own address', { dl: 'http://127.0.0.1:17010/' }],
    ['a time', { 'ep.note': '1712345678901' }],
  ])('may hold %s', (_name, more) => {
    expect(check(more, undefined, anything)).toEqual([]);
  });

  it('is read line by line where it is a POST, and names page and parameter without a value', () => {
    const body = 'en=page_view\r\nen=form&ep.who=taro%40people.example';
    const findings = check({}, body);
    expect(findings).toEqual([
      { page: 'http://127.0.0.1:17010/inquiry', parameter: 'en', kind: 'other-form' },
      { page: 'http://127.0.0.1:17010/inquiry', parameter: 'ep.who', kind: 'undeclared' },
      { page: 'http://127.0.0.1:17010/inquiry', parameter: 'ep.who', kind: 'email' },
    ]);
  });

  it('does not show a value that hides in the name of a parameter', () => {
    const findings = check({ 'ep.m-abcdefghijklmnop': '1', 'ep.taro@people.example': '1' });
    expect(JSON.stringify(findings)).not.toMatch(/abcdefghijklmnop|taro/);
    expect(kinds(findings)).toContain('(name withheld) known-value');
  });

  it('is known by host or by path, also behind a proxy of our own', () => {
    expect(
      [
        'https://region1.google-analytics.com/g/collect?v=2',
        'https://metrics.demo.example/g/collect',
        'https://www.google-analytics.com/anything',
      ].every(isTagRequest),
    ).toBe(true);
    expect(isTagRequest('https://www.demo.example/collect')).toBe(false);
  });

  it('can be declared only in patterns that are some', () => {
    expect(declaredTagSchema.safeParse({ parameters: [{ name: 'v', pattern: '(' }] }).success).toBe(false);
  });
});

describe('consent that use of the site implies (§7)', () => {
  const moment = {
    id: 'use-1',
    at: new Date('2026-05-01T00:00:00.000Z'),
    site: 'www.demo.example',
    policy: '2017-02-02',
  };
  const session = { id: 's', startedAt: moment.at, view: 'list' as const, visitor: `v-${'a'.repeat(20)}` };
  const { data, time } = useImplied(moment, session);
  const facts: ConsentFact[] = [
    { _id: 'f-1', kind: data.kind, time: new Date(time), ...(data.consent && { consent: data.consent }) },
  ];
  const consent = data.consent ?? { wording: '', means: 'form' as const };

  it('is recorded, and carries nothing that APPI 28 or 31 want a consent for', () => {
    expect(consent).toMatchObject({ recipients: ['analytics'], means: 'implied-by-use' });
    expect(consentUses.filter((use) => countsAsConsent(consent, use))).toEqual([]);
    const person = { consents: facts };
    const more = { subject: { ref: cookie, generation: 1 }, category: 'C3', groups: [], purpose: 'quality' };
    const to = (kind: RegisteredHolder['kind']) =>
      judged(
        holder('analytics', { kind, categories: ['C3'], purposes: ['quality'] }),
        { basis: 'consent' },
        person,
        more,
        now,
      );
    expect(to('analytics')).toMatchObject({ allowed: false, reason: 'fed-by-browser-only', row: 'G1' });
    // Were it anybody else abroad: the same words still are no consent.
    expect(to('third-party')).toMatchObject({ allowed: false, reason: 'consent-implied' });
  });
});

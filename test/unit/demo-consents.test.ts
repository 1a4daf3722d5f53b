import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog, createMetrics, until, UnavailableError } from '@keiro/runtime';
import { parseMessage, shippedPolicies, type CollectionEvent, type Fact } from '@keiro/schemas';
import { makeSeal } from '@keiro/scripts/demo/opendsr/ensure-seal';
import { createSite } from '@keiro/scripts/demo/site/app';
import { choiceBroughtBy, readChoice, writeChoice } from '@keiro/scripts/demo/site/choice';
import { createMembers } from '@keiro/scripts/demo/site/members';
import { createSubmissions } from '@keiro/scripts/demo/site/submit';
import { termsOfClosing } from '@keiro/scripts/demo/site/terms';
import { openPlainHttp } from '@keiro/scripts/start/visitors/plain-http';
import type { Session } from '@keiro/scripts/start/visitors/session';
import { doorOf } from '../builders/door.ts';

/* The demo's site over HTTP, with what it tells the pipeline caught at its door. */

const now = () => new Date();
const told: (CollectionEvent | Fact)[] = [];
let isDown = false;
const emit = (events: readonly (CollectionEvent | Fact)[]) => {
  if (isDown) return Promise.reject(new UnavailableError('Kafka'));
  told.push(...events);
  return Promise.resolve();
};
const app = await createSite({
  members: createMembers({ random: randomBytes, now }),
  submissions: createSubmissions({ random: randomBytes, emit }),
  emit,
  accessLog: () => undefined,
  metrics: createMetrics('test-demo-site'),
  log: createLog('test-demo-site', 'silent'),
  now,
  random: randomBytes,
  site: 'www.demo.example',
  policy: () => shippedPolicies().newest,
  privacy: {
    token: 'a-token-for-this-test',
    seal: makeSeal('opendsr.demo.example', new Date()).seal,
  },
});
let url = '';
beforeAll(async () => {
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());
beforeEach(() => {
  told.length = 0;
  isDown = false;
});

const open = () => openPlainHttp(url, 'plain HTTP').open({ address: '192.0.2.1', kind: 'desktop' });
const account = () => ({
  name: '架空 花子',
  email: `${randomBytes(6).toString('hex')}@people.example`,
  password: 'long-enough-for-this',
});
async function signUp(session: Session, values: Parameters<Session['submit']>[1] = {}) {
  const given = account();
  await session.visit('/signup');
  await session.submit('signup', { ...given, ...values });
  return { ...given, member: await session.attribute('data-member') };
}

const facts = () => told.filter((one) => one.type === 'fact');
/** What was chosen: that use implies consent (§7) is told apart. */
const consents = () => facts().map(({ data }) => [data.kind, data.consent?.purposes, data.consent?.means]);
const views = () =>
  told.flatMap((one) =>
    one.type === 'cookie' && one.data.cookieKind === 'analytics' ? [one.data.path] : [],
  );
const asks = async (session: Session) => (await session.attribute('data-asks')) === 'cookies';
const statistics = ['statistics', 'quality'];

describe('the cookie banner', () => {
  it('asks on every page and counts nothing until the visitor has chosen', async () => {
    const session = await open();
    for (const page of ['/', '/signup', '/login', '/campaign', '/inquiry']) {
      await session.visit(page);
      expect([page, await asks(session)]).toEqual([page, true]);
    }
    expect(told).toEqual([]);
  });

  it('tells an acceptance as a consent, leads back to the page, and from then on page views are told', async () => {
    const session = await open();
    await session.visit('/inquiry');
    await session.submit('cookies-analytics');
    expect(await session.heading()).toBe('お問い合わせ');
    expect(await asks(session)).toBe(false);
    expect(consents()).toEqual([['consent-given', statistics, 'banner']]);
    await session.visit('/campaign');
    await until(() => views().length === 2, { what: 'both views', timeoutMs: 5000, everyMs: 5 });
    expect(views()).toEqual(['/inquiry', '/campaign']);
    const cookies = new Set(told.map(({ data }) => data.subject.cookie));
    expect([...cookies]).toEqual([expect.stringMatching(/^v-[a-z]{20}$/)]);
  });

  it('tells a refusal as a withdrawal, and counts nothing', async () => {
    const session = await open();
    await session.visit('/');
    await session.submit('cookies-necessary');
    expect(await asks(session)).toBe(false);
    await session.visit('/campaign');
    expect(consents()).toEqual([['consent-withdrawn', statistics, 'banner']]);
    expect(told).toHaveLength(1);
  });

  it('takes a choice back on the settings page', async () => {
    const session = await open();
    await session.visit('/settings');
    expect(await session.attribute('data-cookies')).toBe('undecided');
    await session.submit('cookies-analytics');
    expect(await session.attribute('data-cookies')).toBe('analytics');
    await session.submit('cookies-necessary');
    expect(await session.attribute('data-cookies')).toBe('necessary');
    const before = views().length;
    await session.visit('/');
    expect(views()).toHaveLength(before);
    expect(consents()).toEqual([
      ['consent-given', statistics, 'form'],
      ['consent-withdrawn', statistics, 'form'],
    ]);
  });

  it('answers on the page itself where the visitor is sent nowhere else', async () => {
    const session = await open();
    await session.visit('/');
    await session.submit('cookies-necessary', { back: '//elsewhere.example/' });
    expect(await session.heading()).toContain('チームの');
  });

  it('is told again under the member who signs up, and follows her to another browser', async () => {
    const desktop = await open();
    await desktop.visit('/');
    await desktop.submit('cookies-analytics');
    const { email, password, member } = await signUp(desktop);
    expect(facts().map(({ data }) => data.subject.member)).toEqual([undefined, member]);
    const [first, second] = facts();
    expect(second?.data.subject.cookie).toBe(first?.data.subject.cookie);
    expect(second?.data.consent?.purposes).toEqual(statistics);

    const phone = await open();
    await phone.visit('/login');
    expect(await asks(phone)).toBe(true);
    await phone.submit('login', { email, password });
    expect(await asks(phone)).toBe(false);
    await phone.visit('/settings');
    expect(await phone.attribute('data-cookies')).toBe('analytics');
    // Neither the choice nor the browser's name is left for whoever comes next.
    await phone.submit('logout');
    expect(await asks(phone)).toBe(true);
  });

  it('sets the analytics cookie with consent only, and removes it without', async () => {
    const choice = (analytics: boolean) =>
      `tsubame_cookies=${writeChoice({ analytics, at: now() }, `v-${'a'.repeat(20)}`)}`;
    const set = async (cookie: string) => {
      const { headers } = await fetch(url, { headers: { cookie } });
      const found = headers.getSetCookie().find((one) => one.startsWith('tsubame_analytics='));
      return found === undefined ? 'not set' : found.startsWith('tsubame_analytics=;') ? 'removed' : 'set';
    };
    expect(await set('')).toBe('not set');
    expect(await set(choice(false))).toBe('not set');
    expect(await set(choice(true))).toBe('set');
    expect(await set(`${choice(false)}; tsubame_analytics=1`)).toBe('removed');
  });
});

describe('a choice', () => {
  const at = new Date('2026-03-01T00:00:00.000Z');
  const visitor = `v-${'b'.repeat(20)}`;

  it('is read back from the browser, unless it was about another text', () => {
    const text = writeChoice({ analytics: true, at }, visitor);
    expect(readChoice(text)).toEqual({ choice: { analytics: true, at }, visitor });
    for (const other of [text.replace('cookies-1', 'cookies-0'), `${text}x`, '', undefined])
      expect(readChoice(other)).toBeUndefined();
  });

  it('of a browser goes to the account where it is the later one, and never from member to member', () => {
    const choice = { analytics: false, at };
    const later = { analytics: true, at: new Date(at.getTime() + 1) };
    expect(choiceBroughtBy({ choice }, {})).toBe(choice);
    expect(choiceBroughtBy({ choice: later }, { choice })).toBe(later);
    expect(choiceBroughtBy({ choice }, { choice: later })).toBeUndefined();
    expect(choiceBroughtBy({ member: { choice: later }, choice: later }, { choice })).toBeUndefined();
  });
});

describe('news by e-mail', () => {
  it('is consented to with the box of a form, and stopped on the settings page', async () => {
    const session = await open();
    const { email } = await signUp(session);
    expect(consents()).toEqual([]);
    await session.visit('/campaign');
    await session.submit('campaign', { name: '架空 花子', email });
    expect(consents()).toEqual([]);
    await session.visit('/campaign');
    await session.submit('campaign', { name: '架空 花子', email, optIn: true });
    await session.visit('/settings');
    expect(await session.attribute('data-news')).toBe('on');
    await session.submit('news');
    expect(await session.attribute('data-news')).toBe('off');
    expect(consents()).toEqual([
      ['consent-given', ['marketing'], 'form'],
      ['consent-withdrawn', ['marketing'], 'form'],
    ]);
  });

  it('may be asked for at sign-up', async () => {
    const { member } = await signUp(await open(), { optIn: true });
    expect(consents()).toEqual([['consent-given', ['marketing'], 'form']]);
    expect(facts()[0]?.data.subject).toMatchObject({ member });
  });
});

describe('leaving', () => {
  it('is confirmed, and ends plan, account and every session', async () => {
    const session = await open();
    const { email, password, member } = await signUp(session);
    const phone = await open();
    await phone.visit('/login');
    await phone.submit('login', { email, password });
    await session.visit('/checkout/team');
    await session.submit('checkout');
    told.length = 0;

    await session.visit('/close');
    await expect(session.submit('close')).rejects.toThrow('422');
    expect(told).toEqual([]);
    await session.visit('/close');
    await session.submit('close', { understood: true });
    expect(await session.heading()).toBe('退会の手続きが終わりました');
    expect(told.map((one) => (one.type === 'fact' ? one.data.kind : one.type))).toEqual([
      'account-closed',
      'contract-ended',
      'cookie',
    ]);
    expect(facts().map(({ data }) => data.subject.member)).toEqual([member, member]);

    await phone.visit('/profile');
    expect(await phone.heading()).toBe('ログイン');
    await expect(phone.submit('login', { email, password })).rejects.toThrow('422');
    await phone.visit('/signup');
    await expect(phone.submit('signup', { ...account(), email })).rejects.toThrow('422');
  });

  it('is told once, with the same ids, however often the form is posted', async () => {
    let cookie = '';
    const call = async (path: string, form?: Record<string, string>) => {
      const init = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) };
      const answer = await fetch(`${url}${path}`, { ...init, headers: { cookie }, redirect: 'manual' });
      cookie ||= answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      return answer;
    };
    const tokenAt = async (path: string, form: string) => {
      const [, after = ''] = (await (await call(path)).text()).split(`name="${form}"`);
      return /name="once"\s+value="([^"]+)"/.exec(after)?.[1] ?? '';
    };
    await call('/signup', { once: await tokenAt('/signup', 'signup'), ...account() });
    const form = { once: await tokenAt('/close', 'close'), understood: 'yes' };
    told.length = 0;
    isDown = true;
    expect((await call('/close', form)).status).toBe(503);
    isDown = false;
    for (const _ of [1, 2]) {
      const answer = await call('/close', form);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/close/done']);
    }
    expect(told.map(({ id }) => id.split('-')[0])).toEqual(['closed', 'session']);
  });

  it('ends a paid plan alone on the plan page', async () => {
    const session = await open();
    await signUp(session);
    await session.visit('/checkout/office');
    await session.submit('checkout');
    await expect(session.submit('cancel-plan', { once: 'too.old' })).rejects.toThrow('422');
    expect(facts()).toEqual([]);
    await session.visit('/plan');
    await session.submit('cancel-plan');
    expect(facts().map(({ data }) => data.kind)).toEqual(['contract-ended']);
    expect(facts()[0]?.data.subject.payer).toMatch(/^cus-/);
  });

  it('shows the periods of the policy, and what laws keep', () => {
    const terms = termsOfClosing(shippedPolicies().newest, new Date('2026-03-01T00:00:00.000Z'));
    expect(terms).toHaveLength(7);
    expect(terms[0]?.until).toEqual(['退会から30日（2026年3月31日まで）']);
    const payment = terms.filter(({ byLaw }) => byLaw.length > 0);
    expect(payment).toMatchObject([{ what: '決済情報', until: ['契約の終了まで'] }]);
    expect(payment[0]?.byLaw[0]).toMatch(/^帳簿と証憑.*会社法432条2項/);
    expect(terms[5]?.until).toEqual(['抽選または発送から90日（遅くとも取得から1年）']);
  });
});

it('everything that was told would be taken by the pipeline', async () => {
  const session = await open();
  await session.visit('/');
  await session.submit('cookies-analytics');
  await signUp(session, { optIn: true });
  await session.visit('/checkout/team');
  await session.submit('checkout');
  await session.submit('cancel-plan');
  await session.visit('/settings');
  await session.submit('news');
  await session.visit('/close');
  await session.submit('close', { understood: true });
  const door = doorOf(['www.demo.example']);
  expect(told.length).toBeGreaterThan(12);
  for (const one of told) expect(parseMessage(one, door)).toMatchObject({ ok: true });
});

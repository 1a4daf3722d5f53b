import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { visitPages, type TagVisit } from '@keiro/cli/analytics-visit';
import { findChromium } from '@keiro/cli/chromium';
import { root } from '@keiro/infra/local/config';
import { createLog, createMetrics, readJsonFile, until } from '@keiro/runtime';
import { holderSchema, shippedPolicies, type CollectionEvent, type Fact } from '@keiro/schemas';
import { createAnalytics } from '@keiro/scripts/demo/analytics/app';
import { createHits } from '@keiro/scripts/demo/analytics/hits';
import { measurementId } from '@keiro/scripts/demo/analytics/property';
import { makeSeal } from '@keiro/scripts/demo/opendsr/ensure-seal';
import { createSite } from '@keiro/scripts/demo/site/app';
import { createMembers } from '@keiro/scripts/demo/site/members';
import { createSubmissions } from '@keiro/scripts/demo/site/submit';
import { openChromium } from '@keiro/scripts/start/visitors/chromium';
import { z } from 'zod';
import { env } from '../builders/environment.ts';
import { keiro } from '../builders/program.ts';

/* G1 in a real browser: the demo's pages with their tag, a collector, and pages that give something away. */

const now = () => new Date();
const told: (CollectionEvent | Fact)[] = [];
const emit = (events: readonly (CollectionEvent | Fact)[]) => {
  told.push(...events);
  return Promise.resolve();
};
const hits = createHits(measurementId);
const collector = createAnalytics({ hits, property: '1', token: 'a-token-for-this-test', now });

const registerFile = join(root, 'scripts', 'demo', 'holders.json');
const declared = readJsonFile(registerFile, z.array(holderSchema)).find(({ id }) => id === 'analytics')?.tag;
if (declared === undefined) throw new Error('the demo declares its tag');
const chromium = findChromium(env('PATH')) ?? '';

let site = '';
let closeSite = () => Promise.resolve();
beforeAll(async () => {
  const collectorUrl = await collector.listen({ host: '127.0.0.1', port: 0 });
  const app = await createSite({
    members: createMembers({ random: randomBytes, now }),
    submissions: createSubmissions({ random: randomBytes, emit }),
    emit,
    analytics: { collector: `${collectorUrl}/g/collect`, id: measurementId },
    accessLog: () => undefined,
    metrics: createMetrics('test-analytics-site'),
    log: createLog('test-analytics-site', 'silent'),
    now,
    random: randomBytes,
    site: 'www.demo.example',
    policy: () => shippedPolicies().newest,
    privacy: {
      token: 'a-token-for-this-test',
      seal: makeSeal('opendsr.demo.example', new Date()).seal,
    },
  });
  site = await app.listen({ host: '127.0.0.1', port: 0 });
  closeSite = () => app.close();
});
afterAll(async () => {
  await closeSite();
  await collector.close();
});
beforeEach(() => {
  told.length = 0;
  if (chromium === '') throw new Error('this needs Chromium on the PATH');
});

const consent = 'form[name="cookies-analytics"] button';
const visit = (paths: readonly string[], more: Partial<TagVisit> = {}) =>
  visitPages({
    urls: paths.map((path) => `${site}${path}`),
    declared,
    known: [],
    optOut: false,
    watchMs: 200,
    chromium,
    ...more,
  });

describe('the demo’s site', () => {
  it('passes with consent, and sends nothing before it', async () => {
    const paths = ['/', '/signup', '/inquiry', '/campaign'];
    const pages = await visit(paths, { accept: consent });
    expect(pages.flatMap(({ findings }) => findings)).toEqual([]);
    expect(pages.map(({ requests }) => requests)).toEqual([1, 1, 1, 1]);
    expect(pages.map(({ fields }) => fields > 3)).toEqual([false, true, true, true]);
    const without = await visit(paths.slice(0, 2));
    expect(without.map(({ requests }) => requests)).toEqual([0, 0]);
  });

  it('sends nothing from a browser with the opt-out add-on', async () => {
    const [page] = await visit(['/'], { accept: consent, optOut: true });
    expect(page).toMatchObject({ requests: 0, findings: [] });
  });

  it('counts a visit by the name that lineage has for the browser, and records once that use implies consent', async () => {
    const browser = await openChromium(site, chromium);
    const session = await browser.open({ address: '192.0.2.1', kind: 'desktop' });
    await session.visit('/');
    await session.submit('cookies-analytics');
    await session.visit('/inquiry?from=mail');
    await session.visit('/no-such-page/taro').catch(() => undefined);
    const subjects = () =>
      told.flatMap((one) =>
        one.type === 'cookie' && one.data.cookieKind === 'analytics' ? [one.data.subject.cookie ?? ''] : [],
      );
    await until(() => Promise.resolve(subjects().length === 2 && hits.count(subjects().slice(0, 1)) === 2), {
      what: 'both page views, here and there',
      timeoutMs: 10_000,
    });
    const implied = told.flatMap((one) =>
      one.type === 'fact' && one.data.consent?.means === 'implied-by-use' ? [one.data] : [],
    );
    expect(implied).toMatchObject([
      { subject: { cookie: subjects()[0] }, consent: { recipients: ['analytics'] } },
    ]);
    await session.close();
    await browser.close();
  });
});

/** Pages of somebody who did not look: each gives something away in a way of its own. */
const careless = `<!doctype html><html lang="ja"><head><title>架空 花子 さん</title><link rel="icon" href="data:,"></head><body>
<form><input name="who"><input type="email" name="mail"></form>
<script>
  const send = (more, body) => navigator.sendBeacon('/g/collect?' + new URLSearchParams({ v: '2', tid: 'G-TSUBAME001', en: 'page_view', ...more }), body);
  send({ dl: location.href, dt: document.title, uid: 'm-abcdefghijklmnop' });
  document.querySelector('[name=who]').addEventListener('change', (event) => send({ 'ep.who': event.target.value }));
  addEventListener('pagehide', () => send({}, 'en=leave&epn.mail=' + encodeURIComponent(document.querySelector('[name=mail]').value)));
</script></body></html>`;

describe('a careless page', () => {
  let collected = 0;
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/g/collect') === true) collected += 1;
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(careless);
  });
  let address = '';
  const folder = mkdtempSync(join(tmpdir(), 'keiro-analytics-'));
  const known = join(folder, 'known.txt');
  const declaration = join(folder, 'declared.json');
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/careless`;
    writeFileSync(known, '架空 花子\nm-abcdefghijklmnop\n');
    writeFileSync(declaration, JSON.stringify(declared));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const check = (...more: string[]) =>
    keiro([
      'analytics',
      'check',
      address,
      '--declared',
      declaration,
      '--known',
      known,
      '--watch',
      '0.3',
      ...more,
    ]);

  it('is refused with each thing that it gives away, and never shows it', async () => {
    const run = check('--json');
    expect(await run.code).toBe(1);
    expect(run.output()).not.toMatch(/canary|花子|abcdefghijklmnop|invalid/);
    const { pages } = JSON.parse(run.output()) as {
      pages: { page: string; findings: { parameter: string; kind: string }[] }[];
    };
    expect(pages.map(({ page }) => page)).toEqual([address]);
    expect(collected).toBe(0);
    expect(pages[0]?.findings.map(({ parameter, kind }) => `${parameter} ${kind}`)).toEqual([
      'dl other-form',
      'dl email',
      'dl query-string',
      'dt other-form',
      'dt known-value',
      'uid undeclared',
      'uid user-id',
      'uid known-value',
      'ep.who undeclared',
      'ep.who form-value',
      'en other-form',
      'epn.mail undeclared',
      'epn.mail email',
      'epn.mail form-value',
    ]);
  });

  it('is refused in words too, and for going on after the visitor opted out', async () => {
    const run = check('--opt-out', '--lang', 'en');
    expect(await run.code).toBe(1);
    expect(run.output()).toMatch(/careless +\d +2 +refused/);
    expect(run.output()).toMatch(/careless +\* +it was sent although the visitor opted out/);
  });

  it('cannot be checked without a browser: how to get one is told', async () => {
    const run = check('--chromium', '');
    expect(await run.code).toBe(1);
    expect(run.output()).toMatch(/Chromium が見つかりません[\s\S]*apt-get install chromium/);
  });
});

import { randomBytes } from 'node:crypto';
import {
  checkTagRequest,
  isTagRequest,
  pageOf,
  type DeclaredTag,
  type TagFinding,
  type TagRequest,
} from '@keiro/schemas';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { chromiumFlags } from './chromium.ts';

export interface TagVisit {
  readonly urls: readonly string[];
  readonly declared: DeclaredTag;
  /** What identifies the account that `state` is signed in with. */
  readonly known: readonly string[];
  /** Path of a storage state as Playwright writes it: cookies of a test account. */
  readonly state?: string;
  /** Selector of what a visitor clicks to consent; until then nothing may be sent. */
  readonly accept?: string;
  /** With the opt-out add-on: nothing may be sent at all. */
  readonly optOut: boolean;
  /** How long each page is watched after it was filled in. */
  readonly watchMs: number;
  readonly chromium: string;
}

export interface VisitedPage {
  /** Origin and path. */
  readonly page: string;
  /** Requests of its tag. */
  readonly requests: number;
  /** Form fields that were typed into. */
  readonly fields: number;
  readonly findings: readonly TagFinding[];
}

/** Longer than a page of a slow site takes. */
const patienceMs = 30_000;
const fieldPatienceMs = 2000;

/**
 * Opens each page in Chromium with a query string, types a value that is nowhere else into every field, and judges
 * each request of a tag (G1). None of them leaves the machine, and no form is sent.
 */
export async function visitPages(visit: TagVisit): Promise<VisitedPage[]> {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath: visit.chromium,
    headless: true,
    args: chromiumFlags,
  });
  try {
    const context = await browser.newContext({
      locale: 'ja-JP',
      ...(visit.state === undefined ? {} : { storageState: visit.state }),
    });
    context.setDefaultTimeout(patienceMs);
    await context.addInitScript(deafAfterwards);
    if (visit.optOut) await context.addInitScript('window._gaUserPrefs = { ioo: () => true };');
    return await visitIn(context, visit);
  } finally {
    await browser.close();
  }
}

async function visitIn(context: BrowserContext, visit: TagVisit): Promise<VisitedPage[]> {
  const page = await context.newPage();
  let opened = '';
  let seen: TagRequest[] = [];
  await context.route(
    (url) => isTagRequest(url.href),
    async (route) => {
      const request = route.request();
      const body = request.postData();
      seen.push({ page: opened, url: request.url(), ...(body === null ? {} : { body }) });
      await route.fulfill({ status: 204, headers: { 'access-control-allow-origin': '*' } });
    },
  );
  const open = async (url: string) => {
    seen = [];
    opened = url;
    await page.goto(withQuery(url), { waitUntil: 'networkidle' });
  };

  const early: TagFinding[] = [];
  const [first] = visit.urls;
  if (visit.accept !== undefined && first !== undefined) {
    await open(first);
    if (seen.length > 0) early.push({ page: pageOf(first), parameter: '*', kind: 'before-consent' });
    await page.locator(visit.accept).first().click();
    await page.waitForLoadState('networkidle');
  }

  const visited: VisitedPage[] = [];
  for (const url of visit.urls) {
    await open(url);
    const { typed, shown } = await fillIn(page);
    await page.evaluate(leaving);
    await page.waitForTimeout(visit.watchMs);
    for (const frame of page.frames()) await frame.evaluate('keiroCheckIsOver()');
    await page.goto('about:blank');
    const visitor = { typed, known: [...visit.known, ...shown] };
    const findings = seen.flatMap((request) =>
      visit.optOut
        ? [{ page: pageOf(url), parameter: '*', kind: 'after-opt-out' as const }]
        : checkTagRequest(request, visit.declared, visitor),
    );
    const earlier = url === first ? early : [];
    visited.push({
      page: pageOf(url),
      requests: seen.length,
      fields: typed.length,
      findings: distinct([...earlier, ...findings]),
    });
  }
  return visited;
}

/**
 * What is sent while a page really goes can't be intercepted, and would take our values to the analytics host: once the
 * check is over, no script of the page hears that it goes. In place before any of them.
 */
const deafAfterwards = `(() => {
  let isOver = false;
  for (const name of ['pagehide', 'beforeunload', 'unload', 'visibilitychange', 'freeze'])
    addEventListener(name, (event) => { if (isOver) event.stopImmediatePropagation(); }, true);
  globalThis.keiroCheckIsOver = () => { isOver = true; };
})();`;

/** Tells the page that the visitor leaves: a tag may keep until then what it has. */
const leaving = `
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  dispatchEvent(new Event('pagehide'));
`;

/** A value that would be found wherever it turned up. */
function withQuery(url: string): string {
  const address = new URL(url);
  address.searchParams.set('keiro-check', `${word()}@check.invalid`);
  return address.href;
}

const fields =
  'textarea, input:not([type]), input[type=text], input[type=email], input[type=tel], input[type=search], input[type=password], input[type=url], input[type=number]';

/** Types into every field that a visitor can; answers what stands there now, and what the page had filled in itself. */
async function fillIn(page: Page): Promise<{ typed: string[]; shown: string[] }> {
  const typed: string[] = [];
  const shown: string[] = [];
  for (const field of await page.locator(fields).all()) {
    if (!(await field.isVisible()) || !(await field.isEditable())) continue;
    shown.push(await field.inputValue());
    await field.fill(await canaryFor(field), { timeout: fieldPatienceMs });
    await field.blur();
    // A field may have cut it short.
    typed.push(await field.inputValue());
  }
  return { typed, shown };
}

async function canaryFor(field: Locator): Promise<string> {
  switch (await field.getAttribute('type')) {
    case 'email':
      return `${word()}@check.invalid`;
    case 'tel':
      return `090${digits(8)}`;
    case 'number':
      return digits(9);
    case 'url':
      return `https://check.invalid/${word()}`;
    default:
      return word();
  }
}

const word = () => `canary${randomBytes(6).toString('hex')}`;
const digits = (count: number) =>
  randomBytes(count)
    .reduce((text, byte) => text + String((byte % 9) + 1), '')
    .slice(0, count);

const distinct = (findings: readonly TagFinding[]): TagFinding[] => [
  ...new Map(findings.map((one) => [`${one.page} ${one.parameter} ${one.kind}`, one])).values(),
];

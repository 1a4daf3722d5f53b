import { chromiumFlags } from '@keiro/cli/chromium';
import { chromium, type Page } from 'playwright-core';
import { userAgents, type Browser, type FormValues } from './session.ts';

/** Ctrl-C is ours to handle: the story ends in order, and the browser with it. */
const ourSignals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
const sizes = { desktop: { width: 1200, height: 800 }, phone: { width: 390, height: 844 } } as const;
/** A small machine that has just started fifteen programs takes its time. */
const patienceMs = 60_000;

export async function openChromium(site: string, executablePath: string): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: chromiumFlags,
    ...ourSignals,
  });
  return {
    name: `Chromium ${browser.version().split('.')[0] ?? ''}`,
    async open({ address, kind }) {
      const context = await browser.newContext({
        baseURL: site,
        locale: 'ja-JP',
        timezoneId: 'Asia/Tokyo',
        userAgent: userAgents[kind],
        viewport: sizes[kind],
        // As the proxy in front of the site would say it.
        extraHTTPHeaders: { 'x-forwarded-for': address },
      });
      context.setDefaultTimeout(patienceMs);
      const page = await context.newPage();
      return {
        async visit(path) {
          const response = await page.goto(path);
          if (response?.ok() !== true)
            throw new Error(`${path} answered ${String(response?.status() ?? 'nothing')}`);
        },
        submit: (form, values = {}) => submit(page, form, values),
        attribute: async (name) => (await page.locator(`[${name}]`).getAttribute(name)) ?? '',
        heading: async () => (await page.locator('h1').textContent()) ?? '',
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}

async function submit(page: Page, form: string, values: FormValues): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const input = page.locator(`form[name="${form}"] [name="${name}"]`);
    await (value === true ? input.check() : input.fill(value));
  }
  await Promise.all([page.waitForEvent('load'), page.locator(`form[name="${form}"] button`).click()]);
  const wrong = page.locator('.notice.wrong');
  if ((await wrong.count()) > 0) throw new Error(`the site does not take the form ${form}`);
}

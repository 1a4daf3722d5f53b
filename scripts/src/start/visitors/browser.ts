import { findChromium } from '@keiro/cli/chromium';
import { openChromium } from './chromium.ts';
import { openPlainHttp } from './plain-http.ts';
import type { Browser } from './session.ts';

/** Chromium where there is one, else plain HTTP with a cookie jar. */
export async function openBrowser(
  site: string,
  options: { plainHttp: boolean; path: string },
): Promise<Browser> {
  if (options.plainHttp) return openPlainHttp(site, 'plain HTTP');
  const executable = findChromium(options.path);
  return executable === undefined
    ? openPlainHttp(site, 'plain HTTP (there is no Chromium on this machine)')
    : openChromium(site, executable);
}

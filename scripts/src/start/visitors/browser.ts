import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
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

/** As `which` would find it. */
export function findChromium(path: string): string | undefined {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    for (const folder of path.split(delimiter)) {
      const file = join(folder, name);
      if (folder !== '' && isExecutable(file)) return file;
    }
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

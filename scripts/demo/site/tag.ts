import type { FastifyRequest } from 'fastify';
import { html } from 'ghtml';

/* The analytics tag (G1): runs in the browser, sends from there, and only what the register of holders declares. */

/** Where a tag sends to. */
export interface Analytics {
  /** Address of the collector, in full. */
  readonly collector: string;
  /** Measurement id. */
  readonly id: string;
}

/**
 * The visitor's name in the pipeline, which the tag sends as its client id, and the time of the last page, in seconds
 * since 1970: `<visitor>.<seconds>`. The tag reads it, so it is no secret.
 */
export const analyticsCookieName = 'tsubame_analytics';

export const writeAnalytics = (visitor: string, seconds: number): string => `${visitor}.${String(seconds)}`;

/** Undefined for what is no such cookie. Pure. */
export function readAnalytics(
  text: string | undefined,
): { readonly visitor: string; readonly seconds: number } | undefined {
  const [, visitor, seconds] = /^(v-[a-z]{20})\.(\d{1,11})$/.exec(text ?? '') ?? [];
  return visitor === undefined ? undefined : { visitor, seconds: Number(seconds) };
}

/** Do Not Track, or Global Privacy Control: a browser that is set so is not counted, whatever was clicked. */
export const refusesTracking = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  headers['dnt'] === '1' || headers['sec-gpc'] === '1';

export const tagPath = '/tag.js';

export const tagElement = ({ collector, id }: Analytics): string =>
  html`<script src="${tagPath}" defer data-to="${collector}" data-id="${id}"></script>`;

/**
 * Stops where the analytics opt-out add-on is installed or the page has been told to. Path without query string and
 * fragment; nothing that was typed, and no id but the cookie's.
 */
export const tagScript = `(() => {
  const { to, id } = document.currentScript.dataset;
  const addOn = window._gaUserPrefs;
  if (window['ga-disable-' + id] === true || (addOn && addOn.ioo && addOn.ioo())) return;
  const [, client] = /(?:^|; )${analyticsCookieName}=(v-[a-z]{20})\\./.exec(document.cookie) || [];
  if (!client) return;
  const hit = new URLSearchParams({
    v: '2',
    tid: id,
    cid: client,
    en: 'page_view',
    dl: location.origin + location.pathname,
    dt: document.title,
    ul: navigator.language.toLowerCase(),
    sr: screen.width + 'x' + screen.height,
  });
  fetch(to + '?' + hit, {
    method: 'POST',
    mode: 'no-cors',
    keepalive: true,
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  }).catch(() => undefined);
})();
`;

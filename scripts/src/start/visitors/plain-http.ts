import { parse, type HTMLElement } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';
import { userAgents, type Browser, type FormValues, type SessionOptions, type Session } from './session.ts';

/** Visitors without a browser: the same pages, forms and cookies, but nothing is drawn. */
export function openPlainHttp(site: string, name: string): Browser {
  return {
    name,
    open: (options) => Promise.resolve(openSession(site, options)),
    close: () => Promise.resolve(),
  };
}

function openSession(site: string, { address, kind }: SessionOptions): Session {
  const jar = new CookieJar();
  let page = parse('');
  let url = `${site}/`;

  async function load(target: string, form?: URLSearchParams): Promise<void> {
    const referer = url;
    const response = await fetch(target, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: {
        'user-agent': userAgents[kind],
        'accept-language': 'ja-JP',
        'x-forwarded-for': address,
        cookie: await jar.getCookieString(target),
        referer,
      },
      ...(form === undefined ? {} : { body: form }),
      signal: AbortSignal.timeout(60_000),
    });
    for (const cookie of response.headers.getSetCookie()) await jar.setCookie(cookie, target);
    const text = await response.text();
    const onward = response.headers.get('location');
    if (response.status === 303 && onward !== null) {
      await load(new URL(onward, target).href);
      return;
    }
    url = target;
    page = parse(text);
    if (!response.ok) throw new Error(`${new URL(target).pathname} answered ${String(response.status)}`);
  }

  return {
    visit: (path) => load(new URL(path, site).href),
    async submit(name, values = {}) {
      const form = page.querySelector(`form[name="${name}"]`);
      if (form === null) throw new Error(`the page has no form ${name}`);
      await load(new URL(form.getAttribute('action') ?? '', url).href, filledIn(form, values));
    },
    attribute: (name) => Promise.resolve(page.querySelector(`[${name}]`)?.getAttribute(name) ?? ''),
    heading: () => Promise.resolve(page.querySelector('h1')?.textContent ?? ''),
    close: () => Promise.resolve(),
  };
}

/** What a browser would send: the form's own values, then what was typed; a box only when it is ticked. */
function filledIn(form: HTMLElement, values: FormValues): URLSearchParams {
  const body = new URLSearchParams();
  for (const input of form.querySelectorAll('input, textarea')) {
    const name = input.getAttribute('name') ?? '';
    const typed = values[name];
    const given = input.getAttribute('value') ?? '';
    if (input.getAttribute('type') !== 'checkbox') body.set(name, typeof typed === 'string' ? typed : given);
    else if (typed === true) body.set(name, given);
  }
  for (const name of Object.keys(values)) {
    if (!body.has(name)) throw new Error(`the form has no field ${name}`);
  }
  return body;
}

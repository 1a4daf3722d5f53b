import type { FastifyRequest } from 'fastify';
import { choiceOf } from './choice.ts';
import { pageViewed } from './events.ts';
import { idOf } from './ids.ts';
import { operatorPaths, type Site } from './site.ts';

/** Holds the time of the last page, in seconds since 1970. */
const analyticsCookieName = 'tsubame_analytics';

const isPage = ({ method, url }: FastifyRequest) =>
  method === 'GET' && url !== '/style.css' && !operatorPaths.test(url);

/** C3, analytics: pages and times of those who accepted it. Without that no such cookie is set, and nothing is told. */
export function countViews(site: Site): void {
  const { app, deps } = site;
  const accepts = (request: FastifyRequest) => choiceOf(site.sessionOf(request))?.analytics === true;

  app.addHook('onRequest', (request, reply, next) => {
    if (isPage(request)) {
      const options = { path: '/', httpOnly: true, sameSite: 'lax' } as const;
      if (accepts(request)) {
        const seconds = Math.floor(deps.now().getTime() / 1000);
        void reply.setCookie(analyticsCookieName, String(seconds), options);
      } else if (request.cookies[analyticsCookieName] !== undefined) {
        void reply.clearCookie(analyticsCookieName, options);
      }
    }
    next();
  });

  app.addHook('onResponse', (request, reply, next) => {
    // The page is there already: nobody waits for this.
    if (isPage(request) && reply.statusCode === 200 && accepts(request)) void tell(request);
    next();
  });

  async function tell(request: FastifyRequest): Promise<void> {
    const moment = site.moment(`view-${idOf(deps.random(20))}`);
    const since = Number(request.cookies[analyticsCookieName]);
    const [path = '/'] = request.url.split('?');
    const view = { path, secondsSinceLast: moment.at.getTime() / 1000 - since };
    try {
      await deps.emit([pageViewed(moment, site.sessionOf(request), view)]);
    } catch (error) {
      // Statistics that miss a page are better than a page that waits for them.
      deps.log.warn({ err: error }, 'a page view was not counted');
    }
  }
}

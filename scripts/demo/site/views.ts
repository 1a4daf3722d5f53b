import type { FastifyRequest } from 'fastify';
import { choiceDays, choiceOf } from './choice.ts';
import { pageViewed } from './events.ts';
import { useImplied } from './facts.ts';
import { idOf } from './ids.ts';
import { operatorPaths, type Site } from './site.ts';
import { analyticsCookieName, readAnalytics, refusesTracking, tagPath, writeAnalytics } from './tag.ts';

const isPage = ({ method, url }: FastifyRequest) =>
  method === 'GET' && url !== '/style.css' && url !== tagPath && !operatorPaths.test(url);

/** C3, analytics: pages and times of those who accepted it. Without that no such cookie is set, and nothing is told. */
export function countViews(site: Site): void {
  const { app, deps } = site;

  app.addHook('onRequest', (request, reply, next) => {
    if (isPage(request)) {
      const { visitor } = site.sessionOf(request);
      const options = { path: '/', sameSite: 'lax' } as const;
      if (isCounted(site, request) && visitor !== undefined) {
        const seconds = Math.floor(deps.now().getTime() / 1000);
        const kept = { ...options, maxAge: choiceDays * 86_400 };
        void reply.setCookie(analyticsCookieName, writeAnalytics(visitor, seconds), kept);
      } else if (request.cookies[analyticsCookieName] !== undefined) {
        void reply.clearCookie(analyticsCookieName, options);
      }
    }
    next();
  });

  app.addHook('onResponse', (request, reply, next) => {
    // The page is there already: nobody waits for this.
    if (isPage(request) && reply.statusCode === 200 && isCounted(site, request)) void tell(request);
    next();
  });

  async function tell(request: FastifyRequest): Promise<void> {
    const session = site.sessionOf(request);
    const id = idOf(deps.random(20));
    const moment = site.moment(`view-${id}`);
    const last = readAnalytics(request.cookies[analyticsCookieName]);
    const isSame = last !== undefined && last.visitor === session.visitor;
    const [path = '/'] = request.url.split('?');
    const since = isSame ? last.seconds : Number.NaN;
    const view = { path, secondsSinceLast: moment.at.getTime() / 1000 - since };
    // The cookie is set with the first page that carries the tag, and lasts: so once a visitor.
    const first =
      isSame || deps.analytics === undefined ? [] : [useImplied({ ...moment, id: `use-${id}` }, session)];
    try {
      await deps.emit([pageViewed(moment, session, view), ...first]);
    } catch (error) {
      // Statistics that miss a page are better than a page that waits for them. A deletion reaches analytics by the
      // cookie, whether or not the page was counted here.
      deps.log.warn({ err: error }, 'a page view was not counted');
    }
  }
}

/** Whether a visit is counted: the visitor said so, and the browser does not object. */
export const isCounted = (site: Pick<Site, 'sessionOf'>, request: FastifyRequest): boolean =>
  choiceOf(site.sessionOf(request))?.analytics === true && !refusesTracking(request);

import cookies from '@fastify/cookie';
import forms from '@fastify/formbody';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { isRetryable } from '@keiro/runtime';
import { serveOpenDsr } from '../opendsr/processor.ts';
import { choiceCookieName, choiceOf, readChoice } from './choice.ts';
import type { Session } from './members.ts';
import { layout, message } from './pages/layout.ts';
import { mountAccount } from './routes/account.ts';
import { mountClosing } from './routes/closing.ts';
import { mountService } from './routes/service.ts';
import { mountSettings } from './routes/settings.ts';
import {
  operatorPaths,
  sessionCookieName,
  setSessionCookie,
  type Site,
  type SiteDependencies,
} from './site.ts';
import { css } from './style.ts';
import { FormError } from './submit.ts';
import { tagPath, tagScript } from './tag.ts';
import { countViews, isCounted } from './views.ts';

/** Tsubame Board: an invented groupware service whose pages are the pipeline's producers. */
export async function createSite(deps: SiteDependencies): Promise<FastifyInstance> {
  const app = Fastify({ trustProxy: '127.0.0.1', forceCloseConnections: 'idle', bodyLimit: 65_536 });
  await app.register(cookies);
  await app.register(forms);
  const sessions = new WeakMap<FastifyRequest, Session>();
  // Whatever got into a page: nothing runs but what the site serves, and nothing leaves but to the collector.
  const collectorOrigin = deps.analytics === undefined ? '' : ` ${new URL(deps.analytics.collector).origin}`;
  const contentSecurityPolicy = [
    "default-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${collectorOrigin}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

  const site: Site = {
    app,
    deps,
    sessionOf(request) {
      const session = sessions.get(request) ?? deps.members.session(request.cookies[sessionCookieName]);
      sessions.set(request, session);
      return session;
    },
    show(request, page) {
      const session = site.sessionOf(request);
      const [path = '/'] = request.url.split('?');
      const view = {
        session,
        once: () => deps.submissions.token(session),
        policy: deps.policy(),
        // A page that answers a form is none that one could go back to.
        path: request.method === 'GET' ? path : '/',
        asks: choiceOf(session) === undefined,
        ...(deps.analytics !== undefined &&
        request.method === 'GET' &&
        !request.is404 &&
        isCounted(site, request)
          ? { analytics: deps.analytics }
          : {}),
      };
      return layout(view, page(view));
    },
    moment: (id) => ({ id, at: deps.now(), site: deps.site, policy: deps.policy().version }),
  };

  app.addHook('onRequest', (request, reply, next) => {
    if (!operatorPaths.test(request.url)) {
      const session = site.sessionOf(request);
      if (request.cookies[sessionCookieName] !== session.id) {
        Object.assign(session, readChoice(request.cookies[choiceCookieName]));
        setSessionCookie(reply, session);
      }
      void reply
        .header('cache-control', 'no-store')
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', contentSecurityPolicy);
    }
    next();
  });
  countViews(site);
  app.addHook('onResponse', (request, reply, next) => {
    if (!operatorPaths.test(request.url)) {
      deps.accessLog({
        address: request.ip,
        member: sessions.get(request)?.member?.id,
        at: deps.now(),
        method: request.method,
        path: request.url,
        protocol: `HTTP/${request.raw.httpVersion}`,
        status: reply.statusCode,
        bytes: Number(reply.getHeader('content-length') ?? 0),
        referer: request.headers.referer,
        userAgent: request.headers['user-agent'],
      });
    }
    next();
  });

  app.setErrorHandler((error, request, reply) => {
    const known = error instanceof FormError ? 422 : (error as { statusCode?: number }).statusCode;
    const status = isRetryable(error) ? 503 : (known ?? 500);
    if (status >= 500) deps.log.warn({ err: error }, 'a request failed');
    const text =
      status === 503
        ? 'ただいま混み合っています。ページを再読み込みして、同じ内容をもう一度お送りください。'
        : error instanceof FormError
          ? error.message
          : '申し訳ありません。処理できませんでした。';
    void reply
      .status(status)
      .type('text/html')
      .send(
        site.show(request, () => message('送信できませんでした', text, { href: '/', label: 'トップへ' })),
      );
  });
  app.setNotFoundHandler((request, reply) => {
    const page = () =>
      message('ページがありません', 'アドレスをお確かめください。', { href: '/', label: 'トップへ' });
    void reply.status(404).type('text/html').send(site.show(request, page));
  });

  app.get('/style.css', (_request, reply) =>
    reply.type('text/css').header('cache-control', 'max-age=86400').send(css),
  );
  app.get(tagPath, (_request, reply) => reply.type('text/javascript').send(tagScript));
  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', () => ({ status: 'ready' }));
  app.get('/metrics', async (_request, reply) => reply.type('text/plain').send(await deps.metrics.text()));
  serveOpenDsr(app, {
    prefix: '/privacy/v3',
    token: deps.privacy.token,
    seal: deps.privacy.seal,
    fulfiller: {
      erase: (identities) => Promise.resolve(deps.members.erase(identities)),
      find: (identities) => Promise.resolve(deps.members.find(identities)),
    },
    identities: ['member', 'payer', 'email', 'phone'],
    now: deps.now,
    onFailure: (error) => {
      deps.log.error({ err: error }, 'a data subject request failed');
    },
  });
  mountAccount(site);
  mountSettings(site);
  mountClosing(site);
  mountService(site);
  return app;
}

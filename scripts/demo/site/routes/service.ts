import { z } from 'zod';
import { plans, posts, type Plan } from '../content.ts';
import { campaignEntered, featureCookie, inquired, paid, who } from '../events.ts';
import { newsChosen } from '../facts.ts';
import { readForm, takeFlash, tokenOf, wordsOf } from '../form.ts';
import { idOf } from '../ids.ts';
import { campaignPage, inquiryPage } from '../pages/contact.ts';
import { message } from '../pages/layout.ts';
import type { Page } from '../pages/view.ts';
import { boardPage, checkoutPage, planPage, topPage } from '../pages/service.ts';
import type { Site } from '../site.ts';

const text = (max: number) => z.string().trim().max(max);
const readSchema = z.object({ post: z.enum(posts.map(({ id }) => id)) });
const viewSchema = z.object({ view: z.enum(['list', 'card']) });
const checkoutSchema = z.object({
  cardToken: z.string().regex(/^tok-[a-z]{20}$/),
  billingAddress: text(400).optional(),
});
const campaignSchema = z.object({
  name: text(200).min(1),
  email: text(254).pipe(z.email()),
  address: text(400).optional(),
  answer: text(1000).optional(),
  optIn: z.literal('yes').optional(),
});
const inquirySchema = z.object({
  name: text(200).optional(),
  email: text(254).pipe(z.email()),
  subjectLine: text(200).optional(),
  body: text(5000).min(1),
});

const campaignId = 'spring-teams';

/** Boards, plans, campaign and inquiries. */
export function mountService(site: Site): void {
  const { app, deps } = site;
  const { submissions } = deps;
  const thanks = (title: string, words: string): Page =>
    message(title, words, { href: '/', label: 'トップへ' });

  app.get('/', (request, reply) => reply.type('text/html').send(site.show(request, topPage)));

  app.get('/board', (request, reply) => {
    if (site.sessionOf(request).member === undefined) return reply.redirect('/login', 303);
    return reply.type('text/html').send(site.show(request, (view) => boardPage(view, posts)));
  });
  app.post('/board/read', async (request, reply) => {
    const session = site.sessionOf(request);
    if (session.member === undefined) return reply.redirect('/login', 303);
    const { onward } = await submissions.submit(session, tokenOf(request.body), (id) => {
      const { post } = readForm(readSchema, request.body);
      return Promise.resolve({
        events: [featureCookie(site.moment(`feature-${id}`), session, '/board', `read-mark:${post}`)],
        accept: () => undefined,
        onward: '/board',
      });
    });
    return reply.redirect(onward, 303);
  });
  app.post('/board/view', async (request, reply) => {
    const session = site.sessionOf(request);
    if (session.member === undefined) return reply.redirect('/login', 303);
    const { onward } = await submissions.submit(session, tokenOf(request.body), (id) => {
      const { view } = readForm(viewSchema, request.body);
      return Promise.resolve({
        events: [featureCookie(site.moment(`feature-${id}`), session, '/board', `board-view:${view}`)],
        accept: () => void Object.assign(session, { view }),
        onward: '/board',
      });
    });
    return reply.redirect(onward, 303);
  });

  app.get('/plan', (request, reply) => {
    const session = site.sessionOf(request);
    if (session.member === undefined) return reply.redirect('/login', 303);
    return reply
      .type('text/html')
      .send(site.show(request, (view) => planPage(view, plans, takeFlash(session))));
  });
  app.get<{ Params: { plan: string } }>('/checkout/:plan', (request, reply) => {
    const plan = paidPlan(request.params.plan);
    if (plan === undefined || site.sessionOf(request).member === undefined)
      return reply.redirect('/plan', 303);
    const cardToken = `tok-${idOf(deps.random(20))}`;
    return reply.type('text/html').send(site.show(request, (view) => checkoutPage(view, plan, cardToken)));
  });
  app.post<{ Params: { plan: string } }>('/checkout/:plan', async (request, reply) => {
    const session = site.sessionOf(request);
    const plan = paidPlan(request.params.plan);
    const { member } = session;
    if (plan === undefined || member === undefined) return reply.redirect('/plan', 303);
    const { onward } = await submissions.submit(session, tokenOf(request.body), (id) => {
      const { cardToken, billingAddress } = readForm(checkoutSchema, request.body);
      const purchase = { plan: plan.id, price: plan.price, cardToken, billingAddress };
      return Promise.resolve({
        events: [paid(site.moment(`payment-${id}`), member, purchase)],
        accept() {
          member.plan = plan.id;
          session.flash = `${plan.name}プランをご利用いただけます。`;
        },
        onward: '/plan',
      });
    });
    return reply.redirect(onward, 303);
  });

  app.get('/campaign', (request, reply) =>
    reply.type('text/html').send(site.show(request, (view) => campaignPage(view))),
  );
  app.post('/campaign', async (request, reply) => {
    const session = site.sessionOf(request);
    try {
      const { onward } = await submissions.submit(session, tokenOf(request.body), (id) => {
        const { optIn, ...given } = readForm(campaignSchema, request.body);
        const entry = { address: undefined, answer: undefined, ...given };
        const moment = site.moment(`campaign-${id}`);
        const wantsNews = optIn === 'yes';
        const subject = { ...who(session), email: given.email };
        return Promise.resolve({
          events: [
            campaignEntered(moment, session, {
              ...entry,
              campaign: campaignId,
              marketingOptIn: wantsNews,
            }),
            // The entry may be used so; the consent says that the person may be, until it is withdrawn.
            ...(wantsNews ? [newsChosen(site.moment(`news-${id}`), subject, true)] : []),
          ],
          accept() {
            if (wantsNews && session.member !== undefined) session.member.wantsNews = true;
          },
          onward: '/campaign/thanks',
        });
      });
      return await reply.redirect(onward, 303);
    } catch (error) {
      const words = wordsOf(error);
      return reply
        .status(422)
        .type('text/html')
        .send(site.show(request, (view) => campaignPage(view, words)));
    }
  });
  app.get('/campaign/thanks', (request, reply) =>
    reply
      .type('text/html')
      .send(
        site.show(request, () =>
          thanks('ご応募ありがとうございました', '抽選の結果は発送をもってお知らせします。'),
        ),
      ),
  );

  app.get('/inquiry', (request, reply) =>
    reply.type('text/html').send(site.show(request, (view) => inquiryPage(view))),
  );
  app.post('/inquiry', async (request, reply) => {
    const session = site.sessionOf(request);
    try {
      const { onward } = await submissions.submit(session, tokenOf(request.body), (id) => {
        const question = {
          name: undefined,
          subjectLine: undefined,
          ...readForm(inquirySchema, request.body),
        };
        return Promise.resolve({
          events: [inquired(site.moment(`inquiry-${id}`), session, question)],
          accept: () => undefined,
          onward: '/inquiry/thanks',
        });
      });
      return await reply.redirect(onward, 303);
    } catch (error) {
      const words = wordsOf(error);
      return reply
        .status(422)
        .type('text/html')
        .send(site.show(request, (view) => inquiryPage(view, words)));
    }
  });
  app.get('/inquiry/thanks', (request, reply) =>
    reply
      .type('text/html')
      .send(
        site.show(request, () =>
          thanks('お問い合わせを受け付けました', '2営業日以内にメールでお答えします。'),
        ),
      ),
  );
}

function paidPlan(id: string): Plan | undefined {
  return plans.find((plan) => plan.id === id && plan.price > 0);
}

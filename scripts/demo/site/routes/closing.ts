import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { plans } from '../content.ts';
import { sessionCookie } from '../events.ts';
import { accountClosed, contractEnded } from '../facts.ts';
import { readForm, takeFlash, tokenOf, wordsOf } from '../form.ts';
import { closingPage } from '../pages/closing.ts';
import { message } from '../pages/layout.ts';
import { rememberBrowser, type Site } from '../site.ts';
import { FormError } from '../submit.ts';
import { lastDayOfAccount, termsOfClosing } from '../terms.ts';

const closingSchema = z.object({ understood: z.literal('yes') });

/** Cancelling a paid plan, and leaving. */
export function mountClosing(site: Site): void {
  const { app, deps } = site;
  const { members, submissions } = deps;

  const page = (request: FastifyRequest, wrong?: string) => {
    const plan = plans.find(({ id, price }) => id === site.sessionOf(request).member?.plan && price > 0);
    const terms = termsOfClosing(deps.policy(), deps.now());
    return site.show(request, (view) => closingPage(view, terms, plan, wrong));
  };

  app.post('/plan/cancel', async (request, reply) => {
    const session = site.sessionOf(request);
    const { member } = session;
    if (member === undefined) return reply.redirect('/login', 303);
    const { onward } = await submissions.submit(session, tokenOf(request.body), (id) =>
      Promise.resolve({
        events: member.plan === 'free' ? [] : [contractEnded(site.moment(`contract-${id}`), member)],
        accept() {
          member.plan = 'free';
          session.flash = '解約しました。フリープランに戻りました。';
        },
        onward: '/plan',
      }),
    );
    return reply.redirect(onward, 303);
  });

  app.get('/close', (request, reply) =>
    site.sessionOf(request).member === undefined
      ? reply.redirect('/login', 303)
      : reply.type('text/html').send(page(request)),
  );
  app.post('/close', async (request, reply) => {
    const session = site.sessionOf(request);
    try {
      const { onward } = await submissions.submit(session, tokenOf(request.body), (id) => {
        const { member } = session;
        if (member === undefined) throw new FormError('退会の手続きにはログインが必要です。');
        readForm(closingSchema, request.body);
        const closed = site.moment(`closed-${id}`);
        const lastDay = lastDayOfAccount(deps.policy(), closed.at);
        return Promise.resolve({
          events: [
            accountClosed(closed, session),
            ...(member.plan === 'free' ? [] : [contractEnded(site.moment(`contract-${id}`), member)]),
            sessionCookie(site.moment(`session-${id}`), session, 'logout'),
          ],
          accept() {
            members.close(member, session);
            if (lastDay !== undefined)
              session.flash = `会員登録情報とプロフィールは、${lastDay}に削除します。`;
          },
          onward: '/close/done',
        });
      });
      rememberBrowser(reply, session);
      return await reply.redirect(onward, 303);
    } catch (error) {
      const words = wordsOf(error);
      if (session.member === undefined) return reply.redirect('/login', 303);
      return reply.status(422).type('text/html').send(page(request, words));
    }
  });
  app.get('/close/done', (request, reply) => {
    const said = takeFlash(site.sessionOf(request)) ?? 'お預かりした情報は、定めた期間が過ぎると削除します。';
    const way = { href: '/', label: 'トップへ' };
    return reply
      .type('text/html')
      .send(
        site.show(request, () =>
          message('退会の手続きが終わりました', `ご利用ありがとうございました。${said}`, way),
        ),
      );
  });
}

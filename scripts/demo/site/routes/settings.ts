import { z } from 'zod';
import { choiceOf } from '../choice.ts';
import { who } from '../events.ts';
import { cookiesChosen, newsChosen } from '../facts.ts';
import { readForm, takeFlash, tokenOf, wordsOf } from '../form.ts';
import { settingsPath } from '../pages/view.ts';
import { settingsPage } from '../pages/settings.ts';
import { newVisitor, rememberBrowser, type Site } from '../site.ts';
import { FormError } from '../submit.ts';

const cookiesSchema = z.object({
  choice: z.enum(['analytics', 'necessary']),
  from: z.enum(['banner', 'form']),
  /** A page of this site: nobody is sent elsewhere. */
  back: z
    .string()
    .regex(/^\/(?!\/)[\w./-]{0,200}$/)
    .catch('/'),
});
const newsSchema = z.object({ news: z.enum(['on', 'off']) });

/** What a visitor has chosen, and may choose otherwise at any time. */
export function mountSettings(site: Site): void {
  const { app, deps } = site;
  const { submissions } = deps;
  const saved = '設定を保存しました。';

  app.get(settingsPath, (request, reply) => {
    const session = site.sessionOf(request);
    const flash = takeFlash(session);
    const said = flash === undefined ? undefined : { text: flash, kind: 'well' as const };
    return reply
      .type('text/html')
      .send(site.show(request, (view) => settingsPage(view, choiceOf(session), said)));
  });

  app.post('/settings/cookies', async (request, reply) => {
    const session = site.sessionOf(request);
    try {
      const { onward } = await submissions.submit(session, tokenOf(request.body), (id) => {
        const { choice, from, back } = readForm(cookiesSchema, request.body);
        const analytics = choice === 'analytics';
        const moment = site.moment(`cookies-${id}`);
        const visitor = session.visitor ?? newVisitor(deps.random);
        const isNews = choiceOf(session)?.analytics !== analytics;
        return Promise.resolve({
          events: isNews ? [cookiesChosen(moment, { ...session, visitor }, analytics, from)] : [],
          accept() {
            session.visitor = visitor;
            (session.member ?? session).choice = { analytics, at: moment.at };
            if (from === 'form') session.flash = saved;
          },
          onward: back,
        });
      });
      rememberBrowser(reply, session);
      return await reply.redirect(onward, 303);
    } catch (error) {
      const said = { text: wordsOf(error), kind: 'wrong' as const };
      const page = site.show(request, (view) => settingsPage(view, choiceOf(session), said));
      return reply.status(422).type('text/html').send(page);
    }
  });

  app.post('/settings/news', async (request, reply) => {
    const session = site.sessionOf(request);
    try {
      const { onward } = await submissions.submit(session, tokenOf(request.body), (id) => {
        const { member } = session;
        if (member === undefined) throw new FormError('お知らせメールの設定にはログインが必要です。');
        const wanted = readForm(newsSchema, request.body).news === 'on';
        const fact = newsChosen(site.moment(`news-${id}`), who(session), wanted);
        return Promise.resolve({
          events: wanted === member.wantsNews ? [] : [fact],
          accept() {
            member.wantsNews = wanted;
            session.flash = saved;
          },
          onward: settingsPath,
        });
      });
      return await reply.redirect(onward, 303);
    } catch (error) {
      const said = { text: wordsOf(error), kind: 'wrong' as const };
      const page = site.show(request, (view) => settingsPage(view, choiceOf(session), said));
      return reply.status(422).type('text/html').send(page);
    }
  });
}

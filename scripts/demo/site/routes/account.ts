import { z } from 'zod';
import { choiceBroughtBy } from '../choice.ts';
import { profileChanged, registered, sessionCookie } from '../events.ts';
import { cookiesChosen, newsChosen } from '../facts.ts';
import { filledIn, readForm, takeFlash, tokenOf, wordsOf } from '../form.ts';
import type { Profile, Session } from '../members.ts';
import { logInPage, profilePage, signUpPage } from '../pages/account.ts';
import { newVisitor, rememberBrowser, setSessionCookie, type Site } from '../site.ts';
import { FormError } from '../submit.ts';

const line = z.string().trim().max(200);
const optional = line.transform((value) => (value === '' ? undefined : value)).optional();

const signUpSchema = z.object({
  name: line.min(1),
  nameKana: optional,
  email: line.pipe(z.email()),
  phone: optional,
  company: optional,
  department: optional,
  password: z.string().min(10).max(200),
  optIn: z.literal('yes').optional(),
});
const logInSchema = z.object({ email: line, password: z.string().max(200) });
const profileSchema = z.object({
  name: line.min(1),
  phone: optional,
  company: optional,
  department: optional,
  position: optional,
});

/** Sign-up, log-in, log-out and profile. */
export function mountAccount(site: Site): void {
  const { app, deps } = site;
  const { members, submissions } = deps;
  /** A guest's browser keeps its name, so that what it left so far becomes hers (D1); another member's gets a new one. */
  const visitorOf = ({ member, visitor }: Session) =>
    (member === undefined ? visitor : undefined) ?? newVisitor(deps.random);

  app.get('/signup', (request, reply) =>
    reply.type('text/html').send(site.show(request, (view) => signUpPage(view))),
  );
  app.post('/signup', async (request, reply) => {
    const session = site.sessionOf(request);
    try {
      const { onward } = await submissions.submit(session, tokenOf(request.body), async (id) => {
        const { password, optIn, ...profile } = readForm(signUpSchema, request.body);
        const applicant = await members.apply(profile, password);
        if (applicant === 'email-taken')
          throw new FormError('このメールアドレスは登録済みです。ログインしてください。');
        if (applicant === 'email-closed')
          throw new FormError('退会された方のメールアドレスです。情報の削除が済むまで、再登録はできません。');
        const { member } = applicant;
        const visitor = visitorOf(session);
        // The session that the visitor has had so far becomes the member's.
        const asMember = { ...session, member, visitor };
        const brought = choiceBroughtBy(session, member);
        const choosing = site.moment(`cookies-${id}`);
        const subject = { member: member.id, email: member.email, cookie: visitor };
        return {
          events: [
            registered(site.moment(`registration-${id}`), member, visitor),
            sessionCookie(site.moment(`session-${id}`), asMember, 'login'),
            ...(brought === undefined
              ? []
              : [cookiesChosen(choosing, asMember, brought.analytics, 'banner')]),
            ...(optIn === 'yes' ? [newsChosen(site.moment(`news-${id}`), subject, true)] : []),
          ],
          accept() {
            applicant.accept();
            member.wantsNews = optIn === 'yes';
            if (brought !== undefined) member.choice = { ...brought, at: choosing.at };
            Object.assign(session, { member, visitor, flash: 'ご登録ありがとうございます。' });
          },
          reject: () => {
            applicant.reject();
          },
          onward: '/profile',
        };
      });
      rememberBrowser(reply, session);
      return await reply.redirect(onward, 303);
    } catch (error) {
      const words = wordsOf(error);
      const page = site.show(request, (view) => signUpPage(view, filledIn(request.body), words));
      return reply.status(422).type('text/html').send(page);
    }
  });

  app.get('/login', (request, reply) =>
    reply.type('text/html').send(site.show(request, (view) => logInPage(view))),
  );
  app.post('/login', async (request, reply) => {
    const before = site.sessionOf(request);
    try {
      const settled = await submissions.submit(before, tokenOf(request.body), async (id) => {
        const { email, password } = readForm(logInSchema, request.body);
        const member = await members.authenticate(email, password);
        if (member === undefined) throw new FormError('メールアドレスかパスワードが違います。');
        // A new session: the id that was known before the log-in is worth nothing after it.
        const visitor = visitorOf(before);
        const session = Object.assign(members.session(undefined), { member, visitor });
        const brought = choiceBroughtBy(before, member);
        const choosing = site.moment(`cookies-${id}`);
        return {
          events: [
            sessionCookie(site.moment(`session-${id}`), session, 'login'),
            // Said by a browser so far: from now on by her, in whichever browser.
            ...(brought === undefined ? [] : [cookiesChosen(choosing, session, brought.analytics, 'banner')]),
          ],
          accept: () => {
            if (brought !== undefined) member.choice = { ...brought, at: choosing.at };
            members.end(before);
          },
          onward: '/board',
          session,
        };
      });
      const session = settled.session ?? before;
      setSessionCookie(reply, session);
      rememberBrowser(reply, session);
      return await reply.redirect(settled.onward, 303);
    } catch (error) {
      const words = wordsOf(error);
      const page = site.show(request, (view) => logInPage(view, filledIn(request.body), words));
      return reply.status(422).type('text/html').send(page);
    }
  });

  app.post('/logout', async (request, reply) => {
    const session = site.sessionOf(request);
    const { onward } = await submissions.submit(session, tokenOf(request.body), (id) =>
      Promise.resolve({
        events:
          session.member === undefined
            ? []
            : [sessionCookie(site.moment(`session-${id}`), session, 'logout')],
        accept: () => {
          members.end(session);
        },
        onward: '/',
      }),
    );
    // Whoever comes next at this browser has chosen nothing yet.
    const next = members.session(undefined);
    setSessionCookie(reply, next);
    rememberBrowser(reply, next);
    return reply.redirect(onward, 303);
  });

  app.get('/profile', (request, reply) => {
    const session = site.sessionOf(request);
    if (session.member === undefined) return reply.redirect('/login', 303);
    return reply.type('text/html').send(site.show(request, (view) => profilePage(view, takeFlash(session))));
  });
  app.post('/profile', async (request, reply) => {
    const session = site.sessionOf(request);
    const { member } = session;
    if (member === undefined) return reply.redirect('/login', 303);
    try {
      const { onward } = await submissions.submit(session, tokenOf(request.body), (id) => {
        const changed = changesOf(member, readForm(profileSchema, request.body));
        const isChanged = Object.keys(changed).length > 0;
        return Promise.resolve({
          events: isChanged ? [profileChanged(site.moment(`profile-${id}`), session, changed)] : [],
          accept: () => void Object.assign(member, changed),
          onward: '/profile',
        });
      });
      session.flash = '保存しました。';
      return await reply.redirect(onward, 303);
    } catch (error) {
      const words = wordsOf(error);
      return reply
        .status(422)
        .type('text/html')
        .send(site.show(request, (view) => profilePage(view, words)));
    }
  });
}

/** Only what was changed is collected again. */
function changesOf(member: Profile, given: Omit<Profile, 'email'>): Partial<Profile> {
  const before: Partial<Record<string, unknown>> = { ...member };
  return Object.fromEntries(
    Object.entries<string | undefined>(given).filter(
      ([name, value]) => value !== undefined && value !== before[name],
    ),
  );
}

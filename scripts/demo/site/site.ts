import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log, Metrics } from '@keiro/runtime';
import type { CollectionEvent, Fact, Policy } from '@keiro/schemas';
import type { Seal } from '../opendsr/seal.ts';
import type { AccessLine } from './access-log.ts';
import { choiceCookieName, choiceDays, writeChoice } from './choice.ts';
import type { Moment } from './events.ts';
import { idOf } from './ids.ts';
import type { Members, Session } from './members.ts';
import type { Page, View } from './pages/view.ts';
import type { Submissions } from './submit.ts';
import type { Analytics } from './tag.ts';

export interface SiteDependencies {
  readonly members: Members;
  readonly submissions: Submissions;
  /** For what no form is behind. Rejects where the pipeline has not taken it. */
  readonly emit: (events: readonly (CollectionEvent | Fact)[]) => Promise<unknown>;
  /** Absent: its pages carry no tag. */
  readonly analytics?: Analytics;
  readonly accessLog: (line: AccessLine) => void;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  /** Host name in the events. */
  readonly site: string;
  /** The privacy policy in force now. */
  readonly policy: () => Policy;
  /** What it takes data subject requests with: who may send them, and who signs the answers. */
  readonly privacy: { readonly token: string; readonly seal: Seal };
}

/** A site whose requests know the session that they belong to. */
export interface Site {
  readonly app: FastifyInstance;
  readonly deps: SiteDependencies;
  sessionOf(request: FastifyRequest): Session;
  show(request: FastifyRequest, page: (view: View) => Page): string;
  moment(id: string): Moment;
}

/** Not for visitors: no session, no line in the access log. */
export const operatorPaths = /^\/(health|metrics|privacy)(\/|$)/;

export const sessionCookieName = 'tsubame_session';

export function setSessionCookie(reply: FastifyReply, session: Session): void {
  void reply.setCookie(sessionCookieName, session.id, { path: '/', httpOnly: true, sameSite: 'lax' });
}

export const newVisitor = (random: (bytes: number) => Buffer): string => `v-${idOf(random(20))}`;

const visitorCookieName = 'tsubame_visitor';
const visitorDays = 30;

/** What the browser keeps beyond its session: a member's name for it, or the choice of one who is none. */
export function rememberBrowser(reply: FastifyReply, { member, visitor, choice }: Session): void {
  const keep = (name: string, value: string | undefined, days: number) =>
    value === undefined
      ? reply.clearCookie(name, { path: '/' })
      : reply.setCookie(name, value, {
          path: '/',
          httpOnly: true,
          sameSite: 'lax',
          maxAge: days * 86_400,
        });
  const isGuests = member === undefined && visitor !== undefined && choice !== undefined;
  void keep(visitorCookieName, member === undefined ? undefined : visitor, visitorDays);
  void keep(choiceCookieName, isGuests ? writeChoice(choice, visitor) : undefined, choiceDays);
}

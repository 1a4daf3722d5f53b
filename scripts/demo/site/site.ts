import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log, Metrics } from '@keiro/runtime';
import type { AccessLine } from './access-log.ts';
import type { Moment } from './events.ts';
import type { Members, Session } from './members.ts';
import type { Page, View } from './pages/layout.ts';
import type { Submissions } from './submit.ts';

export interface SiteDependencies {
  readonly members: Members;
  readonly submissions: Submissions;
  readonly accessLog: (line: AccessLine) => void;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  /** Host name in the events. */
  readonly site: string;
  /** Version of the privacy policy in force now. */
  readonly policy: () => string;
  readonly privacyToken: string;
}

/** A site whose requests know the session that they belong to. */
export interface Site {
  readonly app: FastifyInstance;
  readonly deps: SiteDependencies;
  sessionOf(request: FastifyRequest): Session;
  show(request: FastifyRequest, page: (view: View) => Page): string;
  moment(id: string): Moment;
}

export const sessionCookieName = 'tsubame_session';

export function setSessionCookie(reply: FastifyReply, session: Session): void {
  void reply.setCookie(sessionCookieName, session.id, { path: '/', httpOnly: true, sameSite: 'lax' });
}

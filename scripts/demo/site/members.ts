import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { normaliseIdentifier } from '@keiro/schemas';
import type { Identity } from '../opendsr/messages.ts';
import type { CookieChoice } from './choice.ts';
import { idOf } from './ids.ts';

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;

export interface Profile {
  name: string;
  nameKana?: string | undefined;
  email: string;
  phone?: string | undefined;
  company?: string | undefined;
  department?: string | undefined;
  position?: string | undefined;
}

export interface Member extends Profile {
  readonly id: string;
  /** Id at the payment agency. */
  readonly payer: string;
  plan: string;
  /** What she decided about analytics cookies, in whichever browser. */
  choice?: CookieChoice;
  /** Whether she wants news and offers by e-mail. */
  wantsNews: boolean;
  /** When she left. What the site has of her stays until the pipeline ends it. */
  closedAt?: Date;
}

/** What one browser is to the site. The id is the secret in its session cookie. */
export interface Session {
  readonly id: string;
  readonly startedAt: Date;
  member?: Member;
  /** Names the browser to the pipeline from its first choice, registration or log-in on; no secret. */
  visitor?: string;
  /** Decided in this browser while nobody was signed in: see `choiceOf`. */
  choice?: CookieChoice;
  /** How the boards are shown. */
  view: 'list' | 'card';
  /** Said once, on the next page. */
  flash?: string;
}

/** A member who is not one yet: the address is reserved until it is settled one way or the other. */
interface Applicant {
  readonly member: Member;
  accept(): void;
  reject(): void;
}

/** Members and sessions, in memory only: the profiles that last are in the CRM. */
export interface Members {
  /** The session with this id, or a new one. */
  session(id: string | undefined): Session;
  end(session: Session): void;
  /** `email-closed`: of a member who left, and whose data have not ended yet. Another member would share it. */
  apply(profile: Profile, password: string): Promise<Applicant | 'email-taken' | 'email-closed'>;
  authenticate(email: string, password: string): Promise<Member | undefined>;
  /** A member leaves: nobody logs in as her any more, and every session of hers becomes a guest's or ends. */
  close(member: Member, session: Session): void;
  /** Removes members by identifier and ends their sessions; answers how many there were. */
  erase(identities: readonly Identity[]): number;
  find(identities: readonly Identity[]): readonly Member[];
}

const maxSessions = 10_000;

export function createMembers(options: { random: (bytes: number) => Buffer; now: () => Date }): Members {
  const { random, now } = options;
  const members = new Map<string, { member: Member; salt: Buffer; hash: Buffer }>();
  const byEmail = new Map<string, string>();
  const sessions = new Map<string, Session>();

  const matching = (identities: readonly Identity[]): Member[] =>
    [...members.values()]
      .map(({ member }) => member)
      .filter((member) => identities.some((identity) => isThis(member, identity)));

  return {
    session(id) {
      const known = id === undefined ? undefined : sessions.get(id);
      if (known !== undefined) return known;
      const oldest = sessions.keys().next().value;
      if (sessions.size >= maxSessions && oldest !== undefined) sessions.delete(oldest);
      const session: Session = { id: random(18).toString('base64url'), startedAt: now(), view: 'list' };
      sessions.set(session.id, session);
      return session;
    },
    end: (session) => void sessions.delete(session.id),
    async apply(profile, password) {
      const email = normaliseIdentifier('email', profile.email);
      const taken = byEmail.get(email);
      if (taken !== undefined)
        return members.get(taken)?.member.closedAt === undefined ? 'email-taken' : 'email-closed';
      const member: Member = {
        ...profile,
        id: `m-${idOf(random(16))}`,
        payer: `cus-${idOf(random(16))}`,
        plan: 'free',
        wantsNews: false,
      };
      byEmail.set(email, member.id);
      const salt = random(16);
      const hash = await derive(password, salt, 32);
      return {
        member,
        accept: () => void members.set(member.id, { member, salt, hash }),
        reject: () => void byEmail.delete(email),
      };
    },
    async authenticate(email, password) {
      const id = byEmail.get(normaliseIdentifier('email', email));
      const found = id === undefined ? undefined : members.get(id);
      if (found === undefined || found.member.closedAt !== undefined) return undefined;
      return timingSafeEqual(found.hash, await derive(password, found.salt, 32)) ? found.member : undefined;
    },
    close(member, session) {
      member.closedAt = now();
      for (const one of sessions.values())
        if (one.member === member && one !== session) sessions.delete(one.id);
      // The one in which she left goes on without her, so that a form that is posted again is answered as before.
      delete session.member;
      delete session.visitor;
      delete session.choice;
    },
    erase(identities) {
      const found = matching(identities);
      for (const member of found) {
        members.delete(member.id);
        byEmail.delete(normaliseIdentifier('email', member.email));
        for (const session of sessions.values()) if (session.member === member) sessions.delete(session.id);
      }
      return found.length;
    },
    find: matching,
  };
}

function isThis(member: Member, { kind, value }: Identity): boolean {
  if (kind === 'member') return member.id === value;
  if (kind === 'payer') return member.payer === value;
  if (kind === 'email') return normaliseIdentifier('email', member.email) === value;
  if (kind === 'phone')
    return member.phone !== undefined && normaliseIdentifier('phone', member.phone) === value;
  return false;
}

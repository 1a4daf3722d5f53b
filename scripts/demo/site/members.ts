import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { normaliseIdentifier } from '@keiro/schemas';
import type { Identity } from '../opendsr.ts';
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
}

/** What one browser is to the site. The id is the secret in its session cookie. */
export interface Session {
  readonly id: string;
  readonly startedAt: Date;
  member?: Member;
  /** Names the browser to the pipeline from registration or log-in on; no secret. */
  visitor?: string;
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
  apply(profile: Profile, password: string): Promise<Applicant | 'email-taken'>;
  authenticate(email: string, password: string): Promise<Member | undefined>;
  /** Removes members by identifier and ends their sessions; answers how many there were. */
  erase(identities: readonly Identity[]): number;
  count(identities: readonly Identity[]): number;
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
      if (byEmail.has(email)) return 'email-taken';
      const member: Member = {
        ...profile,
        id: `m-${idOf(random(16))}`,
        payer: `cus-${idOf(random(16))}`,
        plan: 'free',
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
      if (found === undefined) return undefined;
      return timingSafeEqual(found.hash, await derive(password, found.salt, 32)) ? found.member : undefined;
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
    count: (identities) => matching(identities).length,
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

import type { CollectionEvent, EventOf, EventType, Subject } from '@keiro/schemas';
import type { Member, Profile, Session } from './members.ts';

/* Everything that the site tells the pipeline, as CloudEvents. Pure: ids and times are arguments. */

/** What every event of one moment shares. */
export interface Moment {
  readonly id: string;
  readonly at: Date;
  readonly site: string;
  /** Version of the privacy policy in force. */
  readonly policy: string;
}

type Fields<T extends EventType> = Omit<EventOf<T>['data'], 'subject' | 'site' | 'scope'>;

const filled = (value: string | undefined) =>
  value === undefined || value.trim() === '' ? undefined : value.trim();

/** Leaves out what a form left empty: an absent field is not an empty one. */
function present<T extends object>(fields: T): T {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
  ) as T;
}

function eventOf<T extends EventType>(
  moment: Moment,
  type: T,
  subject: Subject,
  fields: Fields<T>,
): CollectionEvent {
  return {
    specversion: '1.0',
    id: moment.id,
    source: 'demo-site',
    type,
    time: moment.at.toISOString(),
    policyversion: moment.policy,
    data: { subject: present(subject), site: moment.site, ...present(fields) },
    // The pair of type and fields fits by the signature; TypeScript does not follow it into the union.
  } as unknown as CollectionEvent;
}

/** Whoever sits at this browser, as far as it is known. */
export const who = (session: Session): Subject => ({
  ...(session.member === undefined ? {} : { member: session.member.id }),
  ...(session.visitor === undefined ? {} : { cookie: session.visitor }),
});

/** C1, with the version of the notice that the form showed. */
export function registered(moment: Moment, member: Member, visitor: string): CollectionEvent {
  const { id, email, phone, name, nameKana, company, department } = member;
  const subject = { member: id, email, ...(phone === undefined ? {} : { phone }), cookie: visitor };
  return eventOf(moment, 'registration', subject, {
    noticeVersion: moment.policy,
    name,
    nameKana,
    email,
    phone,
    company,
    department,
  });
}

/** C2: what changed. */
export function profileChanged(moment: Moment, session: Session, changed: Partial<Profile>): CollectionEvent {
  const { name, nameKana: _kana, ...rest } = changed;
  return eventOf(moment, 'profile', who(session), { displayName: name, ...rest });
}

/** C3: a log-in session. */
export function sessionCookie(moment: Moment, session: Session, action: 'login' | 'logout'): CollectionEvent {
  const seconds = Math.round((moment.at.getTime() - session.startedAt.getTime()) / 1000);
  return eventOf(moment, 'cookie', who(session), {
    cookieKind: 'session',
    action,
    ...(action === 'logout' ? { durationSeconds: Math.max(0, seconds) } : {}),
  });
}

/** C3: a setting that a cookie keeps. */
export function featureCookie(
  moment: Moment,
  session: Session,
  path: string,
  feature: string,
): CollectionEvent {
  return eventOf(moment, 'cookie', who(session), { cookieKind: 'feature', action: 'use', path, feature });
}

/**
 * C3: a page that was looked at, and the seconds since the one before. Only with the visitor's consent: see `choiceOf`.
 */
export function pageViewed(
  moment: Moment,
  session: Session,
  { path, secondsSinceLast }: { readonly path: string; readonly secondsSinceLast: number },
): CollectionEvent {
  const isOneVisit = secondsSinceLast >= 0 && secondsSinceLast < 1800;
  return eventOf(moment, 'cookie', who(session), {
    cookieKind: 'analytics',
    action: 'view',
    path,
    ...(isOneVisit ? { durationSeconds: Math.round(secondsSinceLast) } : {}),
  });
}

export interface Purchase {
  readonly plan: string;
  readonly price: number;
  readonly cardToken: string;
  readonly billingAddress: string | undefined;
}

/** C5. The card is a token of the payment agency; the site never sees a number. */
export function paid(moment: Moment, member: Member, purchase: Purchase): CollectionEvent {
  return eventOf(
    moment,
    'payment',
    { member: member.id, payer: member.payer },
    {
      plan: purchase.plan,
      method: 'card',
      invoice: `INV-${moment.id.slice(-12)}`,
      amount: purchase.price,
      currency: 'JPY',
      payerName: member.company ?? member.name,
      paidAt: moment.at.toISOString(),
      items: [{ name: purchase.plan, quantity: 1, amount: purchase.price }],
      billingEmail: member.email,
      billingAddress: filled(purchase.billingAddress),
      cardToken: purchase.cardToken,
      brand: 'visa',
    },
  );
}

export interface Entry {
  readonly campaign: string;
  readonly name: string;
  readonly email: string;
  readonly address: string | undefined;
  readonly answer: string | undefined;
  readonly marketingOptIn: boolean;
}

/** C6. Marketing only where the box was ticked (PM). */
export function campaignEntered(moment: Moment, session: Session, entry: Entry): CollectionEvent {
  const answer = filled(entry.answer);
  return eventOf(
    moment,
    'campaign',
    { ...who(session), email: entry.email },
    {
      campaign: entry.campaign,
      campaignKind: 'raffle',
      marketingOptIn: entry.marketingOptIn,
      name: entry.name,
      email: entry.email,
      address: filled(entry.address),
      ...(answer === undefined ? {} : { answers: { use: answer } }),
    },
  );
}

export interface Question {
  readonly name: string | undefined;
  readonly email: string;
  readonly subjectLine: string | undefined;
  readonly body: string;
}

/** C7. */
export function inquired(moment: Moment, session: Session, question: Question): CollectionEvent {
  return eventOf(
    moment,
    'inquiry',
    { ...who(session), email: question.email },
    {
      channel: 'form',
      name: filled(question.name),
      email: question.email,
      subjectLine: filled(question.subjectLine),
      body: question.body,
    },
  );
}

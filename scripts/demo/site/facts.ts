import type { Consent, Fact, FactKind, Subject } from '@keiro/schemas';
import { cookieWording } from './choice.ts';
import { who, type Moment } from './events.ts';
import type { Member, Session } from './members.ts';

/* What happens to a person later, as facts for the pipeline. Pure: ids and times are arguments. */

function factOf(moment: Moment, kind: FactKind, subject: Subject, consent?: Consent): Fact {
  return {
    specversion: '1.0',
    id: moment.id,
    source: 'demo-site',
    type: 'fact',
    time: moment.at.toISOString(),
    policyversion: moment.policy,
    data: { subject, site: moment.site, kind, ...(consent === undefined ? {} : { consent }) },
  };
}

/**
 * The choice about analytics cookies. Refusing is told as a withdrawal, on a first visit too, although nothing was
 * given before: not to tell it would stop this site only. A withdrawal is what the data plane acts on, so that no
 * service reads the person for statistics or quality, whatever else is collected (the access log, say).
 */
export function cookiesChosen(
  moment: Moment,
  session: Session,
  analytics: boolean,
  means: 'banner' | 'form',
): Fact {
  return factOf(moment, analytics ? 'consent-given' : 'consent-withdrawn', who(session), {
    purposes: ['statistics', 'quality'],
    wording: cookieWording,
    means,
  });
}

/**
 * G1, §7: that use of the site implies consent to analytics, in the words of the policy in force. It is recorded, once
 * a visitor and with the first page that carries the tag, and never counts as consent (APPI 28, 31).
 */
export function useImplied(moment: Moment, session: Session): Fact {
  return factOf(moment, 'consent-given', who(session), {
    recipients: ['analytics'],
    wording: `policy-${moment.policy}`,
    means: 'implied-by-use',
  });
}

/** Version of the text beside the box for news by e-mail. */
const newsWording = 'news-1';

/** Whether the person wants news and offers by e-mail (PM). */
export function newsChosen(moment: Moment, subject: Subject, wanted: boolean): Fact {
  return factOf(moment, wanted ? 'consent-given' : 'consent-withdrawn', subject, {
    purposes: ['marketing'],
    wording: newsWording,
    means: 'form',
  });
}

/** A member left: the period after which registration and profile end begins. */
export function accountClosed(moment: Moment, session: Session): Fact {
  return factOf(moment, 'account-closed', who(session));
}

/** A paid plan ended: what is kept for its payment alone ends with it. */
export function contractEnded(moment: Moment, { id, payer }: Member): Fact {
  return factOf(moment, 'contract-ended', { member: id, payer });
}

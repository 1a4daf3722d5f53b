import { byTime, countsAsConsent, type ConsentFact } from '../consents.ts';
import type { RegisteredHolder } from '../holders.ts';
import type { TransferRefusal } from './refusals.ts';

/**
 * TA: whether what a person has said carries a provision to this holder; undefined where it does. A withdrawal ends
 * all that was said before it; that use of a site implies consent is on record and never counts. Abroad the person was
 * told of this country, its system and the recipient's measures (28(2)). Facts later than `now` do not count yet. Pure.
 */
export function consentRefusal(
  facts: readonly ConsentFact[],
  holder: Recipient,
  now: Date,
): TransferRefusal | undefined {
  const { about, isWithdrawn, standing } = saidOf(facts, holder, now);
  if (standing.length === 0) {
    if (isWithdrawn) return 'consent-withdrawn';
    return about.some(isImplied) ? 'consent-implied' : 'consent-missing';
  }
  return standing.some((fact) => isTold(fact, holder)) ? undefined : 'consent-uninformed';
}

/** The newest consent that carries a provision to this holder, for its record; undefined where none does. Pure. */
export function carryingConsent(
  facts: readonly ConsentFact[],
  holder: Recipient,
  now: Date,
): ConsentFact | undefined {
  return saidOf(facts, holder, now).standing.findLast((fact) => isTold(fact, holder));
}

type Recipient = Pick<RegisteredHolder, 'id' | 'country'>;

function saidOf(facts: readonly ConsentFact[], holder: Recipient, now: Date) {
  const about = facts
    .filter(({ consent, time }) => consent?.recipients?.includes(holder.id) === true && time <= now)
    .toSorted(byTime);
  const withdrawn = about.findLastIndex(({ kind }) => kind === 'consent-withdrawn');
  const standing = about.slice(withdrawn + 1).filter((fact) => !isImplied(fact));
  return { about, isWithdrawn: withdrawn >= 0, standing };
}

const isImplied = (fact: ConsentFact): boolean => fact.consent?.means === 'implied-by-use';

/** At home there is nothing to tell; 31(1)(ii) asks for the same information as 28(2) where the recipient is abroad. */
const isTold = ({ consent }: ConsentFact, { country }: Recipient): boolean =>
  country === 'JP' ||
  (consent !== undefined && consent.abroad?.country === country && countsAsConsent(consent, 'APPI 28'));

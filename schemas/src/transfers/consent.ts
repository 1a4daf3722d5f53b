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
  holder: Pick<RegisteredHolder, 'id' | 'country'>,
  now: Date,
): TransferRefusal | undefined {
  const about = facts
    .filter(({ consent, time }) => consent?.recipients?.includes(holder.id) === true && time <= now)
    .toSorted(byTime);
  const isImplied = (fact: ConsentFact) => fact.consent?.means === 'implied-by-use';
  const withdrawn = about.findLastIndex(({ kind }) => kind === 'consent-withdrawn');
  const standing = about.slice(withdrawn + 1).filter((fact) => !isImplied(fact));
  if (standing.length === 0) {
    if (withdrawn >= 0) return 'consent-withdrawn';
    return about.some(isImplied) ? 'consent-implied' : 'consent-missing';
  }
  if (holder.country === 'JP') return undefined;
  // 31(1)(ii) asks for the same information as 28(2) where the recipient is abroad.
  const isTold = standing.some(
    ({ consent }) =>
      consent !== undefined &&
      consent.abroad?.country === holder.country &&
      countsAsConsent(consent, 'APPI 28'),
  );
  return isTold ? undefined : 'consent-uninformed';
}

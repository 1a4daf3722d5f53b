import type { Consent } from './facts.ts';
import type { FactDocument } from './documents.ts';

/** What a consent may be asked to carry. */
export const consentUses = ['purpose', 'APPI 28', 'APPI 31'] as const;
export type ConsentUse = (typeof consentUses)[number];

/**
 * Whether what a person said counts as consent for something. Pure.
 * - `purpose` (PM): the person asked for it, which using a site is not.
 * - `APPI 28`: to a recipient abroad, told of the country, its system and the recipient's measures (28(2)).
 * - `APPI 31`: that a recipient will hold cookies and the like as personal data.
 *
 * That use of a site implies it (§7) is recorded and never counts.
 */
export function countsAsConsent(consent: Consent, use: ConsentUse): boolean {
  if (consent.means === 'implied-by-use') return false;
  if (use === 'purpose') return consent.purposes !== undefined;
  if (consent.recipients === undefined) return false;
  if (use === 'APPI 31') return true;
  const told = consent.abroad?.informedOf ?? [];
  return told.includes('system-of-country') && told.includes('measures-of-recipient');
}

export type ConsentFact = Pick<FactDocument, '_id' | 'kind' | 'time' | 'consent'>;

/** One consent of a person about one purpose or one recipient. */
export interface ConsentEntry {
  readonly to: 'purpose' | 'recipient';
  /** Id of the purpose or of the holder. */
  readonly id: string;
  readonly wording: string;
  readonly means: Consent['means'];
  /** Absent where it was withdrawn without a known giving. */
  readonly given?: { readonly at: Date; readonly fact: string };
  readonly withdrawn?: { readonly at: Date; readonly fact: string };
  readonly countsFor: readonly ConsentUse[];
}

/** Later by the time of the fact, whatever the order of arrival; of two at one instant the withdrawal is later. */
export function byTime(a: ConsentFact, b: ConsentFact): number {
  return (
    a.time.getTime() - b.time.getTime() ||
    Number(a.kind === 'consent-withdrawn') - Number(b.kind === 'consent-withdrawn') ||
    (a._id < b._id ? -1 : a._id > b._id ? 1 : 0)
  );
}

/** The consents of a person, given and withdrawn, oldest first. A withdrawal ends all that were given before. Pure. */
export function consentsOf(facts: readonly ConsentFact[]): ConsentEntry[] {
  const entries: ConsentEntry[] = [];
  const open = new Map<string, number[]>();
  for (const fact of facts.toSorted(byTime)) {
    const { consent, kind } = fact;
    if (consent === undefined) continue;
    for (const target of targetsOf(consent)) {
      const key = `${target.to} ${target.id}`;
      const mark = { at: fact.time, fact: fact._id };
      const { wording, means } = consent;
      if (kind === 'consent-given') {
        const countsFor = consentUses.filter(
          (use) => (use === 'purpose') === (target.to === 'purpose') && countsAsConsent(consent, use),
        );
        open.set(key, [...(open.get(key) ?? []), entries.length]);
        entries.push({ ...target, wording, means, given: mark, countsFor });
        continue;
      }
      const ended = open.get(key) ?? [];
      open.delete(key);
      for (const position of ended) {
        const entry = entries[position];
        if (entry !== undefined) entries[position] = { ...entry, withdrawn: mark };
      }
      if (ended.length === 0) entries.push({ ...target, wording, means, withdrawn: mark, countsFor: [] });
    }
  }
  return entries;
}

/** What a person has withdrawn and not given again. */
export interface Withdrawn {
  readonly purposes: readonly string[];
  readonly recipients: readonly string[];
}

/**
 * What the data plane must refuse because of a person's consents: the later fact wins. Implied use takes back no
 * withdrawal. Pure.
 */
export function withdrawnBy(facts: readonly ConsentFact[]): Withdrawn {
  const last = new Map<string, { to: string; id: string; withdrawn: boolean }>();
  for (const { kind, consent } of facts.toSorted(byTime)) {
    if (consent === undefined || (kind === 'consent-given' && consent.means === 'implied-by-use')) continue;
    for (const target of targetsOf(consent))
      last.set(`${target.to} ${target.id}`, { ...target, withdrawn: kind === 'consent-withdrawn' });
  }
  const of = (to: string) =>
    [...last.values()].flatMap((one) => (one.withdrawn && one.to === to ? [one.id] : [])).sort();
  return { purposes: of('purpose'), recipients: of('recipient') };
}

function targetsOf({ purposes = [], recipients = [] }: Consent): Pick<ConsentEntry, 'to' | 'id'>[] {
  return [
    ...purposes.map((id) => ({ to: 'purpose' as const, id })),
    ...recipients.map((id) => ({ to: 'recipient' as const, id })),
  ];
}

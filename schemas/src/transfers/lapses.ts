import { addPeriod, dayInJapan } from '../policy/period.ts';
import type { Labels } from '../policy/labels.ts';
import type { Policy } from '../policy/policy.ts';
import type { RegisteredHolder } from '../holders.ts';
import { authorise, registeredTransfer } from './authorise.ts';
import { abroadReviewDue } from './register.ts';
import type { NotAuthorised } from './verdict.ts';

/** What of a holder has an end or must be there. */
export const lapseKinds = ['qualification', 'contract', 'abroad-review', 'basis'] as const;
export const lapseStates = ['ok', 'due', 'over'] as const;

export interface Lapse {
  readonly what: (typeof lapseKinds)[number];
  /** `due`: within 30 days. `over`: nothing flows there any more. */
  readonly state: (typeof lapseStates)[number];
  /** `YYYY-MM-DD` in Asia/Tokyo: the last day on which it counts. */
  readonly due?: string;
  readonly label: Labels;
}

const warnFor = 'P30D';

/**
 * T1 to T4: what of a holder lapses when, and whether the register carries it at all today. Empty for what cannot lapse.
 * A holder whose transfers rest on each person's consent, or on a case, is no lapse: nothing flows but by that. Pure.
 */
export function lapses(holder: RegisteredHolder, policy: Policy, now: Date): Lapse[] {
  const { qualification, contract, abroad } = holder;
  const dated = [
    item('qualification', qualification?.nextDue, now),
    item('contract', contract?.until, now),
    item(
      'abroad-review',
      abroad?.basis === 'equivalent-system' ? abroadReviewDue(abroad, policy) : undefined,
      now,
    ),
  ].filter((one) => one !== undefined);
  if (dated.some(({ state }) => state === 'over')) return dated;
  const refusal = uncarried(holder, policy, now);
  return refusal === undefined ? dated : [...dated, { what: 'basis', state: 'over', label: refusal.message }];
}

/** Why the register does not carry a holder whose basis is one of the register; undefined where it does. Pure. */
export function uncarried(holder: RegisteredHolder, policy: Policy, now: Date): NotAuthorised | undefined {
  const verdicts = holder.purposes.map((purpose) =>
    authorise(registeredTransfer(holder, purpose), holder, {}, policy, now),
  );
  const refused = verdicts.find((one) => !one.allowed);
  return refused?.allowed === false && !decidedElsewhere.has(refused.reason) ? refused : undefined;
}

/** By each person, by each case, or by the browser's own tag. */
const decidedElsewhere: ReadonlySet<string> = new Set(['consent-missing', 'fed-by-browser-only']);

function item(what: keyof typeof labels, due: string | undefined, now: Date): Lapse | undefined {
  if (due === undefined) return undefined;
  const state = due < dayInJapan(now) ? 'over' : due <= dayInJapan(addPeriod(now, warnFor)) ? 'due' : 'ok';
  return { what, state, due, label: labels[what] };
}

const labels = {
  qualification: { ja: '適格性の審査の期限', en: 'examination of its qualification' },
  contract: { ja: '契約の期間', en: 'contract' },
  'abroad-review': { ja: '相当措置の定期的な確認', en: 'periodic check of the equivalent system' },
} as const satisfies Record<string, Labels>;

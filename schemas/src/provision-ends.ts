import { addPeriod, dayInJapan, isLongerPeriod, latestStart } from './policy/period.ts';
import type { Policy } from './policy/policy.ts';
import { lateForMs, type Keeping, type ProvisionDocument } from './provisions.ts';

/* How long records of provision are kept (Rules under APPI 29 and 30, mark S), as the policy's clocks say. */

/** `none`: that no record was wanted, and why; the operator decides how long that is shown. */
export type KeepingRule = Keeping | 'none';

/** A period as the policy has it. */
export interface Upkeep {
  readonly clock: string;
  readonly period: string;
  readonly from: 'making-of-record' | 'last-provision';
  readonly article?: string;
  readonly mark?: 'V' | 'S' | 'U';
}

/** Where a version from before has no such clock. */
const shipped = {
  single: { clock: 'provision-record', period: 'P3Y', from: 'making-of-record' },
  batch: { clock: 'provision-record-batch', period: 'P3Y', from: 'last-provision' },
  contract: { clock: 'provision-record-contract', period: 'P1Y', from: 'last-provision' },
  none: { clock: 'provision-none', period: 'P3Y', from: 'making-of-record' },
} as const satisfies Record<KeepingRule, Upkeep>;
export const keepingRules = Object.keys(shipped) as KeepingRule[];

export const keepingRuleOf = ({
  record,
  keeping,
}: Pick<ProvisionDocument, 'record' | 'keeping'>): KeepingRule =>
  record.kind === 'none' ? 'none' : keeping.kind;

/** How long, from when and by which article. Pure. */
export function upkeepOf(policy: Policy, rule: KeepingRule): Upkeep {
  const { clock, from } = shipped[rule];
  const { clocks, law } = policy.rules;
  const found = clocks[clock];
  const article = found === undefined && rule !== 'none' ? 'APPI 29' : found?.source.article;
  const mark = article === undefined ? undefined : law[article]?.mark;
  return {
    clock,
    from,
    period: found?.period ?? shipped[rule].period,
    ...(article === undefined ? {} : { article }),
    ...(mark === undefined ? {} : { mark }),
  };
}

/**
 * When a record ends. Under a contract or in a batch that is some time after the last provision there, so that it moves
 * with each further one. Pure.
 */
export function provisionEnd(
  policy: Policy,
  one: Pick<ProvisionDocument, 'record' | 'keeping' | 'at' | 'recordedAt'>,
  lastInSeries: Date | undefined,
): Date {
  const { from, period } = upkeepOf(policy, keepingRuleOf(one));
  if (from === 'making-of-record') return addPeriod(one.recordedAt, period);
  return addPeriod(lastInSeries !== undefined && lastInSeries > one.at ? lastInSeries : one.at, period);
}

/** What began then or before has ended by now, for each way of keeping. Pure. */
export function provisionCuts(policy: Policy, now: Date): Record<KeepingRule, Date> {
  const cut = (rule: KeepingRule) => latestStart(now, upkeepOf(policy, rule).period);
  return { single: cut('single'), batch: cut('batch'), contract: cut('contract'), none: cut('none') };
}

/** Month (`YYYY-MM`, Asia/Tokyo) in which a record is made: its key is of that month. */
export const provisionMonth = (at: Date): string => dayInJapan(at).slice(0, 7);

/** Whether everything recorded in a month can have ended: it is over, and so is the shortest period since. Pure. */
export function mayHaveEnded(policy: Policy, month: string, now: Date): boolean {
  const begin = new Date(`${month}-01T00:00:00+09:00`);
  const [shortest = 'P1Y'] = (['single', 'batch', 'contract'] as const)
    .map((rule) => upkeepOf(policy, rule).period)
    .toSorted((a, b) => (isLongerPeriod(a, b) ? 1 : -1));
  // The period may run from the handing over, which may be that much earlier than its record.
  const earliest = addPeriod(new Date(begin.getTime() - lateForMs), shortest);
  return addPeriod(begin, 'P1M') <= now && earliest <= now;
}

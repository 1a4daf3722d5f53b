import { addPeriod, dayInJapan } from '../policy/period.ts';
import type { Policy } from '../policy/policy.ts';
import type { RowId } from '../policy/rows.ts';
import type { RegisteredHolder } from '../holders.ts';
import { isDesignated } from './designated.ts';
import type { TransferRefusal } from './refusals.ts';
import { refuse, type NotAuthorised } from './verdict.ts';

/* What the register of holders says of a holder as such, whoever the person is (T1 to T4). */

/** The row under which a holder stands. */
export function rowOf({ kind, basis }: Pick<RegisteredHolder, 'kind' | 'basis'>): RowId {
  if (kind === 'dr-site') return 'T3';
  if (kind === 'affiliate') return 'T2';
  if (kind === 'joint-user' || basis === 'joint-use') return 'T4';
  if (kind === 'analytics') return 'G1';
  return basis === 'entrustment' ? 'T1' : 'T0';
}

const lacks = (stated: object, names: readonly string[]) =>
  names.some((name) => (stated as Record<string, unknown>)[name] === undefined);

/** T1, T2: examined and passed, the examination not overdue, under a contract in force with safety clauses. Pure. */
export function entrustmentRefusal(
  holder: RegisteredHolder,
  policy: Policy,
  now: Date,
): NotAuthorised | undefined {
  const { entrustment } = policy.rules;
  const today = dayInJapan(now);
  const row = rowOf(holder);
  const of = (reason: TransferRefusal) => refuse(reason, row === 'T0' ? 'T1' : row);
  const { qualification, contract, safetyMeasures } = holder;
  if (qualification === undefined || lacks(qualification, entrustment.qualification))
    return of('qualification-missing');
  if (qualification.result === 'failed') return of('qualification-failed');
  if (qualification.nextDue < today) return of('qualification-lapsed');
  if (contract === undefined || lacks(contract, entrustment.contract)) return of('contract-missing');
  if (!contract.safetyClauses) return of('contract-unsafe');
  if (contract.from > today) return of('contract-not-begun');
  if (contract.until !== undefined && contract.until < today) return of('contract-ended');
  return safetyMeasures === undefined ? of('safety-measures-missing') : undefined;
}

/** T4: what the policy and APPI 27(5)(iii) name was published, before the day of the transfer. Pure. */
export function jointUseRefusal(
  { announcement }: RegisteredHolder,
  policy: Policy,
  now: Date,
): NotAuthorised | undefined {
  const { announced, alsoByLaw } = policy.rules.jointUse;
  if (announcement === undefined || lacks(announcement, [...announced, ...alsoByLaw]))
    return refuse('announcement-incomplete', 'T4');
  return announcement.publishedAt < dayInJapan(now) ? undefined : refuse('announcement-later', 'T4');
}

/** The last day on which the check of an equivalent system counts: the one set, or the policy's period if sooner. */
export function abroadReviewDue(abroad: NonNullable<RegisteredHolder['abroad']>, policy: Policy): string {
  const byPolicy = dayInJapan(
    addPeriod(new Date(`${abroad.reviewedAt}T00:00:00+09:00`), policy.rules.drSite.reviewEvery),
  );
  return abroad.nextReview < byPolicy ? abroad.nextReview : byPolicy;
}

/**
 * APPI 28(1): a recipient abroad under a basis that does not carry that by itself. `consent` where the person must
 * have consented to it: a matter of each person, not of the register. Pure.
 */
export function abroadRefusal(
  holder: RegisteredHolder,
  allowed: readonly string[],
  policy: Policy,
  now: Date,
): NotAuthorised | 'consent' | undefined {
  const row = rowOf(holder);
  const { abroad } = holder;
  if (abroad === undefined || !allowed.includes(abroad.basis)) return refuse('abroad-without-basis', row);
  if (abroad.basis === 'consent') return 'consent';
  if (abroad.basis === 'designated-country')
    return isDesignated(holder.country) ? undefined : refuse('country-not-designated', row);
  if (abroad.measures === undefined || holder.countrySystem === undefined)
    return refuse('measures-missing', row);
  return abroadReviewDue(abroad, policy) < dayInJapan(now) ? refuse('abroad-review-lapsed', row) : undefined;
}

/** What a basis `own` is for: ours, and a recovery site that no third party handles (T3). Pure. */
export function ownRefusal(holder: RegisteredHolder): NotAuthorised | undefined {
  if (holder.basis !== 'own') return refuse('no-basis', rowOf(holder));
  if (holder.kind === 'store') return undefined;
  if (holder.kind !== 'dr-site') return refuse('no-basis', rowOf(holder));
  if (holder.operator === undefined)
    return holder.country === 'JP' ? undefined : refuse('operator-unknown', 'T3');
  // A group company is a third party (APPI 28).
  return holder.operator === 'affiliate' ? refuse('no-basis', 'T3', { articles: ['APPI 28(1)'] }) : undefined;
}

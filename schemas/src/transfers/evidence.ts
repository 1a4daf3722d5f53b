import type { PolicyRules } from '../policy/policy.ts';
import { dayInJapan } from '../policy/period.ts';
import type { RowId } from '../policy/rows.ts';
import type { RegisteredHolder } from '../holders.ts';
import type { Evidence, Transfer } from './transfer.ts';
import { refuse, type NotAuthorised } from './verdict.ts';

type BasisRules = PolicyRules['bases'][string];

interface Given {
  readonly transfer: Transfer;
  readonly holder: RegisteredHolder;
  readonly now: Date;
}

/**
 * Whether all that the policy's basis carries is on record with the transfer (`carries`; abroad `carriesAbroad` besides),
 * and whether it fits this transfer. Pure.
 */
export function evidenceRefusal(
  evidence: Evidence,
  rules: BasisRules,
  given: Given,
): NotAuthorised | undefined {
  const { holder } = given;
  const { row } = rules.source;
  const abroad = holder.country === 'JP' ? [] : (rules.carriesAbroad ?? []);
  const onRecord = recordOf(evidence, holder);
  const missing = [...rules.carries, ...abroad].filter((name) => onRecord[name] === undefined);
  if (missing.length > 0)
    return refuse('evidence-missing', row, { missing, articles: rules.atHome.articles });
  if (evidence.basis === 'succession') return successionRefusal(evidence, given, row);
  return evidence.basis === 'law' ? lawRefusal(evidence, given, row) : undefined;
}

/** What is on record, under the names that the policy uses. A consent that counts has all of its parts. */
function recordOf(evidence: Evidence, holder: RegisteredHolder): Readonly<Record<string, unknown>> {
  switch (evidence.basis) {
    case 'consent':
      return consentRecord;
    case 'entrustment':
      return { ...holder, 'safety-measures': holder.safetyMeasures };
    case 'joint-use':
      return { ...holder };
    default:
      return { ...evidence };
  }
}

/** By their schema, and by what counts as consent: see `consentRefusal`. */
const consentRecord = Object.fromEntries(
  [
    ...['person', 'what', 'recipient', 'wording-version', 'given-at', 'withdrawn-at'],
    ...['country', 'system-of-country', 'measures-of-recipient', 'person-was-told'],
  ].map((name) => [name, true]),
);

/** TE: to the successor, from the day on, of the business alone and for no other purposes than before. */
function successionRefusal(
  { successor, date, scope }: Extract<Evidence, { basis: 'succession' }>,
  { transfer: { purpose, category, groups = [] }, holder, now }: Given,
  row: RowId,
): NotAuthorised | undefined {
  if (successor !== holder.id) return refuse('successor-differs', row);
  if (date === undefined || date > dayInJapan(now)) return refuse('before-succession', row);
  const of = [...(category === undefined ? [] : [category]), ...groups.map((group) => group.slice(0, 2))];
  const isBeyond =
    scope?.purposes.includes(purpose) !== true || of.some((one) => !scope.categories.includes(one));
  return isBeyond ? refuse('beyond-succession', row) : undefined;
}

/** TF: nothing but what was inquired for; 27(2) only with its filing, and never abroad. */
function lawRefusal(
  { article, items = [], filing }: Extract<Evidence, { basis: 'law' }>,
  { transfer: { groups = [] }, holder, now }: Given,
  row: RowId,
): NotAuthorised | undefined {
  if (groups.some((group) => !items.includes(group))) return refuse('items-beyond-inquiry', row);
  if (article !== 'APPI 27(2)') return undefined;
  if (holder.country !== 'JP') return refuse('article-not-abroad', row);
  const isFiled = filing !== undefined && filing.filedOn <= dayInJapan(now);
  return isFiled ? undefined : refuse('filing-missing', row);
}

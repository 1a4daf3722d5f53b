import type { ConsentFact } from '../consents.ts';
import type { RegisteredHolder } from '../holders.ts';
import type { Policy } from '../policy/policy.ts';
import { groupsForPurpose } from '../policy/rules.ts';
import { kindOfRef } from '../refs.ts';
import { isDeniedThirdParty, judge, type Standing } from '../rights.ts';
import { consentRefusal } from './consent.ts';
import { evidenceRefusal } from './evidence.ts';
import { recordWanted } from './provision.ts';
import { abroadRefusal, entrustmentRefusal, jointUseRefusal, ownRefusal, rowOf } from './register.ts';
import type { Basis, Evidence, Transfer } from './transfer.ts';
import { refuse, type Authorised, type NotAuthorised, type TransferVerdict } from './verdict.ts';

/** What is known of the person: standing of the ref, and what was said of recipients. */
export interface TransferPerson {
  readonly standing?: Standing | undefined;
  readonly consents?: readonly ConsentFact[];
}

/**
 * T0: whether a transfer has a basis at this moment, at home (APPI 27) or abroad (28), and what the law wants recorded
 * of it (29 to 31). A holder that is not registered is `undefined`. Pure.
 */
export function authorise(
  transfer: Transfer,
  holder: RegisteredHolder | undefined,
  person: TransferPerson,
  policy: Policy,
  now: Date,
): TransferVerdict {
  const { evidence } = transfer;
  if (holder === undefined) return refuse('unknown-holder', 'T0');
  const side = holder.country === 'JP' ? 'home' : 'abroad';
  if (evidence.basis === 'duty') {
    const record = recordWanted({ basis: 'duty', abroadByConsent: false, personalRelated: false });
    return { allowed: true, basis: 'duty', side, articles: ['APPI 34', 'APPI 35'], record };
  }
  const refused =
    standingRefusal(transfer, evidence, person) ??
    (holder.kind === 'analytics' ? refuse('fed-by-browser-only', 'G1') : undefined) ??
    rangeRefusal(transfer, holder, policy);
  if (refused !== undefined) return refused;

  const carried = carriedBy(evidence, { transfer, holder, person, policy, now });
  if ('allowed' in carried) return carried;
  const personalRelated = isPersonalRelated(transfer) && !isException(evidence);
  if (personalRelated) {
    const lacking = consentRefusal(person.consents ?? [], holder, now);
    if (lacking !== undefined) {
      const reason = lacking === 'consent-missing' ? 'consent-of-article-31' : lacking;
      return refuse(reason, 'TA', { articles: ['APPI 31(1)'] });
    }
  }
  return verdictOf(evidence, carried, side, personalRelated);
}

/** A holder judged as such, for whoever is handed over under the basis that the register gives (R5: data, not duties). */
export function registeredTransfer(
  holder: Pick<RegisteredHolder, 'id' | 'basis'>,
  purpose: string,
): Transfer {
  const basis = registerBases.find((one) => one === holder.basis) ?? 'consent';
  return { holder: holder.id, purpose, evidence: { basis } };
}
const registerBases = ['own', 'entrustment', 'joint-use'] as const;

/** What carries it, once nothing speaks against it. */
interface Carried {
  readonly articles: readonly string[];
  readonly abroadByConsent: boolean;
  readonly beside?: Evidence;
}

interface Case {
  readonly transfer: Transfer;
  readonly holder: RegisteredHolder;
  readonly person: TransferPerson;
  readonly policy: Policy;
  readonly now: Date;
}

function carriedBy(evidence: Evidence, given: Case): Carried | NotAuthorised {
  const { holder, person, policy, now } = given;
  if (evidence.basis === 'own') {
    // Ours abroad: the country is disclosed and its dangers are met (APPI 23), but nobody is provided with anything.
    const articles = holder.country === 'JP' ? [] : ['APPI 23'];
    return ownRefusal(holder) ?? { articles, abroadByConsent: false };
  }
  const rules = Object.hasOwn(policy.rules.bases, evidence.basis)
    ? policy.rules.bases[evidence.basis]
    : undefined;
  if (rules === undefined) return refuse('no-basis', 'T0');

  if (evidence.basis === 'terms-violation') {
    const beside = evidence['basis-beside-it'];
    const isNamed = rules.atHome.with?.includes(beside?.basis ?? '') === true;
    if (beside === undefined || !isNamed) return refuse('terms-violation-alone', 'TB');
    const missing = evidenceRefusal(evidence, rules, given);
    if (missing !== undefined) return missing;
    const carried = carriedBy(beside, given);
    return 'allowed' in carried ? carried : { ...carried, beside };
  }

  const refused = ownRulesRefusal(evidence, given) ?? evidenceRefusal(evidence, rules, given);
  if (refused !== undefined) return refused;
  if (holder.country === 'JP')
    return { articles: articlesOf(evidence, rules.atHome.articles), abroadByConsent: false };
  const { verdict, articles, with: beside = [] } = rules.abroad;
  if (verdict === 'allowed')
    return { articles: articlesOf(evidence, articles), abroadByConsent: evidence.basis === 'consent' };
  const asked = holder.kind === 'dr-site' ? policy.rules.drSite.bases : beside;
  const abroad = abroadRefusal(holder, asked, policy, now);
  if (abroad !== undefined && abroad !== 'consent') return abroad;
  const lacking = abroad === 'consent' ? consentRefusal(person.consents ?? [], holder, now) : undefined;
  if (lacking !== undefined)
    return refuse(lacking, rowOf(holder), { articles: ['APPI 28(1)', 'APPI 28(2)'] });
  return { articles: [...rules.atHome.articles, ...articles], abroadByConsent: abroad === 'consent' };
}

/** What the kind of basis asks of this holder and person, apart from what must be on record. */
function ownRulesRefusal(evidence: Evidence, given: Case): NotAuthorised | undefined {
  const { holder, person, policy, now } = given;
  // T1: whoever handles data for us has its duties, whatever else is said; but for the law's own exceptions.
  const isEntrusted = holder.basis === 'entrustment' && !isException(evidence);
  if (evidence.basis === 'entrustment' || evidence.basis === 'joint-use') {
    if (holder.basis !== evidence.basis) return refuse('no-basis', rowOf(holder));
  }
  if (isEntrusted && holder.kind === 'dr-site' && holder.operator === undefined && holder.country !== 'JP')
    return refuse('operator-unknown', 'T3');
  const refused = isEntrusted ? entrustmentRefusal(holder, policy, now) : undefined;
  if (refused !== undefined) return refused;
  if (evidence.basis === 'joint-use') return jointUseRefusal(holder, policy, now);
  if (evidence.basis !== 'consent') return undefined;
  const lacking = consentRefusal(person.consents ?? [], holder, now);
  return lacking === undefined ? undefined : refuse(lacking, 'TA');
}

/** A named case of the law is cited as such, in place of the article that lists them all. */
function articlesOf(evidence: Evidence, articles: readonly string[]): readonly string[] {
  if (evidence.basis !== 'law' || evidence.article === undefined) return articles;
  return [evidence.article, ...articles.filter((one) => !one.startsWith('APPI 27'))];
}

function verdictOf(
  evidence: Evidence,
  { articles, abroadByConsent, beside }: Carried,
  side: Authorised['side'],
  personalRelated: boolean,
): Authorised {
  const truly = beside ?? evidence;
  return {
    allowed: true,
    basis: evidence.basis,
    ...(beside === undefined ? {} : { beside: beside.basis }),
    side,
    articles,
    record: recordWanted({
      basis: truly.basis,
      article: truly.basis === 'law' ? truly.article : undefined,
      abroadByConsent,
      personalRelated,
    }),
  };
}

/** The cases of 27(1) that do not rest on what the person says. */
function isException(evidence: Evidence): boolean {
  if (evidence.basis === 'terms-violation') {
    const beside = evidence['basis-beside-it'];
    return beside !== undefined && isException(beside);
  }
  if (evidence.basis === 'law') return evidence.article !== 'APPI 27(2)';
  return exceptions.has(evidence.basis);
}
const exceptions: ReadonlySet<Basis> = new Set(['life-or-property', 'public-body']);

/** R5 never blocks what law compels, or what saves life and property when nobody can be asked. */
function isCompelled(evidence: Evidence): boolean {
  return (
    evidence.basis === 'life-or-property' ||
    (evidence.basis === 'law' && evidence.article === 'APPI 27(1)(i)')
  );
}

/** R6 withdraws TA and 27(2), and stops joint use and analytics; neither processors nor the recovery site. */
function isDeniable(evidence: Evidence): boolean {
  const { basis } =
    evidence.basis === 'terms-violation' ? (evidence['basis-beside-it'] ?? evidence) : evidence;
  return basis !== 'own' && basis !== 'entrustment' && basis !== 'succession' && !isException(evidence);
}

function standingRefusal(
  { holder, purpose, subject }: Transfer,
  evidence: Evidence,
  { standing }: TransferPerson,
): NotAuthorised | undefined {
  if (standing === undefined || subject === undefined) return undefined;
  const verdict = judge(standing, subject.generation, { purpose });
  if (verdict === 'erased' || verdict === 'hidden') return refuse(verdict, 'R4');
  if (isDeniable(evidence) && isDeniedThirdParty(standing, holder)) return refuse('denied', 'R6');
  return verdict === 'suspended' && !isCompelled(evidence) ? refuse('suspended', 'R5') : undefined;
}

/** Within what the holder is registered for and what the policy has the groups serve. The law's cases serve neither. */
function rangeRefusal(
  { purpose, category, groups = [], evidence }: Transfer,
  holder: RegisteredHolder,
  policy: Policy,
): NotAuthorised | undefined {
  if (isException(evidence)) return undefined;
  const of = [
    ...new Set([...(category === undefined ? [] : [category]), ...groups.map((one) => one.slice(0, 2))]),
  ];
  if (of.some((one) => !holder.categories.includes(one))) return refuse('beyond-category', rowOf(holder));
  const served = groupsForPurpose(policy, purpose);
  const isBeyond = !holder.purposes.includes(purpose) || groups.some((group) => !served.includes(group));
  return isBeyond ? refuse('beyond-purpose', rowOf(holder)) : undefined;
}

/** APPI 31: no person is told by it here, and the one who gets it will tell. */
function isPersonalRelated({ subject, recipientIdentifies }: Transfer): boolean {
  const kind = subject === undefined ? undefined : kindOfRef(subject.ref);
  return recipientIdentifies === true && (kind === 'cookie' || kind === 'device');
}

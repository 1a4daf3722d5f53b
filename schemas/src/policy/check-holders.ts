import { holderSchema } from '../holders.ts';
import { canKeep, keepersOf } from '../keepers.ts';
import { locate, property } from './clause-of.ts';
import { found, type Finding, type FindingCode, type Found } from './findings.ts';
import { addPeriod, dayInJapan } from './period.ts';
import { readText } from './places.ts';
import type { Policy, PolicyRules } from './policy.ts';

/**
 * What a policy promises of holders (T1 to T4), held against a register of them as JSON or YAML. `today` is `YYYY-MM-DD`
 * in Asia/Tokyo. What the register itself asks (ids, connectors) is a matter of `transfer`. Never throws. Pure.
 */
export function checkHolders(text: string, name: string, policy: Policy, today: string): Finding[] {
  const read = readText(text, name);
  if (!Array.isArray(read.content)) return locate([found('not-a-register')], read);
  const holders: readonly unknown[] = read.content;
  const keeping = floorFindings(holders, policy);
  return locate(
    holders.flatMap((holder, index) => [
      ...(keeping.get(index) ?? []),
      ...processorFindings(holder, index, policy.rules, today),
      ...operatorFindings(holder, index),
      ...jointUseFindings(holder, index, policy.rules),
      ...abroadFindings(holder, index, policy.rules, today),
    ]),
    read,
  );
}

/** R4: who has to leave something for a law, whenever a person is deleted, can be told what. Others of the register may be broken. */
function floorFindings(holders: readonly unknown[], policy: Policy): ReadonlyMap<number, Found[]> {
  const sound = holders.flatMap((one, index) => {
    const parsed = holderSchema.safeParse(one);
    return parsed.success ? [{ holder: parsed.data, index }] : [];
  });
  const silent = new Map<number, Found[]>();
  for (const [category, { groups }] of Object.entries(policy.rules.categories)) {
    for (const [name, { floors, fields, uses }] of Object.entries(groups)) {
      if (floors.length === 0) continue;
      const group = { group: `${category}.${name}`, purposes: uses.map(({ purpose }) => purpose) };
      const keepers = keepersOf(
        group,
        sound.map(({ holder }) => holder),
      );
      for (const { holder, index } of sound)
        if (keepers.includes(holder.id) && !canKeep(holder.connector, fields))
          silent.set(index, [found('floor-without-columns', index, 'connector')]);
    }
  }
  return silent;
}

/** Whoever handles data for us, the affiliate and a recovery site of another among them. */
function processorFindings(holder: unknown, index: number, rules: PolicyRules, today: string): Found[] {
  const kind = property(holder, 'kind');
  const isProcessor =
    kind === 'processor' || kind === 'affiliate' || property(holder, 'basis') === 'entrustment';
  if (!isProcessor) return [];
  const isUnsafe = property(holder, 'safetyMeasures') === undefined;
  const unsafe = isUnsafe ? [found('safety-measures-missing', index, 'safetyMeasures')] : [];
  const parts = (['qualification', 'contract'] as const).flatMap((part) => {
    const stated = property(holder, part);
    const lacks = rules.entrustment[part].some((item) => property(stated, item) === undefined);
    const isUnfit = property(stated, 'result') === 'failed' || property(stated, 'safetyClauses') === false;
    const ends = property(stated, part === 'contract' ? 'until' : 'nextDue');
    if (lacks || isUnfit) return [found('processor-unchecked', index, part)];
    return isPast(ends, today) ? [found('lapsed', index, part)] : [];
  });
  return [...parts, ...unsafe];
}

/** T3: who runs a site abroad decides whether APPI 28 sees a third party there. */
function operatorFindings(holder: unknown, index: number): Found[] {
  if (property(holder, 'kind') !== 'dr-site' || property(holder, 'country') === 'JP') return [];
  return property(holder, 'operator') === undefined
    ? [found('site-without-operator', index, 'operator')]
    : [];
}

function jointUseFindings(holder: unknown, index: number, { jointUse }: PolicyRules): Found[] {
  if (property(holder, 'kind') !== 'joint-user') return [];
  const announcement = property(holder, 'announcement');
  const wanted = ['publishedAt', ...jointUse.announced, ...jointUse.alsoByLaw];
  const lacks = wanted.some((item) => property(announcement, item) === undefined);
  return lacks ? [found('joint-use-incomplete', index, 'announcement')] : [];
}

/** APPI 28: outside Japan the basis at home does not suffice, unless it is one that holds abroad by itself. */
function abroadFindings(holder: unknown, index: number, rules: PolicyRules, today: string): Found[] {
  const country = property(holder, 'country');
  const basis = property(holder, 'basis');
  if (country === 'JP' || basis === 'own' || typeof basis !== 'string') return [];
  const side = Object.hasOwn(rules.bases, basis) ? rules.bases[basis]?.abroad : undefined;
  if (side === undefined) return [found('unknown-name', index, 'basis')];
  if (side.verdict === 'allowed') return [];
  const allowed: readonly unknown[] =
    property(holder, 'kind') === 'dr-site' ? rules.drSite.bases : (side.with ?? []);
  const abroad = property(holder, 'abroad');
  if (!allowed.includes(property(abroad, 'basis'))) return [told('overseas-without-basis', index, abroad)];
  if (isPast(property(abroad, 'nextReview'), today) || isStale(property(abroad, 'reviewedAt'), rules, today))
    return [found('lapsed', index, 'abroad')];
  const isVague =
    property(abroad, 'basis') === 'equivalent-system' &&
    (property(abroad, 'measures') === undefined || property(holder, 'countrySystem') === undefined);
  return isVague ? [found('measures-unknown', index, 'abroad')] : [];
}

/** The check of an equivalent system counts for the policy's period, whatever date was set for the next one. */
function isStale(reviewedAt: unknown, { drSite }: PolicyRules, today: string): boolean {
  if (typeof reviewedAt !== 'string' || Number.isNaN(Date.parse(reviewedAt))) return false;
  return dayInJapan(addPeriod(new Date(reviewedAt), drSite.reviewEvery)) < today;
}

/** At the statement that does not suffice, or at the country that would need one. */
const told = (code: FindingCode, index: number, stated: unknown): Found =>
  found(code, index, stated === undefined ? 'country' : 'abroad');

const isPast = (day: unknown, today: string) => typeof day === 'string' && day < today;

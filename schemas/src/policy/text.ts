import { heading, list, paragraph, table, title, type Block } from './blocks.ts';
import { headingOf } from './headings.ts';
import type { GroupRules, Policies, Policy, PolicyRules } from './policy.ts';
import { rowIds } from './rows.ts';
import type { Use } from './schema.ts';
import { conditionText, periodText, sourceText, textWords, type Lang } from './text-words.ts';

/**
 * The newest version as a person reads it, in one language: heading by heading, clause by clause, each with its row, and
 * with the tables and dates that belong under a heading at its end. Pure.
 */
export function policyText(policies: Policies, lang: Lang): Block[] {
  const { rules } = policies.newest;
  const clauses = rowIds.map((id) => ({ id, ...rules.clauses[id] }));
  return [
    title(textWords.title[lang]),
    ...(lang === rules.language.prevails ? [] : [paragraph(textWords.prevails[lang])]),
    ...Object.entries(rules.sections).flatMap(([section, label]) => [
      heading(label[lang]),
      list(
        clauses
          .filter((clause) => headingOf(clause.section) === section)
          .map((clause) => `${clause[lang]} [${clause.id}]`),
      ),
      ...(endOf[section]?.(policies, lang) ?? []),
    ]),
  ];
}

/** What stands at the end of a section besides its clauses. */
const endOf: Readonly<Record<string, (policies: Policies, lang: Lang) => Block[]>> = {
  '3': ({ newest }, lang) => [
    useTable(newest.rules, lang),
    paragraph(quarantineText(newest.rules, lang)),
    ...ownRecordsText(newest.rules, lang).map(paragraph),
  ],
  '6': ({ newest }, lang) => [rightTable(newest.rules, lang)],
  '10': ({ newest }, lang) => [paragraph(newest.rules.contact.address?.[lang] ?? textWords.blank[lang])],
  dates: (policies, lang) => [list(policies.versions.flatMap((id) => dateLine(policies.get(id), lang)))],
};

/** Every group with its purposes, when use for each ends, and what law keeps it beyond that. */
function useTable(rules: PolicyRules, lang: Lang): Block {
  const header = ['information', 'purpose', 'until', 'atMost', 'floor'] as const;
  const rows = Object.entries(rules.categories).flatMap(([id, category]) =>
    alike(Object.values(category.groups)).flatMap(([group, ...others]) => {
      const names = [group, ...others].map(({ label }) => label[lang]).join(lang === 'ja' ? '、' : '; ');
      const floors = group.floors.map((floor) => rules.floors[floor]?.label[lang] ?? '');
      const lines = Math.max(group.uses.length, floors.length);
      return Array.from({ length: lines }, (_, index) => {
        const use = group.uses[index];
        return [
          index === 0 ? `${id} ${category.label[lang]}: ${names}` : '',
          ...(use === undefined
            ? ['', '', '']
            : [
                purposeText(rules, use, lang),
                rules.retention[use.rule]?.label[lang] ?? '',
                capText(rules, use, lang),
              ]),
          floors[index] ?? '',
        ];
      });
    }),
  );
  return table(
    header.map((name) => textWords[name][lang]),
    rows,
  );
}

/** Groups that are used and kept alike, together. */
function alike(groups: readonly GroupRules[]): [GroupRules, ...GroupRules[]][] {
  const byRules = new Map<string, [GroupRules, ...GroupRules[]]>();
  for (const group of groups) {
    const rules = JSON.stringify([group.uses, group.floors]);
    const same = byRules.get(rules);
    if (same === undefined) byRules.set(rules, [group]);
    else same.push(group);
  }
  return [...byRules.values()];
}

function purposeText(rules: PolicyRules, use: Use, lang: Lang): string {
  const condition = conditionText(use.when, lang);
  const label = rules.purposes[use.purpose].label[lang];
  return condition === undefined ? label : `${label} (${condition})`;
}

function capText(rules: PolicyRules, use: Use, lang: Lang): string {
  const cap = rules.retention[use.rule]?.cap;
  if (cap === undefined) return '';
  const outcome = cap.then === 'erase' ? textWords.erased[lang] : textWords.review[lang];
  const from = rules.starts[cap.from][lang];
  const period = periodText(cap.period, lang);
  return lang === 'ja' ? `${from}から${period}、${outcome}` : `${period} from ${from}, then ${outcome}`;
}

/** How long what could not be tagged is held: it is in no group of the table. */
function quarantineText(rules: PolicyRules, lang: Lang): string {
  const { label, period, erased, source } = rules.quarantine;
  const sooner = erased === undefined ? '' : ` (${textWords.lateArrivals[lang]} ${periodText(erased, lang)})`;
  return `${label[lang]}: ${periodText(period, lang)}${sooner} [${sourceText(rules, source, lang)}]`;
}

/** How long the records of our own work are kept. */
const ownRecordsText = (rules: PolicyRules, lang: Lang): string[] =>
  Object.values(rules.ownRecords ?? {}).map(
    ({ label, period, source }) =>
      `${label[lang]}: ${periodText(period, lang)} [${sourceText(rules, source, lang)}]`,
  );

function rightTable(rules: PolicyRules, lang: Lang): Block {
  const rows = Object.values(rules.rights).map((right) => [
    right.label[lang],
    periodText(rules.clocks[right.clock]?.period ?? '', lang),
    right.feeAllowed && rules.fees.disclosure > 0
      ? `${String(rules.fees.disclosure)} ${textWords.yen[lang]}`
      : textWords.free[lang],
    right.grounds.map((ground) => rules.grounds[ground]?.label[lang] ?? ground).join(' / ') ||
      textWords.none[lang],
  ]);
  return table(
    (['right', 'answer', 'fee', 'grounds'] as const).map((name) => textWords[name][lang]),
    rows,
  );
}

function dateLine(policy: Policy | undefined, lang: Lang): string[] {
  if (policy === undefined) return [];
  const { effective, established, announced, text } = policy;
  const what = effective === established ? textWords.established : textWords.amended;
  const told = `${textWords.announced[lang]} ${announced === 'unknown' ? textWords.unknown[lang] : announced}`;
  const remark = text === 'unknown' ? `, ${textWords.textUnknown[lang]}` : '';
  return [`${effective} ${what[lang]} (${told}${remark})`];
}

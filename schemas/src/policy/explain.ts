import { catalogue, type CollectionEvent } from '../events/catalogue.ts';
import { splitEvent } from '../events/split.ts';
import { heading, list, paragraph, table, title, type Block } from './blocks.ts';
import { addPeriod, dayInJapan } from './period.ts';
import type { Policy, PolicyRules } from './policy.ts';
import {
  entrustedRetention,
  floorsOf,
  groupRules,
  retentionByPurpose,
  retentionOf,
  holds,
  startOf,
  type Conditions,
  type Retention,
} from './rules.ts';
import type { SourceOfRule, Use } from './schema.ts';
import { conditionText, periodText, sourceText, textWords, type Lang } from './text-words.ts';

/** Why one group of an event may be used and kept: every rule that bears on it. */
export interface ExplainedGroup {
  readonly group: string;
  /** Each purpose with the rule by which its use ends; empty where nothing may be kept. */
  readonly purposes: readonly { readonly purpose: string; readonly rule: Retention }[];
  /** Uses that the policy knows for it, and whose condition this event does not meet. */
  readonly unmet: readonly Use[];
  /** The rule that keeps the bytes longest. */
  readonly keptBy?: Retention;
  /** Where it follows from the event's own time. */
  readonly end?: Date;
  readonly cap?: Date;
  readonly floors: readonly { readonly id: string; readonly until?: Date }[];
}

/** How an event would be tagged under a policy, group by group; of the event only names of groups are kept. Pure. */
export function explainGroups(event: CollectionEvent, policy: Policy): ExplainedGroup[] {
  const { groups, readable } = splitEvent(event);
  const time = new Date(event.time);
  const present = Object.keys(groups);
  const ids = present.length > 0 ? present : catalogue[event.type].groups.map(({ id }) => id);
  const tenant = event.data.scope?.tenant;
  return ids.map((group): ExplainedGroup => {
    const own = retentionByPurpose(policy, group, readable);
    const entrusted = entrustedRetention(policy);
    const keptBy = tenant === undefined ? retentionOf(policy, group, readable) : entrusted;
    return {
      group,
      purposes: tenant === undefined ? own : [{ purpose: `entrusted:${tenant}`, rule: entrusted }],
      unmet: tenant === undefined ? unmetUses(policy, group, readable) : [],
      ...(keptBy === undefined ? {} : { keptBy, ...endsOf(policy, keptBy, time) }),
      floors: tenant === undefined ? floorEnds(policy, group, time) : [],
    };
  });
}

function unmetUses(policy: Policy, group: string, readable: Conditions): Use[] {
  const uses = groupRules(policy, group)?.uses ?? [];
  return uses.filter(({ when }) => !holds(when, readable));
}

function endsOf(policy: Policy, rule: Retention, time: Date): { end?: Date; cap?: Date } {
  const began = startOf(policy, rule.start, time);
  return {
    ...(began === undefined ? {} : { end: addPeriod(began, rule.period) }),
    ...(rule.cap === undefined ? {} : { cap: addPeriod(time, rule.cap.period) }),
  };
}

/** What holds only in certain years is the operator's to say; nobody has yet. */
function floorEnds(policy: Policy, group: string, time: Date): { id: string; until?: Date }[] {
  return floorsOf(policy, group)
    .filter(({ onlyIn }) => onlyIn === undefined)
    .map(({ id, start, period }) => {
      const began = startOf(policy, start, time);
      return { id, ...(began === undefined ? {} : { until: addPeriod(began, period) }) };
    });
}

/** The explanation as a text in one language: a table of the rules, then the clauses that they come from. Pure. */
export function explainText(event: CollectionEvent, policy: Policy, lang: Lang): Block[] {
  const { rules } = policy;
  const { category } = catalogue[event.type];
  const groups = explainGroups(event, policy);
  const sources = new Map<string, SourceOfRule>();
  const cite = (source: SourceOfRule): string => {
    const text = sourceText(rules, source, lang);
    sources.set(text, source);
    return text;
  };
  cite(rules.categories[category].source);
  const rows = groups.flatMap((group) => [
    ...purposeRows(policy, group, lang, cite),
    ...unmetRows(rules, group, lang, cite),
    ...endRows(rules, group, lang, cite),
  ]);
  const scope = event.data.scope === undefined ? [] : [paragraph(rules.clauses.X2[lang])];
  return [
    title(`${event.type}: ${category} ${rules.categories[category].label[lang]} (${policy.version})`),
    ...scope,
    table(
      (['group', 'purpose', 'rule', 'start', 'period', 'atMost', 'source'] as const).map(
        (name) => textWords[name][lang],
      ),
      rows,
    ),
    heading(textWords.source[lang]),
    list([...sources].map(([text, { row }]) => `${text}: ${rules.clauses[row][lang]}`)),
  ];
}

type Cite = (source: SourceOfRule) => string;

function purposeRows(policy: Policy, group: ExplainedGroup, lang: Lang, cite: Cite): string[][] {
  const { rules } = policy;
  const name = groupName(policy, group.group, lang);
  if (group.purposes.length === 0) return [[name, textWords.none[lang], '', '', '', '', '']];
  const uses = groupRules(policy, group.group)?.uses ?? [];
  return group.purposes.map(({ purpose, rule }, index) => {
    const own = Object.entries(rules.purposes).find(([id]) => id === purpose)?.[1];
    const use = uses.find((one) => one.purpose === purpose && one.rule === rule.id);
    const condition = own === undefined ? undefined : conditionText(use?.when, lang);
    const label = (own ?? rules.entrusted).label[lang];
    const map = groupRules(policy, group.group)?.source ?? rules.map.source;
    return [
      index === 0 ? name : '',
      condition === undefined ? label : `${label} (${condition})`,
      rule.label[lang],
      rules.starts[rule.start][lang],
      periodText(rule.period, lang),
      rule.cap === undefined ? '' : periodText(rule.cap.period, lang),
      [own?.source ?? rules.entrusted.source, ...(own === undefined ? [] : [map]), rule.source]
        .map(cite)
        .join('; '),
    ];
  });
}

/** What it may not be used for, and which condition it would have to meet. */
function unmetRows(rules: PolicyRules, group: ExplainedGroup, lang: Lang, cite: Cite): string[][] {
  return group.unmet.map(({ purpose, when }) => [
    '',
    `${textWords.notFor[lang]} ${rules.purposes[purpose].label[lang]}`,
    `${textWords.only[lang]} ${conditionText(when, lang) ?? ''}`.trimEnd(),
    '',
    '',
    '',
    cite(rules.purposes[purpose].source),
  ]);
}

/** When the bytes of a group go, and what law keeps them beyond. */
function endRows(rules: PolicyRules, group: ExplainedGroup, lang: Lang, cite: Cite): string[][] {
  const { keptBy, end, cap, floors } = group;
  if (keptBy === undefined) return [];
  const kept = [
    '',
    `= ${textWords.bytes[lang]}`,
    keptBy.label[lang],
    '',
    end === undefined ? textWords.open[lang] : dayInJapan(end),
    cap === undefined ? '' : dayInJapan(cap),
    cite(keptBy.source),
  ];
  const lawful = floors.flatMap(({ id, until }) => {
    const floor = rules.floors[id];
    if (floor === undefined) return [];
    return [
      [
        '',
        `= ${textWords.floor[lang]}`,
        floor.label[lang],
        rules.starts[floor.start][lang],
        until === undefined ? textWords.open[lang] : dayInJapan(until),
        '',
        cite(floor.source),
      ],
    ];
  });
  return [kept, ...lawful];
}

function groupName(policy: Policy, id: string, lang: Lang): string {
  return `${id} ${groupRules(policy, id)?.label[lang] ?? ''}`.trimEnd();
}

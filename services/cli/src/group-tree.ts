import type { Labels, LineageAnswer, LineageGroup, LineageRecord } from '@keiro/schemas';
import { day, leaves, say, type Node } from './output.ts';
import type { TreeOptions } from './request-tree.ts';
import { factWord, openUntil, words } from './words.ts';

/** What the groups of a category are held for, and until when: once, because rules belong to the group. Pure. */
export function groupNodes(
  records: readonly LineageRecord[],
  answer: LineageAnswer,
  options: TreeOptions,
): Node[] {
  const byRule = new Map<string, LineageGroup[]>();
  for (const group of records.flatMap((record) => record.groups)) {
    const key = `${group.group} ${group.rule} ${group.purposes.join(' ')}`;
    const alike = byRule.get(key);
    if (alike === undefined) byRule.set(key, [group]);
    else alike.push(group);
  }
  return [...byRule.values()].flatMap((groups) => {
    const [first] = groups;
    return first === undefined ? [] : [groupNode(first, groups, answer, options)];
  });
}

function groupNode(
  first: LineageGroup,
  all: readonly LineageGroup[],
  { labels, facts }: LineageAnswer,
  { language, paint }: TreeOptions,
): Node {
  const named = (table: Record<string, Labels>, id: string) => say(table[id] ?? { ja: id, en: id }, language);
  // A purpose's English name is long, and its id is English already.
  const purpose = (id: string) =>
    language === 'both' && labels.purposes[id] !== undefined
      ? `${labels.purposes[id].ja} (${id})`
      : named(labels.purposes, id);
  const rule = named(labels.rules, first.rule);
  const ends = all.flatMap(({ end }) => end ?? []);
  const waiting = all.filter(({ end }) => end === undefined);
  const caps = waiting.flatMap(({ cap }) => cap ?? []);
  const closing = new Set(all.flatMap(({ closedBy }) => closedBy ?? []));
  const closed = facts.shown
    .filter(({ id }) => closing.has(id))
    .map(({ kind, at }) => `${say(factWord(kind), language)} ${day(at)}`);
  const byConsent = [...new Set(all.flatMap(({ byConsent: added = [] }) => added))];
  const row = (word: Labels, ...cells: readonly string[]) => [say(word, language), cells.join('  ')];
  const rows = [
    row(words.purposes, first.purposes.map(purpose).join(', ')),
    ...(byConsent.length === 0 ? [] : [row(words.byConsent, byConsent.map(purpose).join(', '))]),
    ...(ends.length === 0 ? [] : [row(words.ends, span(ends), rule, ...closed)]),
    ...(waiting.length === 0
      ? []
      : [
          row(
            words.ends,
            rule,
            say(openUntil(labels.starts[first.start] ?? { ja: first.start, en: first.start }), language),
            ...(caps.length === 0 ? [] : [`${say(words.cap, language)} ${span(caps)}`]),
            ...(waiting.some(({ state }) => state === 'review') ? [say(words.review, language)] : []),
          ),
        ]),
    ...(first.floor === undefined
      ? []
      : [
          row(
            words.floor,
            first.floor.law,
            ...(first.floor.until === undefined ? [] : [day(first.floor.until)]),
          ),
        ]),
  ];
  return {
    text: `${paint('cyan', first.group)} ${named(labels.groups, first.group)}`,
    children: leaves(rows),
  };
}

/** The days from the first to the last of some instants. */
function span(instants: readonly string[]): string {
  const days = instants.map(day).toSorted();
  const [first = ''] = days;
  const last = days.at(-1) ?? '';
  return first === last ? first : `${first} … ${last}`;
}

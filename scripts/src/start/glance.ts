import { day, renderTree, type Node, type Paint } from '@keiro/cli/output';
import type { LineageAnswer, LineageRecord } from '@keiro/schemas';

/** One person's route on a screenful: per category what for, until when, and from which offset to which copies. Pure. */
export function renderGlance(answer: LineageAnswer, paint: Paint): string {
  const nodes = answer.categories.map(({ category, records: total }): Node => {
    const records = answer.records.filter((record) => record.category === category);
    const newest = records[0];
    const label = answer.labels.categories[category];
    return {
      text: `${paint('bold', `${category} ${label?.ja ?? ''} ${label?.en ?? ''}`)}  ${String(total)}`,
      children: [
        { text: `${purposesOf(records).join(', ')}  ${paint('dim', endOf(records))}` },
        ...(newest === undefined ? [] : [{ text: routeOf(newest, answer, paint) }]),
      ],
    };
  });
  return renderTree(nodes, paint).replaceAll(/\n\n/g, '\n');
}

function purposesOf(records: readonly LineageRecord[]): string[] {
  return [...new Set(records.flatMap(({ groups }) => groups.flatMap(({ purposes }) => purposes)))];
}

/** The day by which the last group has ended, whatever happens; a floor of the law is named. */
function endOf(records: readonly LineageRecord[]): string {
  const groups = records.flatMap((record) => record.groups);
  const last = groups
    .flatMap(({ end, cap }) => end ?? cap ?? [])
    .toSorted()
    .at(-1);
  const floor = groups.find((group) => group.floor !== undefined)?.floor;
  const parts = [
    ...(last === undefined ? [] : [`ends ${day(last)} at the latest`]),
    ...(floor === undefined
      ? []
      : [`books by law until ${floor.until === undefined ? '?' : day(floor.until)} (${floor.law})`]),
  ];
  return parts.join('; ');
}

function routeOf(record: LineageRecord, answer: LineageAnswer, paint: Paint): string {
  const { topic, partition, offset } = record.position;
  const copies = record.copies.map(({ holder, derivedFrom }) => {
    const country = answer.holders.find(({ id }) => id === holder)?.country ?? '?';
    return `${holder} ${country}${derivedFrom === undefined ? '' : ` (snapshot of ${derivedFrom.store})`}`;
  });
  const held = copies.length === 0 ? paint('dim', 'no copy') : copies.join(' · ');
  return `${topic} ${String(partition)}@${offset} → ${held}`;
}

import type { KnownOfPerson, Policies, RecordDocument, Ref, RetentionForecast } from '@keiro/schemas';
import { dayInJapan, knownOf } from '@keiro/schemas';
import { createCopies, isOver, type KnownCopy } from './copies.ts';
import { dueRecords, type Narrowing, type RecordFate } from './decide.ts';

type Row = RetentionForecast['rows'][number];

/** The beginning of a day in Japan: what is due that day has ended by then. */
export const beginningOf = (day: string): Date => new Date(`${day}T00:00:00+09:00`);

const nothingKnown = knownOf([]);

/** Counts what some records that are due on a day will come to. Adds to `rows`, by day and category; pure but for that. */
export function addForecast(
  rows: Map<string, Row>,
  day: string,
  found: {
    readonly records: readonly RecordDocument[];
    readonly known: ReadonlyMap<Ref, KnownOfPerson>;
    readonly copies: readonly KnownCopy[];
  },
  policies: Policies,
  narrowing: Narrowing,
  now: Date,
): void {
  const at = new Date(Math.max(now.getTime(), beginningOf(day).getTime()));
  const copies = createCopies(found.copies);
  const knownOfRecord = ({ ref }: RecordDocument) => found.known.get(ref) ?? nothingKnown;
  for (const fate of dueRecords(found.records, knownOfRecord, policies, narrowing, at)) {
    const row = rowOf(rows, day, fate.record.category);
    if (fate.verdict === 'erase') row.ends += 1;
    else if (fate.verdict === 'partially') row.partly += 1;
    for (const copy of copies.heldOf(fate.record._id))
      if (isOver(copy, fate)) row.holders[copy.holder] = (row.holders[copy.holder] ?? 0) + 1;
    addFloors(row, fate);
    if (fate.wait !== undefined) row.waiting[fate.wait] = (row.waiting[fate.wait] ?? 0) + 1;
  }
}

function addFloors(row: Row, { kept }: RecordFate): void {
  const seen = new Set<string>();
  for (const { fate, law = '', until } of kept) {
    if (fate !== 'floor') continue;
    const day = until === undefined ? undefined : dayInJapan(until);
    const key = `${law}|${day ?? ''}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const there = row.floors.find((one) => one.law === law && one.until === day);
    if (there === undefined)
      row.floors.push({ law, records: 1, ...(day === undefined ? {} : { until: day }) });
    else there.records += 1;
  }
}

function rowOf(rows: Map<string, Row>, day: string, category: string): Row {
  const key = `${day}|${category}`;
  const row = rows.get(key) ?? { day, category, ends: 0, partly: 0, holders: {}, floors: [], waiting: {} };
  rows.set(key, row);
  return row;
}

import type { RecordDocument } from '@keiro/schemas';
import type { Cursor } from './cursor.ts';

/** All records of a person by category, whatever the page. */
interface CategoryTotal {
  readonly category: string;
  readonly records: number;
  readonly first: Date;
  readonly last: Date;
}

/** One page of a person's records, newest first, and totals over all of them. */
export interface RecordPage {
  readonly records: readonly RecordDocument[];
  readonly hasMore: boolean;
  readonly categories: readonly CategoryTotal[];
  /** Time of the newest record that is ours: the last use, as far as records show it. */
  readonly newest?: Date;
}

type Sortable = Pick<RecordDocument, '_id' | 'time'>;

const newestFirst = (a: Sortable, b: Sortable) =>
  b.time.getTime() - a.time.getTime() || (a._id < b._id ? 1 : a._id > b._id ? -1 : 0);

/**
 * Takes a person's records in any order and keeps no more of them than a few pages, however many there are.
 * Ids are compared by code unit, here and nowhere else, so that no server's collation decides what a page holds.
 */
export async function pageOf(
  records: AsyncIterable<RecordDocument> | Iterable<RecordDocument>,
  limit: number,
  after: Cursor | undefined,
): Promise<RecordPage> {
  const end = after === undefined ? undefined : { time: after.time, _id: after.id };
  const totals = new Map<string, CategoryTotal>();
  let kept: RecordDocument[] = [];
  let newest: Date | undefined;
  for await (const record of records) {
    totals.set(record.category, added(totals.get(record.category), record));
    if (record.scope.kind === 'ours' && (newest === undefined || record.time > newest)) newest = record.time;
    if (end !== undefined && newestFirst(end, record) >= 0) continue;
    kept.push(record);
    if (kept.length > limit * 2) kept = kept.sort(newestFirst).slice(0, limit + 1);
  }
  kept.sort(newestFirst);
  return {
    records: kept.slice(0, limit),
    hasMore: kept.length > limit,
    categories: [...totals.values()],
    ...(newest === undefined ? {} : { newest }),
  };
}

function added(total: CategoryTotal | undefined, { category, time }: RecordDocument): CategoryTotal {
  if (total === undefined) return { category, records: 1, first: time, last: time };
  return {
    category,
    records: total.records + 1,
    first: time < total.first ? time : total.first,
    last: time > total.last ? time : total.last,
  };
}

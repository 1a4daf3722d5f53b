import type { RecordDocument, Ref } from '@keiro/schemas';

/** Counts over exposed records, and by ref: as large as there are refs, however many records there are. */
export interface Counted {
  records: number;
  sensitive: number;
  unattributed: number;
  readonly categories: Map<string, number>;
  readonly groups: Map<string, number>;
  /** Primary refs, with how many records each. */
  readonly refs: Map<Ref, number>;
}

export const emptyCount = (): Counted => ({
  records: 0,
  sensitive: 0,
  unattributed: 0,
  categories: new Map(),
  groups: new Map(),
  refs: new Map(),
});

/** Adds one record, once, however many places it was exposed at. `groups`: those that were there. */
export function addRecord(
  counted: Counted,
  record: Pick<RecordDocument, 'ref' | 'category' | 'sensitive'>,
  groups: ReadonlySet<string>,
): void {
  counted.records += 1;
  if (record.sensitive !== undefined) counted.sensitive += 1;
  increment(counted.categories, record.category);
  for (const group of groups) increment(counted.groups, group);
  if (record.ref.startsWith('unattributed.')) counted.unattributed += 1;
  else increment(counted.refs, record.ref);
}

export function increment<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

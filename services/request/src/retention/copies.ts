import { groupBy } from '@keiro/runtime/group-by';
import { lifeKey, type CopyDocument, type Life } from '@keiro/schemas';
import type { RecordFate } from './decide.ts';

export type KnownCopy = Pick<
  CopyDocument,
  '_id' | 'record' | 'holder' | 'action' | 'at' | 'groups' | 'ref' | 'generation' | 'locator'
>;

/** Reports of copies, as a plan looks at them. */
export interface Copies {
  /** All reports about a record. */
  of(record: string): readonly KnownCopy[];
  /** Copies of a record that are held: reported, and not reported as removed since. */
  heldOf(record: string): readonly KnownCopy[];
  heldAt(holder: string): readonly KnownCopy[];
  heldOfLife(holder: string, life: Life): readonly KnownCopy[];
}

/** Pure. */
export function createCopies(all: readonly KnownCopy[]): Copies {
  const byRecord = groupBy(all, ({ record }) => record);
  const removed = new Map<string, Date>();
  for (const { record, holder, action, at } of all)
    if (action === 'removed') removed.set(`${record}|${holder}`, at);
  const isHeld = ({ record, holder, action, at }: KnownCopy) => {
    const since = removed.get(`${record}|${holder}`);
    return action === 'held' && (since === undefined || since < at);
  };
  const held = all.filter(isHeld);
  const heldByRecord = groupBy(held, ({ record }) => record);
  const heldByHolder = groupBy(held, ({ holder }) => holder);
  const heldByLife = groupBy(held, (copy) => `${copy.holder}|${lifeKey(copy)}`);
  return {
    of: (record) => byRecord.get(record) ?? [],
    heldOf: (record) => heldByRecord.get(record) ?? [],
    heldAt: (holder) => heldByHolder.get(holder) ?? [],
    heldOfLife: (holder, life) => heldByLife.get(`${holder}|${lifeKey(life)}`) ?? [],
  };
}

/**
 * Whether a copy can go: all groups that it holds are over. One that also holds what is not over waits for the latest
 * end, for the bytes are in one row. Pure.
 */
export const isOver = ({ groups }: KnownCopy, { over, verdict }: RecordFate): boolean =>
  verdict === 'erase' ||
  (verdict === 'partially' && groups.length > 0 && groups.every((group) => over.includes(group)));

export function countBy<K extends string>(names: readonly K[]): Record<K, number> {
  const counts: Partial<Record<K, number>> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts as Record<K, number>;
}

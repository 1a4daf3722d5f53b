import type { Stored } from './store.ts';

/**
 * Why a record id came again.
 * `redelivery`: the very message, read again after a crash; what follows the insert may have been missed.
 * `retry`: the producer sent the same event again; nothing to do.
 * `conflict`: another event under the id of one that is there.
 */
export type Repetition = 'redelivery' | 'retry' | 'conflict';

/** Pure. */
export function judgeRepetition(stored: Stored, again: Stored): Repetition {
  if (samePosition(stored.position, again.position)) return 'redelivery';
  return stored.digest === again.digest ? 'retry' : 'conflict';
}

type Identified = Stored & { readonly _id: string };

/** What became of documents that were inserted by their ids. */
export interface Inserted<T> {
  readonly inserted: readonly T[];
  /** New, or a redelivery: what follows the insert has to be done (again). */
  readonly passed: readonly T[];
  readonly repetitions: readonly { readonly kind: Repetition; readonly id: string }[];
  readonly conflicts: readonly T[];
}

/** Inserts each document once, and says of the others why they came again. `insert` answers with what was there. */
export async function insertOnce<T, D extends Identified>(
  items: readonly T[],
  documentOf: (item: T) => D,
  insert: (documents: readonly D[]) => Promise<ReadonlyMap<string, Stored>>,
): Promise<Inserted<T>> {
  const first = new Map<string, D>();
  for (const item of items) {
    const document = documentOf(item);
    if (!first.has(document._id)) first.set(document._id, document);
  }
  const existing = await insert([...first.values()]);

  const inserted: T[] = [];
  const passed: T[] = [];
  const repetitions: { kind: Repetition; id: string }[] = [];
  const conflicts: T[] = [];
  for (const item of items) {
    const document = documentOf(item);
    const stored = existing.get(document._id) ?? first.get(document._id);
    if (stored === undefined || stored === document) {
      inserted.push(item);
      passed.push(item);
      continue;
    }
    const repetition = judgeRepetition(stored, document);
    if (repetition === 'conflict') conflicts.push(item);
    else {
      repetitions.push({ kind: repetition, id: document._id });
      if (repetition === 'redelivery') passed.push(item);
    }
  }
  return { inserted, passed, repetitions, conflicts };
}

/** Whether it is the very same message. */
export function samePosition(one: Stored['position'], other: Stored['position']): boolean {
  return one.offset === other.offset && one.partition === other.partition && one.topic === other.topic;
}

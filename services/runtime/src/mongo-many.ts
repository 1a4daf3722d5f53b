import type { Collection, Document, Filter, WithId } from 'mongodb';

/*
 * Many documents by id, or by an indexed field, in short lists: how long an `$in` may be before it costs a comparison
 * per element and document differs by servers, and a list of 50 is fast on all of them.
 */
const listLength = 50;
const listsAtOnce = 4;
/** A delete compares each of its documents with its list: short ones, many in a command, take the least of a server. */
const deleteLength = 20;
const deletesAtOnce = 100;

/** Documents with one of these values, in no order. */
export async function findMany<T extends Document>(
  collection: Collection<T>,
  field: string,
  values: readonly string[],
  projection?: Document,
): Promise<WithId<T>[]> {
  const lists = listsOf([...new Set(values)], listLength);
  const found: WithId<T>[][] = [];
  let next = 0;
  const take = async (): Promise<void> => {
    for (let list = lists[next++]; list !== undefined; list = lists[next++])
      found.push(
        await collection
          .find({ [field]: { $in: list } } as Filter<T>, { ...(projection && { projection }) })
          .toArray(),
      );
  };
  await Promise.all(Array.from({ length: listsAtOnce }, take));
  return found.flat();
}

/** Removes documents by id; answers how many there were. What is gone already is no error. */
export async function deleteMany<T extends Document>(
  collection: Collection<T>,
  ids: readonly string[],
): Promise<number> {
  let deleted = 0;
  for (const lists of listsOf(listsOf([...new Set(ids)], deleteLength), deletesAtOnce)) {
    const deletes = lists.map((list) => ({ deleteMany: { filter: { _id: { $in: list } } as Filter<T> } }));
    deleted += (await collection.bulkWrite(deletes, { ordered: false })).deletedCount;
  }
  return deleted;
}

export function listsOf<T>(all: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / length) }, (_, i) =>
    all.slice(i * length, (i + 1) * length),
  );
}

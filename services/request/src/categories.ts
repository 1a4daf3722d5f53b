import { categories as allCategories, type Category, type RecordDocument, type Ref } from '@keiro/schemas';
import { LRUCache } from 'lru-cache';
import type { Collection, Db } from 'mongodb';

/** How long an ordinary person may take, in milliseconds. */
const patienceMs = 300;
/** Persons with very many records who are remembered as such: each was slow once. */
const rememberedRefs = 5000;

/**
 * Categories of the records under refs. One question serves almost everybody, but a server may read every record to
 * answer it, and of a hundred thousand that takes seconds: where it has not answered soon, the index on ref and
 * category is asked for each category by itself, which costs the same whoever it is. One person at a time is, so that
 * a server that is slow for another reason does not get more to do for it.
 */
export function createCategories(
  db: Db,
  options: { readonly patienceMs?: number } = {},
): (refs: readonly Ref[]) => Promise<Category[]> {
  const records = db.collection<RecordDocument>('records');
  const large = new LRUCache<Ref, true>({ max: rememberedRefs });
  const patience = options.patienceMs ?? patienceMs;
  let isAsking = false;

  const atOnce = (refs: readonly Ref[]): Promise<Category[]> =>
    records.distinct('category', { ref: { $in: [...refs] } });

  return async (refs) => {
    if (refs.some((ref) => large.has(ref))) return eachCategory(records, refs);
    const answer = atOnce(refs);
    // Whoever is not waited for in the end may still fail.
    answer.catch(() => undefined);
    const soon = await Promise.race([answer, after(patience)]);
    if (soon !== undefined || isAsking) return answer;
    isAsking = true;
    try {
      const found = await Promise.race([answer.then(() => undefined), eachCategory(records, refs)]);
      if (found === undefined) return await answer;
      for (const ref of refs) large.set(ref, true);
      return found;
    } finally {
      isAsking = false;
    }
  };
}

/** Asks for one record of each category: by the index, whatever else there is. */
export async function eachCategory(
  records: Collection<RecordDocument>,
  refs: readonly Ref[],
): Promise<Category[]> {
  const found: Category[] = [];
  for (const category of allCategories) {
    for (const ref of refs) {
      if ((await records.findOne({ ref, category }, { projection: { _id: 1 } })) === null) continue;
      found.push(category);
      break;
    }
  }
  return found;
}

async function after(ms: number): Promise<undefined> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
  return undefined;
}

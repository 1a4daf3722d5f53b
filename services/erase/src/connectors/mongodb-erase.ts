import type {
  AnyBulkWriteOperation,
  Collection,
  Db,
  Document,
  Filter,
  ObjectId,
  UpdateFilter,
} from 'mongodb';
import type { Rows } from '@keiro/schemas';
import { ConnectorError, exportChunk, type Work } from './connector.ts';
import { filtersOf, findersOnce } from './mongodb-filters.ts';
import { pathsToDrop } from './mongodb-narrow.ts';
import { valuesAt } from './mongodb-scan.ts';
import { forbiddenIn, treatmentOf, type Treatment } from './treatment.ts';

type Changing = Exclude<Treatment, { how: 'delete' }>;

/** Does with the person's documents in one collection what is to be done with them. */
export async function erasePlace(db: Db, place: Rows, work: Work): Promise<void> {
  const collection = db.collection(place.name);
  const treatment = checked(place, treatmentOf(place, work));
  if (treatment.how === 'delete') {
    for (const filter of filtersOf(place, work)) {
      work.signal.throwIfAborted();
      work.count(place.name, (await collection.deleteMany(filter)).deletedCount);
    }
    return;
  }
  if (treatment.how === 'narrow') return narrow(collection, place, work, treatment);
  let replaced = 0;
  for (const filter of filtersOf(place, work)) {
    work.signal.throwIfAborted();
    const { modifiedCount } = await collection.updateMany(
      { $and: [filter, leftBy(treatment)] },
      updateOf(treatment),
    );
    if (treatment.how === 'clear') work.count(place.name, modifiedCount);
    replaced += modifiedCount;
  }
  if (treatment.how === 'replace') {
    const columns = treatment.values.map(([column]) => column);
    work.remains({ place: place.name, why: 'pseudonymised', columns, rows: replaced });
  }
  if (treatment.kept.length > 0) {
    const rows = await countOnce(collection, place, work, hasSome(treatment.kept));
    work.remains({ place: place.name, why: 'kept', columns: [...treatment.kept], rows });
  }
}

/** How many documents an erasure would still change, each once. */
export async function probePlace(db: Db, place: Rows, work: Work): Promise<number> {
  const treatment = checked(place, treatmentOf(place, work));
  const collection = db.collection(place.name);
  if (treatment.how === 'narrow')
    return countOnce(collection, place, work, {}, (one) => isLeft(one, treatment));
  let found = 0;
  for (const { filter, isNew, isApart } of findersOnce(place, work)) {
    work.signal.throwIfAborted();
    const left = treatment.how === 'delete' ? filter : { $and: [filter, leftBy(treatment)] };
    if (isApart) found += await collection.countDocuments(left);
    else
      for await (const documents of inChunks(collection, left, work)) found += documents.filter(isNew).length;
  }
  return found;
}

/** How many of them it would delete or empty: one that gets a pseudonym is told apart. */
export const presentIn = async (db: Db, place: Rows, work: Work): Promise<number> =>
  treatmentOf(place, work).how === 'replace' ? 0 : probePlace(db, place, work);

/** A document that none of what is kept is in has nothing to stay for. */
const isLeft = (document: Document, { stay, kept }: Extract<Treatment, { how: 'narrow' }>) =>
  pathsToDrop(document, stay).length > 0 || !hasAny(document, kept);

async function narrow(
  collection: Collection,
  place: Rows,
  work: Work,
  treatment: Extract<Treatment, { how: 'narrow' }>,
): Promise<void> {
  let rows = 0;
  for (const { filter, isNew } of findersOnce(place, work)) {
    for await (const documents of inChunks(collection, filter, work)) {
      const ours = documents.filter((one) => isNew(one));
      const keeping = ours.filter((one) => hasAny(one, treatment.kept));
      const changes = ours.flatMap((one): AnyBulkWriteOperation[] => {
        // Still found: one that was written anew meanwhile is not ours any more.
        const mine = { $and: [{ _id: one._id as ObjectId }, filter] };
        if (!hasAny(one, treatment.kept)) return [{ deleteOne: { filter: mine } }];
        const paths = pathsToDrop(one, treatment.stay);
        if (paths.length === 0) return [];
        return [
          {
            updateOne: {
              filter: mine,
              update: { $unset: Object.fromEntries(paths.map((path) => [path, ''])) },
            },
          },
        ];
      });
      rows += keeping.length;
      if (changes.length === 0) continue;
      const { deletedCount, modifiedCount } = await collection.bulkWrite(changes);
      work.count(place.name, deletedCount + modifiedCount);
    }
  }
  work.remains({ place: place.name, why: 'kept', columns: [...treatment.kept], rows });
}

async function countOnce(
  collection: Collection,
  place: Rows,
  work: Work,
  more: Filter<Document>,
  counts: (document: Document) => boolean = () => true,
): Promise<number> {
  let rows = 0;
  for (const { filter, isNew } of findersOnce(place, work)) {
    for await (const documents of inChunks(collection, { $and: [filter, more] }, work))
      rows += documents.filter((one) => isNew(one) && counts(one)).length;
  }
  return rows;
}

/** Documents in chunks, read as they are asked for. */
export async function* inChunks(
  collection: Collection,
  filter: Filter<Document>,
  { signal }: Pick<Work, 'signal'>,
): AsyncGenerator<Document[]> {
  signal.throwIfAborted();
  const cursor = collection.find(filter, { batchSize: exportChunk });
  let chunk: Document[] = [];
  for await (const document of cursor) {
    chunk.push(document);
    if (chunk.length < exportChunk) continue;
    yield chunk;
    signal.throwIfAborted();
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

const hasSome = (fields: readonly string[]): Filter<Document> => ({
  $or: fields.map((field) => ({ [field]: { $ne: null } })),
});

const hasAny = (document: Document, fields: readonly string[]) =>
  fields.some((field) => valuesAt(document, field.split('.')).some((value) => value !== null));

/** Finds documents in which something is still to be changed. */
function leftBy(treatment: Exclude<Changing, { how: 'narrow' }>): Filter<Document> {
  if (treatment.how === 'clear') return hasSome(treatment.columns);
  return { $or: treatment.values.map(([field, pseudonym]) => ({ [field]: { $nin: [null, pseudonym] } })) };
}

function updateOf(treatment: Exclude<Changing, { how: 'narrow' }>): UpdateFilter<Document> | Document[] {
  if (treatment.how === 'clear')
    return { $unset: Object.fromEntries(treatment.columns.map((field) => [field, ''])) };
  return { $set: Object.fromEntries(treatment.values) };
}

/** An `_id` can't be changed: where it says whose a document is, the document can only be deleted. */
function checked(place: Rows, treatment: Treatment): Treatment {
  const stays = treatment.how === 'narrow' ? treatment.stay : Object.values(place.identifiers);
  const isNamed =
    treatment.how === 'narrow' ? forbiddenIn(place, stays).includes('_id') : stays.includes('_id');
  if (treatment.how === 'delete' || !isNamed) return treatment;
  throw new ConnectorError(
    'cannot-narrow',
    `${place.name}._id says whose a document is and cannot be changed: give its documents another _id, or delete them`,
  );
}

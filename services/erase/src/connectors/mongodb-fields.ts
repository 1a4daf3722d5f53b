import type { Db, Document, Filter } from 'mongodb';
import type { FieldChange, Rows } from '@keiro/schemas';
import type { Correction, ExportChunk, Work } from './connector.ts';
import { missingFrom, namesOf, settingsOf } from './fields.ts';
import { inChunks } from './mongodb-erase.ts';
import { filtersOf, findersOnce } from './mongodb-filters.ts';
import { valuesAt } from './mongodb-scan.ts';
import { plain, plainFields } from './plain.ts';

/** Sets fields of the person's documents and counts what holds something else afterwards. */
export async function correctPlaces(
  db: Db,
  places: readonly Rows[],
  work: Work,
  changes: readonly FieldChange[],
): Promise<Correction> {
  let changed = 0;
  let differing = 0;
  for (const place of places) {
    const settings = settingsOf(place, changes);
    if (settings.length === 0) continue;
    const collection = db.collection(place.name);
    const wrong: Filter<Document> = { $or: settings.map(([field, value]) => ({ [field]: { $ne: value } })) };
    for (const filter of filtersOf(place, work)) {
      work.signal.throwIfAborted();
      const ours = { $and: [filter, wrong] };
      const { modifiedCount } = await collection.updateMany(ours, { $set: Object.fromEntries(settings) });
      work.count(place.name, modifiedCount);
      changed += modifiedCount;
      differing += await collection.countDocuments(ours);
    }
  }
  return { changed, differing, missing: missingFrom(places, changes) };
}

/** Every document of the person, once. */
export async function* exportPlaces(
  db: Db,
  places: readonly Rows[],
  work: Work,
): AsyncGenerator<ExportChunk> {
  for (const place of places) {
    const names = namesOf(place);
    for (const { filter, isNew } of findersOnce(place, work)) {
      for await (const documents of inChunks(db.collection(place.name), filter, work)) {
        const items = documents
          .filter((one) => isNew(one))
          .map((one) => ({
            place: place.name,
            ...locatorOf(place, one),
            fields: plainFields(one),
            ...(names === undefined ? {} : { names }),
          }));
        if (items.length > 0) yield { items };
      }
    }
  }
}

function locatorOf({ locator }: Rows, document: Document): { locator?: string } {
  const value = locator === undefined ? null : plain(valuesAt(document, locator.split('.'))[0]);
  return typeof value === 'string' ? { locator: value } : {};
}

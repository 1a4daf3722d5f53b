import type { Db, Document } from 'mongodb';
import { identifierKinds, type ConnectorConfig } from '@keiro/schemas';
import type { Scan, ScannedBatch, ScannedRow } from './connector.ts';
import { placeOf, positionAt } from './position.ts';

type Place = Extract<ConnectorConfig, { kind: 'mongodb' }>['collections'][number];

const batchSize = 1000;

/**
 * Every document, in order of its id. A position counts documents and names none, because an id may be a person's
 * number: so nobody else may write meanwhile, which the closed gate sees to.
 */
export async function* scanCollections(
  db: Db,
  places: readonly Place[],
  { from, signal }: Scan,
): AsyncGenerator<ScannedBatch> {
  const { place: first, at } = placeOf(from);
  for (const [position, place] of places.entries()) {
    if (position < first) continue;
    let passed = position === first ? Number(at) : 0;
    const { name, identifiers, generation, suspended } = place;
    const fields = [...Object.values(identifiers), generation, suspended].filter((one) => one !== undefined);
    const documents = db
      .collection(name)
      .find({}, { projection: projectionOf(fields), batchSize })
      .sort({ _id: 1 })
      .skip(passed);
    const batchOf = (rows: readonly ScannedRow[]): ScannedBatch => ({
      place: name,
      rows,
      after: (removed) => {
        passed += rows.length - removed;
        return positionAt(position, String(passed));
      },
    });
    let rows: ScannedRow[] = [];
    for await (const document of documents) {
      signal.throwIfAborted();
      rows.push(rowOf(place, document));
      if (rows.length < batchSize) continue;
      yield batchOf(rows);
      rows = [];
    }
    if (rows.length > 0) yield batchOf(rows);
  }
}

/** A field beside a part of itself is refused by the server: the whole covers both. */
function projectionOf(fields: readonly string[]): Document {
  const wanted = fields.filter((field) => !fields.some((other) => field.startsWith(`${other}.`)));
  return Object.fromEntries(wanted.map((field) => [field, 1]));
}

/** What is known of a document by its configured fields. Only texts are identifiers, as in a sweep. Pure. */
export function rowOf(place: Place, document: Document): ScannedRow {
  const texts = (field: string) =>
    valuesAt(document, field.split('.')).filter((one) => typeof one === 'string');
  const generation =
    place.generation === undefined ? undefined : valuesAt(document, place.generation.split('.'))[0];
  return {
    identifiers: identifierKinds.flatMap((kind) => {
      const field = place.identifiers[kind];
      return field === undefined ? [] : texts(field).map((value) => ({ kind, value }));
    }),
    ...(typeof generation === 'number' ? { generation } : {}),
    ...(place.suspended === undefined ? {} : { suspended: texts(place.suspended) }),
  };
}

/** As a query with a dotted path finds them: through lists. */
export function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, path));
  const [field, ...rest] = path;
  if (field === undefined) return [value];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return [];
  return valuesAt((value as Record<string, unknown>)[field], rest);
}

import type { Document, Filter } from 'mongodb';
import type { Rows } from '@keiro/schemas';
import { chunksOf, newestGeneration, valuesByColumn, type Work } from './connector.ts';
import { valuesAt } from './mongodb-scan.ts';

type Subject = Pick<Work, 'lives' | 'locators' | 'locatorsUpTo'>;

/** Queries that together find every document of these lives: by each field with an identifier, and by locator. Pure. */
export function filtersOf(place: Rows, work: Subject): Filter<Document>[] {
  return findersOf(place, work).map(({ filter }) => filter);
}

interface Finder {
  readonly filter: Filter<Document>;
  readonly field: string;
  readonly values: ReadonlySet<string>;
}

function findersOf(place: Rows, work: Subject): Finder[] {
  const { lives, locators } = work;
  const { generation } = place;
  // `$not` takes documents without the field too.
  const ours = generation === undefined ? {} : { [generation]: { $not: { $gt: newestGeneration(work) } } };
  const wanted = valuesByColumn(place.identifiers, lives);
  if (place.locator !== undefined) wanted.push([place.locator, [...locators]]);
  return wanted.flatMap(([field, values]) =>
    [...chunksOf(values)].map((some) => ({
      filter: { [field]: { $in: some }, ...ours },
      field,
      values: new Set(some),
    })),
  );
}

/**
 * The queries again, each with a test whether a document that it finds was found by none before it: so that each is
 * looked at once without remembering any. By locator first, because that stays when identifiers are taken out.
 * `isApart`: none before it can have found one of its documents.
 */
export function findersOnce(
  place: Rows,
  work: Subject,
): {
  readonly filter: Filter<Document>;
  readonly isNew: (document: Document) => boolean;
  readonly isApart: boolean;
}[] {
  const finders = findersOf(place, work).reverse();
  /** By field, which of them asks for a value. */
  const asked = new Map<string, Map<string, number>>();
  for (const [position, { field, values }] of finders.entries()) {
    const positions = asked.get(field) ?? new Map<string, number>();
    for (const value of values) positions.set(value, positions.get(value) ?? position);
    asked.set(field, positions);
  }
  const isFoundBefore = (document: Document, position: number) =>
    [...asked].some(([field, positions]) =>
      valuesAt(document, field.split('.')).some(
        (value) => typeof value === 'string' && (positions.get(value) ?? position) < position,
      ),
    );
  return finders.map(({ filter, field, values }, position) => ({
    filter,
    isNew: (document) => !isFoundBefore(document, position),
    // A document has one `_id`; another field may be a list.
    isApart:
      position === 0 ||
      (field === '_id' &&
        finders.slice(0, position).every((finder) => finder.field === '_id') &&
        [...values].every((value) => asked.get(field)?.get(value) === position)),
  }));
}

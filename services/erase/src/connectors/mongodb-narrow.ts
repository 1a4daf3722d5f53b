import type { Document } from 'mongodb';

/**
 * Paths to everything in a document that is under none of `stay`, as `$unset` takes them. A path through a list names
 * the field of each of its elements, as a query does. Pure.
 */
export function pathsToDrop(document: Document, stay: readonly string[]): string[] {
  const dropped: string[] = [];
  /** `named`: the path without positions in lists, by which it is configured. */
  const look = (value: unknown, path: string, named: string) => {
    if (stay.includes(named)) return;
    const isUnderway = stay.some((one) => one.startsWith(`${named}.`));
    if (!isUnderway || typeof value !== 'object' || value === null) {
      if (value !== null) dropped.push(path);
    } else if (Array.isArray(value)) {
      for (const [position, one] of value.entries()) look(one, `${path}.${String(position)}`, named);
    } else {
      for (const [field, one] of Object.entries(value)) look(one, `${path}.${field}`, `${named}.${field}`);
    }
  };
  for (const [field, value] of Object.entries(document)) {
    if (field !== '_id') look(value, field, field);
  }
  return dropped;
}

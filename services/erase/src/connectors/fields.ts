import { normaliseIdentifier, type FieldChange, type IdentifierKind, type Rows } from '@keiro/schemas';
import type { Correction } from './connector.ts';

/** What a configuration says of the policy's fields. Pure. */

type Mapped = Partial<Pick<Rows, 'fields' | 'identifiers'>>;

export function columnsOf({ fields = {} }: Mapped, field: string): string[] {
  return Object.hasOwn(fields, field) ? [fields[field] ?? []].flat() : [];
}

/** Column or path to the policy's name for it, as an export tells it; undefined where nothing is mapped. */
export function namesOf({ fields = {} }: Mapped): Record<string, string> | undefined {
  const names = Object.entries(fields).flatMap(([field, columns]) =>
    [columns].flat().map((column) => [column, field] as const),
  );
  return names.length === 0 ? undefined : Object.fromEntries(names);
}

/**
 * The columns that changes set, with their values. A column by which the person is found gets an identifier's
 * normalised form, as everything else in it has.
 */
export function settingsOf(
  place: Mapped,
  changes: readonly FieldChange[],
): [column: string, value: unknown][] {
  const kindOf = (column: string) =>
    Object.entries(place.identifiers ?? {}).find(([, one]) => one === column)?.[0] as
      IdentifierKind | undefined;
  const settings = new Map<string, unknown>();
  for (const { field, value } of changes) {
    for (const column of columnsOf(place, field)) {
      const kind = kindOf(column);
      const isIdentifier = kind !== undefined && typeof value === 'string';
      settings.set(column, isIdentifier ? normaliseIdentifier(kind, value) : value);
    }
  }
  return [...settings];
}

/** Fields for which none of these places has a column. */
export function missingFrom(places: readonly Mapped[], changes: readonly FieldChange[]): string[] {
  const fields = changes.map(({ field }) => field);
  return fields.filter((field) => places.every((place) => columnsOf(place, field).length === 0));
}

/** The answer of a holder that can't correct anything. */
export const cannotCorrect = (changes: readonly FieldChange[]): Correction => ({
  changed: 0,
  differing: 0,
  missing: changes.map(({ field }) => field),
});

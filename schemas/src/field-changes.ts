import type { FieldChange } from './changes.ts';
import { catalogue, type EventDefinition } from './events/catalogue.ts';
import type { Category } from './events/define.ts';

/* What a correction or an addition (R2, R3, APPI 34) may set: personal fields as the events declare them. Pure. */

const definitions: readonly EventDefinition[] = Object.values(catalogue);

/** The identifiers themselves are the person's account with us and no field of a form. */
const isPersonal = ({ groups }: EventDefinition, field: string): boolean =>
  field !== 'subject' && groups.some(({ fields }) => fields.includes(field));

/** Categories of the policy that have any of these fields; none for a name that no category has. */
export function categoriesWith(fields: readonly string[]): Category[] {
  return definitions
    .filter((one) => fields.some((field) => isPersonal(one, field)))
    .map(({ category }) => category);
}

export interface ChangeIssue {
  /** Path in the body, by position: a name that somebody made up may be a personal value itself. */
  readonly field: string;
  readonly code: 'unknown-field' | 'invalid-value' | 'repeated';
  readonly message: string;
}

/** What is wrong with what a request wants set; never a value. */
export function changeIssues(changes: readonly FieldChange[]): ChangeIssue[] {
  const seen = new Set<string>();
  return changes.flatMap(({ field, value }, index): ChangeIssue[] => {
    const at = `changes.${String(index)}`;
    if (seen.has(field))
      return [{ field: `${at}.field`, code: 'repeated', message: 'is a field that is set above already' }];
    seen.add(field);
    const schemas = definitions
      .filter((one) => isPersonal(one, field))
      .map((one) => (one.schema.shape.data.shape as Record<string, FieldSchema>)[field]);
    if (schemas.length === 0)
      return [
        { field: `${at}.field`, code: 'unknown-field', message: 'is no personal field of any category' },
      ];
    // Nothing is to be there: only where a form may be without it.
    const wanted = value ?? undefined;
    if (schemas.some((schema) => schema?.safeParse(wanted).success === true)) return [];
    return [{ field: `${at}.value`, code: 'invalid-value', message: 'is not what this field may be' }];
  });
}

interface FieldSchema {
  safeParse(value: unknown): { readonly success: boolean };
}

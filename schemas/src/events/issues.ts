import type { z } from 'zod';

/** What is wrong with an event. Stable: producers may act on it. */
export const issueCodes = [
  /** A field that must be there is not. */
  'required',
  /** Another JSON type than the field's. */
  'type',
  /** Not in the form that the field has. */
  'format',
  /** None of the values that the field can have. */
  'value',
  /** Too short or too long, too few or too many. */
  'length',
  /** Too small or too large. */
  'range',
  /** A field that the contract does not have. */
  'unknown_field',
  'unknown_type',
  'unknown_policy_version',
  /** X1: the site is not one of ours. */
  'foreign_site',
  /** C5: a full card number or a security code, whatever the field is called. */
  'card_number',
  /** A control character or half of a surrogate pair, which stores refuse or change. */
  'unsafe_text',
  /** Nested deeper than any event is. */
  'too_deep',
] as const;
export type IssueCode = (typeof issueCodes)[number];

/**
 * One fault of an event. `field` is the path with dots (`data.items.0.amount`), empty for the whole. Neither
 * part ever holds a value, nor a field name that the producer made up and that may itself be one.
 */
export interface Issue {
  readonly field: string;
  readonly code: IssueCode;
  readonly message: string;
}

const messages: Record<IssueCode, string> = {
  required: 'is required',
  type: 'has another JSON type than the contract says',
  format: 'is not in the form that the contract says',
  value: 'is none of the values that the contract lists',
  length: 'is too short or too long',
  range: 'is too small or too large',
  unknown_field: 'is no field of this type of event',
  unknown_type: 'is no type of event',
  unknown_policy_version: 'is no version of the policy',
  foreign_site: 'is not a site of ours',
  card_number: 'holds a card number or a security code, which are never collected',
  unsafe_text: 'holds a control character or a broken surrogate pair',
  too_deep: 'is nested too deep',
};

export function issue(path: readonly PropertyKey[], code: IssueCode): Issue {
  return { field: path.map(safeName).join('.'), code, message: messages[code] };
}

/** A name that a programmer gave a field: it can't be an address, a number or a sentence. */
const programmersName = /^[A-Za-z_][A-Za-z_-]{0,39}\d{0,2}$/;

function safeName(key: PropertyKey): string {
  if (typeof key === 'number') return String(key);
  return typeof key === 'string' && programmersName.test(key) ? key : '(name withheld)';
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** zod's findings in our codes and words: zod's own messages may quote names and expected values. */
export function fromZod(error: z.ZodError, input: unknown): Issue[] {
  return error.issues.flatMap((found) => {
    const code = codeOf(found, at(input, found.path) === undefined);
    if (found.code !== 'unrecognized_keys') return [issue(found.path, code)];
    return found.keys.map((key) => issue([...found.path, key], code));
  });
}

function codeOf(found: z.core.$ZodIssue, missing: boolean): IssueCode {
  switch (found.code) {
    case 'unrecognized_keys':
    case 'invalid_key':
      return 'unknown_field';
    case 'invalid_type':
      return missing ? 'required' : 'type';
    case 'invalid_value':
      return missing ? 'required' : 'value';
    case 'too_big':
    case 'too_small':
      return found.origin === 'number' || found.origin === 'int' ? 'range' : 'length';
    case 'custom': {
      const code: unknown = found.params?.['code'];
      return issueCodes.find((known) => known === code) ?? 'format';
    }
    default:
      return missing ? 'required' : 'format';
  }
}

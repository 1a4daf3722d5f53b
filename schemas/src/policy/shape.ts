import type { z } from 'zod';
import { property } from './clause-of.ts';
import { found, type FindingCode, type Found } from './findings.ts';
import type { Path } from './places.ts';

/** What zod says of a file's shape, in the words of the check. `content` is what it looked at. Pure. */
export function shapeFindings(error: z.ZodError, content: unknown): Found[] {
  return error.issues.flatMap((issue): Found[] => {
    const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => found('unknown-key', ...path, key));
    return [found(codeOf(issue, path, valueAt(content, path)), ...path)];
  });
}

/** What is missing, or empty, at these places has a name of its own. */
const missing: readonly (readonly [RegExp, FindingCode])[] = [
  [/(^|\.)ja$/, 'no-japanese'],
  [/(^|\.)en$/, 'no-english'],
  [/^clauses\.[^.]+$/, 'missing-clause'],
  [/\.uses$/, 'category-without-purpose'],
  [/\.uses\.\d+\.rule$/, 'purpose-without-end'],
  [/^retention\.[^.]+\.period$/, 'purpose-without-end'],
  [/^quarantine(\.period)?$/, 'quarantine-without-end'],
  [/^floors\.[^.]+\.law$/, 'floor-without-law'],
  [/^rights\.[^.]+\.clock$|^clocks\.answer$/, 'right-without-clock'],
  [/^categories\.[^.]+$/, 'field-without-purpose'],
];

function codeOf(issue: z.core.$ZodIssue, path: Path, value: unknown): FindingCode {
  const isMissing = value === undefined || value === null || value === '' || isEmptyList(value);
  const place = path.join('.');
  const named = isMissing ? missing.find(([pattern]) => pattern.test(place)) : undefined;
  if (named !== undefined) return named[1];
  if (issue.code === 'custom') return 'bad-period';
  if (issue.code === 'invalid_format' && issue.format === 'date') return 'bad-date';
  if (issue.code === 'invalid_value' && value !== undefined) return 'unknown-name';
  return 'wrong-shape';
}

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => property(value, key), content);
}

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { KeiroError } from '@keiro/runtime/errors';
import { fieldChangesSchema, type FieldChange } from '@keiro/schemas';
import { z } from 'zod';

/**
 * R2, R3: fields and what they have to be, from a file or from standard input and never from the command line, which
 * everybody on the machine can read. Errors say which entry is wrong, never what it says.
 */
export async function readChanges(file: string): Promise<FieldChange[]> {
  return parseChanges(file === '-' ? await text(process.stdin) : await readFile(file, 'utf8'));
}

/** Pure. */
export function parseChanges(json: string): FieldChange[] {
  const wanted = 'changes are a JSON object of field names and what each has to be, e.g. {"company": "…"}';
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // The parser's own message repeats the text.
    throw new KeiroError('invalid-changes', `this is no JSON: ${wanted}`, { retryable: false });
  }
  const object = z.record(z.string(), z.unknown()).safeParse(parsed);
  if (!object.success) throw new KeiroError('invalid-changes', wanted, { retryable: false });
  const changes = fieldChangesSchema.safeParse(
    Object.entries(object.data).map(([field, value]) => ({ field, value })),
  );
  if (changes.success) return changes.data;
  const entries = changes.error.issues.map(({ path: [index] }) =>
    typeof index === 'number' ? `entry ${String(index + 1)}` : 'the whole',
  );
  throw new KeiroError('invalid-changes', `${[...new Set(entries)].join(', ')}: ${wanted}`, {
    retryable: false,
  });
}

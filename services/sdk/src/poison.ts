import type { PoisonError } from '@keiro/runtime';
import { quarantineReasons, type QuarantineReason } from '@keiro/schemas';
import type { z } from 'zod';

/** Why and in which words a message that could not be decoded is set aside. */
export function refusalOf(error: PoisonError): {
  readonly reason: QuarantineReason;
  readonly detail: string;
} {
  return {
    reason: quarantineReasons.find((known) => known === error.code) ?? 'unreadable',
    detail: error.message,
  };
}

/** Paths and codes of what does not fit a schema, for a detail: zod's own messages may quote names that a stranger made up. */
export function misfits(error: z.ZodError): string {
  const fields = error.issues.map(
    ({ code, path }) => `${path.length === 0 ? '(value)' : path.map(String).join('.')} ${code}`,
  );
  return [...new Set(fields)].slice(0, 8).join(', ');
}

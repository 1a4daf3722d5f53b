import type { FieldIssue } from '@keiro/runtime';
import type { z } from 'zod';
import { holderSchema, type Holder } from '@keiro/schemas';

/** What a file of holders says, or every fault that it has. */
export type Register = { readonly holders: readonly Holder[] } | { readonly findings: readonly string[] };

/** What the policy in force knows. */
export interface RegisterPolicy {
  readonly bases: ReadonlySet<string>;
  readonly purposes: ReadonlySet<string>;
}

/**
 * Checks a register of holders: shape of each, ids told apart, bases and purposes that the policy knows, and
 * that a DR site replicates stores that are registered (T1–T3). `known` are the holders that are in the store
 * already. Findings name the holder's place and field. Pure.
 */
export function checkRegister(
  content: unknown,
  policy: RegisterPolicy,
  known: ReadonlySet<string> = new Set(),
): Register {
  if (!Array.isArray(content)) return { findings: ['(file): is not a list of holders'] };
  const findings: string[] = [];
  const holders: { holder: Holder; place: string }[] = [];
  for (const [position, one] of (content as unknown[]).entries()) {
    const place = placeOf(one, position);
    const parsed = holderSchema.safeParse(one);
    if (parsed.success) holders.push({ holder: parsed.data, place });
    else findings.push(...shapeFindings(parsed.error, place));
  }

  // Also those whose shape is wrong count as there: one fault is told once.
  const ids = (content as unknown[]).map(idOf);
  const there = new Set([...known, ...ids.filter((id) => typeof id === 'string')]);
  for (const { holder, place } of holders) {
    if (ids.filter((id) => id === holder.id).length > 1) findings.push(`${place}.id: is used more than once`);
    for (const { field, message } of holderIssues(holder, policy, there))
      findings.push(`${place}.${field}: ${message}`);
  }
  return findings.length > 0 ? { findings } : { holders: holders.map(({ holder }) => holder) };
}

/** What the shape of one holder alone can't say. `known` are the holders that are there, itself among them. Pure. */
export function holderIssues(
  holder: Holder,
  policy: RegisterPolicy,
  known: ReadonlySet<string>,
): FieldIssue[] {
  const { basis, kind, purposes, replicates = [], operator } = holder;
  const issue = (field: string, message: string): FieldIssue => ({ field, code: 'value', message });
  return [
    ...(basis !== 'own' && !policy.bases.has(basis)
      ? [issue('basis', 'is neither "own" nor a basis of the policy')]
      : []),
    ...(basis === 'own' && !ownable.has(kind)
      ? [issue('basis', '"own" is not for this kind of holder')]
      : []),
    ...purposes.flatMap((purpose, position) =>
      policy.purposes.has(purpose)
        ? []
        : [issue(`purposes.${String(position)}`, 'is not a purpose of the policy')],
    ),
    ...(kind === 'dr-site' && replicates.length === 0
      ? [issue('replicates', 'a DR site names its stores')]
      : []),
    ...(kind === 'dr-site' && operator === undefined
      ? [issue('operator', 'a DR site says who runs it: own-branch, affiliate or cloud')]
      : []),
    ...replicates.flatMap((store, position) =>
      known.has(store) ? [] : [issue(`replicates.${String(position)}`, 'is not a registered holder')],
    ),
  ];
}

/** What can be ours: a DR site may be run by a branch of our own (T3). */
const ownable: ReadonlySet<string> = new Set(['store', 'dr-site']);

function shapeFindings(error: z.ZodError, place: string): string[] {
  return error.issues.map(({ path, message }) => {
    const field = path.map(String).join('.');
    return `${place}${field === '' ? '' : `.${field}`}: ${message}`;
  });
}

function idOf(one: unknown): unknown {
  return (one as { id?: unknown } | null)?.id;
}

/** `3 (crm)`: position in the file and, where there is one, the id. */
function placeOf(one: unknown, position: number): string {
  const id = idOf(one);
  return typeof id === 'string' && /^[a-z0-9-]{1,64}$/.test(id)
    ? `${String(position)} (${id})`
    : String(position);
}

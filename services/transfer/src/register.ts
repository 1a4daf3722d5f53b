import type { z } from 'zod';
import { holderSchema, type Holder } from '@keiro/schemas';

/** What a file of holders says, or every fault that it has. */
export type Register = { readonly holders: readonly Holder[] } | { readonly findings: readonly string[] };

/**
 * Checks a register of holders: shape of each, ids told apart, bases and purposes that the policy knows, and
 * that a DR site replicates stores that are registered (T1–T3). `known` are the holders that are in the store
 * already. Findings name the holder's place and field. Pure.
 */
export function checkRegister(
  content: unknown,
  policy: { readonly bases: ReadonlySet<string>; readonly purposes: ReadonlySet<string> },
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
  const there = new Set([...known, ...ids]);
  for (const { holder, place } of holders) {
    const tell = (field: string, what: string) => findings.push(`${place}.${field}: ${what}`);
    if (ids.filter((id) => id === holder.id).length > 1) tell('id', 'is used more than once');
    if (holder.basis !== 'own' && !policy.bases.has(holder.basis))
      tell('basis', 'is neither "own" nor a basis of the policy');
    if (holder.basis === 'own' && !ownable.has(holder.kind))
      tell('basis', `"own" is not for a ${holder.kind}`);
    for (const [position, purpose] of holder.purposes.entries()) {
      if (!policy.purposes.has(purpose))
        tell(`purposes.${String(position)}`, 'is not a purpose of the policy');
    }
    if (holder.kind === 'dr-site' && (holder.replicates ?? []).length === 0)
      tell('replicates', 'a DR site names its stores');
    for (const [position, store] of (holder.replicates ?? []).entries()) {
      if (!there.has(store)) tell(`replicates.${String(position)}`, 'is not a registered holder');
    }
  }
  return findings.length > 0 ? { findings } : { holders: holders.map(({ holder }) => holder) };
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

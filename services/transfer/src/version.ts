import { hash } from 'node:crypto';
import type { Holder, HolderVersionDocument } from '@keiro/schemas';

/** The version that says this of a holder: the last one where it says the same already, else the one after. Pure. */
export function versionSaying(
  holder: Holder,
  last: HolderVersionDocument | undefined,
  by: string,
  at: Date,
): HolderVersionDocument {
  const digest = hash('sha256', canonical(holder), 'base64url');
  if (last?.digest === digest) return last;
  const version = (last?.version ?? 0) + 1;
  return {
    _id: `${holder.id}|${String(version)}`,
    holder: holder.id,
    version,
    at,
    by,
    digest,
    changed: changedIn(holder, last?.content),
    content: holder,
  };
}

/** Names of the parts that differ, sorted. */
function changedIn(holder: Holder, before: Holder | undefined): string[] {
  const parts = (one: Holder | undefined) =>
    new Map(Object.entries(one ?? {}).map(([name, part]) => [name, canonical(part)]));
  const [now, was] = [parts(holder), parts(before)];
  return [...new Set([...now.keys(), ...was.keys()])]
    .filter((name) => now.get(name) !== was.get(name))
    .sort();
}

/** The same text whatever the order of keys, which a store may change. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part !== 'object' || part === null || Array.isArray(part)
      ? part
      : Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

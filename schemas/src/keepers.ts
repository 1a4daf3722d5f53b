import type { ConnectorConfig, Holder } from './holders.ts';

/* Who has to leave something for a law when a person is erased (R4), and who can be told to. */

type Keeper = Pick<Holder, 'id' | 'kind' | 'categories' | 'purposes' | 'keepsForLaw' | 'replicates'>;

/**
 * Who keeps a group for its floor. What the register says of a holder (`keepsForLaw`) counts. Where it says nothing, the
 * duty is that of our own stores which hold the category for a purpose of the group, and of no one else: a company that
 * delivers our mail has no books of ours to keep, and what a third party must keep is its own matter. A recovery site
 * keeps what a store keeps that replicates to it: it is there to bring that store back. Pure.
 */
export function keepersOf(
  group: { readonly group: string; readonly purposes: readonly string[] },
  holders: readonly Keeper[],
): readonly string[] {
  const keeps = (holder: Keeper): boolean => {
    if (holder.keepsForLaw !== undefined) return holder.keepsForLaw.includes(group.group);
    return (
      holder.kind === 'store' &&
      holder.categories.includes(group.group.slice(0, group.group.indexOf('.'))) &&
      holder.purposes.some((purpose) => group.purposes.includes(purpose))
    );
  };
  const own = new Set(holders.filter(keeps).map(({ id }) => id));
  const sites = holders.filter(
    ({ kind, keepsForLaw, replicates = [] }) =>
      kind === 'dr-site' && keepsForLaw === undefined && replicates.some((store) => own.has(store)),
  );
  return [...own, ...sites.map(({ id }) => id)].sort();
}

/**
 * Whether a holder can be told to leave these fields and erase the rest: it has said which of its columns, hashes or
 * objects hold one of them, or can be asked in words. Erasing what it has to keep would be worse than not erasing, so
 * where it can't, a person has to see to it. Pure.
 */
export function canKeep(config: ConnectorConfig, fields: readonly string[]): boolean {
  const maps = (names: Readonly<Record<string, unknown>> = {}) =>
    fields.some((field) => Object.hasOwn(names, field));
  switch (config.kind) {
    case 'mongodb':
      return config.collections.some((one) => maps(one.fields));
    case 'postgresql':
      return config.tables.some((one) => maps(one.fields));
    case 'redis':
      return maps(config.fields);
    case 's3':
      return config.keys.some(({ holds = [] }) => holds.some((field) => fields.includes(field)));
    case 'composite':
      return config.parts.some(({ connector }) => canKeep(connector, fields));
    case 'directive':
    case 'by-hand':
      return true;
    // OpenDSR and Analytics know whole erasures alone.
    case 'http':
    case 'google-analytics':
      return false;
  }
}

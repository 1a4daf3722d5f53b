import type { Holder } from '@keiro/schemas';

/**
 * R6: who counts as a third party towards whom use can be denied. What processors and the recovery site hold is
 * entrusted to them, and our own stores are ours: that is what R5 stops.
 */
const deniableKinds: readonly Holder['kind'][] = ['third-party', 'joint-user', 'analytics'];

export const isDeniable = ({ kind }: Partial<Pick<Holder, 'kind'>>): boolean =>
  kind !== undefined && deniableKinds.includes(kind);

/** Ids that a list of recipients stands for: `all` is every third party of the register, and itself for those to come. */
export function recipientsOf(
  asked: readonly string[],
  holders: readonly (Pick<Holder, 'id'> & Partial<Pick<Holder, 'kind'>>)[],
): string[] {
  const known = holders.filter(isDeniable).map(({ id }) => id);
  return asked.includes('all') ? ['all', ...known.sort()] : [...new Set(asked)].sort();
}

import type {
  HolderDocument,
  LineageConsent,
  LineageHolder,
  LineageRecord,
  LineageRequest,
  LineageTransfer,
  SnapshotDocument,
} from '@keiro/schemas';
import type { CopyTotal, SiteTotal } from './custody.ts';

/**
 * Every transfer out of our own stores, by holder (T0). It counts what went, not what is still there: a copy that
 * was removed since was transferred all the same. Pure.
 */
export function transfersOf(loaded: {
  readonly copyTotals: readonly CopyTotal[];
  readonly siteTotals: readonly SiteTotal[];
  readonly snapshots: readonly SnapshotDocument[];
  readonly holders: readonly HolderDocument[];
}): LineageTransfer[] {
  const register = new Map(loaded.holders.map((holder) => [holder.id, holder]));
  const transfers = new Map<string, LineageTransfer>();
  const add = (holder: string, records: number, first: Date, last: Date) => {
    const known = register.get(holder);
    if (known?.kind === 'store' && known.basis === 'own') return;
    const before = transfers.get(holder);
    transfers.set(holder, {
      holder,
      basis: known?.basis ?? 'unknown',
      country: known?.country ?? 'unknown',
      // A site may report copies itself beside its snapshots: the same records, so the larger number counts.
      records: Math.max(records, before?.records ?? 0),
      first: earlier(first.toISOString(), before?.first),
      last: later(last.toISOString(), before?.last),
    });
  };
  for (const { holder, action, records, first, last } of loaded.copyTotals) {
    if (action === 'held') add(holder, records, first, last);
  }
  for (const { site, records, first } of loaded.siteTotals) {
    const taken = loaded.snapshots
      .filter((one) => one.holder === site && one.watermark >= first)
      .map((one) => one.takenAt.getTime());
    if (taken.length > 0) add(site, records, new Date(minimum(taken)), new Date(maximum(taken)));
  }
  return [...transfers.values()].sort((a, b) => (a.holder < b.holder ? -1 : 1));
}

const earlier = (a: string, b: string | undefined) => (b === undefined || a < b ? a : b);
const later = (a: string, b: string | undefined) => (b === undefined || a > b ? a : b);
// Spreading thousands of numbers into Math.min overflows the stack.
const minimum = (numbers: readonly number[]) => numbers.reduce((best, n) => Math.min(best, n), Infinity);
const maximum = (numbers: readonly number[]) => numbers.reduce((best, n) => Math.max(best, n), -Infinity);

/** The holders that an answer names, also those that report without being registered. Pure. */
export function holdersOf(
  registered: readonly HolderDocument[],
  records: readonly LineageRecord[],
  transfers: readonly LineageTransfer[],
  requests: readonly LineageRequest[],
  consents: readonly LineageConsent[],
): LineageHolder[] {
  const named = new Set<string>([
    ...records.flatMap(({ copies }) =>
      copies.flatMap((copy) => [copy.holder, copy.derivedFrom?.store ?? copy.holder]),
    ),
    ...transfers.map(({ holder }) => holder),
    ...consents.filter(({ to }) => to === 'recipient').map(({ id }) => id),
    ...requests.flatMap(({ tasks }) => tasks.map(({ holder }) => holder)),
  ]);
  const register = new Map(registered.map((holder) => [holder.id, holder]));
  return [...named].sort().map((id) => {
    const known = register.get(id);
    return known === undefined
      ? { id, name: { ja: id, en: id }, country: 'unknown', basis: 'unknown' }
      : { id, kind: known.kind, name: { ...known.name }, country: known.country, basis: known.basis };
  });
}

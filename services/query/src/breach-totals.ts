import type { RecordDocument } from '@keiro/schemas';
import type { Exposure } from './breach-exposure.ts';
import { addRecord, emptyCount, increment, type Counted } from './breach-tally.ts';

/** All that a pass over the records of a breach counts. */
export interface BreachTotals {
  readonly exposed: Counted;
  readonly excluded: Counted;
  readonly tenants: Map<string, Counted>;
  /** Records by holder or topic. */
  readonly places: Map<string, number>;
  /** Records by id of the snapshot. */
  readonly snapshots: Map<string, number>;
  /** Reports of copies whose record is not tagged yet. */
  untagged: number;
}

export const emptyTotals = (): BreachTotals => ({
  exposed: emptyCount(),
  excluded: emptyCount(),
  tenants: new Map(),
  places: new Map(),
  snapshots: new Map(),
  untagged: 0,
});

export type ExposedRecord = Pick<RecordDocument, 'ref' | 'category' | 'sensitive' | 'scope'>;

/**
 * Counts one record where it belongs: a tenant's apart; what lay in sealed topics alone, the keys untouched, among the
 * excluded; else among the exposed, with the field groups that were readable.
 */
export function addExposure(
  totals: BreachTotals,
  record: ExposedRecord,
  { at, snapshots }: Exposure,
  isSealed: (place: string) => boolean,
): void {
  for (const place of at.keys()) increment(totals.places, place);
  for (const { _id } of snapshots) increment(totals.snapshots, _id);
  const readable = [...at].filter(([place]) => !isSealed(place));
  const groups = new Set((readable.length > 0 ? readable : [...at]).flatMap(([, own]) => own));
  if (readable.length === 0) addRecord(totals.excluded, record, groups);
  else if (record.scope.kind === 'entrusted')
    addRecord(countOf(totals.tenants, record.scope.tenant), record, groups);
  else addRecord(totals.exposed, record, groups);
}

function countOf(tenants: Map<string, Counted>, tenant: string): Counted {
  const counted = tenants.get(tenant) ?? emptyCount();
  tenants.set(tenant, counted);
  return counted;
}

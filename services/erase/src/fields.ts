import type { ExportedItem, FieldChange } from '@keiro/schemas';
import { ConnectorError, type Connector, type Work } from './connectors/connector.ts';

/*
 * R1 to R3 at one holder, whatever its kind. Values are in clear in memory alone: what is kept of either is counts and
 * names of fields and places.
 */

export interface CorrectionReceipt {
  /** Rows that were changed; each was read back. */
  readonly changed: number;
  /** Said where the holder has no place for some or all of the fields; shown, never hidden. */
  readonly unsupported?: string;
}

/**
 * Sets fields of the person's rows at a holder. Throws {@link ConnectorError} `still-differs`, which can be tried again,
 * where a row holds something else when it is read back.
 */
export async function correctAt(
  connector: Connector,
  work: Work,
  changes: readonly FieldChange[],
  onReadBack: (differing: number) => void = () => undefined,
): Promise<CorrectionReceipt> {
  const { changed, differing, missing } = await connector.correct(work, changes);
  onReadBack(differing);
  if (differing > 0)
    throw new ConnectorError('still-differs', `read back, ${String(differing)} hold something else`);
  return { changed, ...(missing.length === 0 ? {} : { unsupported: `no place for ${missing.join(', ')}` }) };
}

export interface ExportReceipt {
  readonly items: number;
  /** Where the holder, or a part of it, can't say what it has: once each. */
  readonly unsupported: readonly string[];
}

/**
 * Hands over all that a holder has of the person, a chunk at a time: the next is read when `take` has taken the one
 * before, so that as much is in memory for a person of 100,000 rows as for one of 200.
 */
export async function exportFrom(
  connector: Connector,
  work: Work,
  take: (items: readonly ExportedItem[]) => Promise<void>,
): Promise<ExportReceipt> {
  let sum = 0;
  const reasons = new Set<string>();
  for await (const { items, unsupported } of connector.export(work)) {
    if (unsupported !== undefined) reasons.add(unsupported);
    if (items.length > 0) await take(items);
    sum += items.length;
  }
  return { items: sum, unsupported: [...reasons] };
}

import type { SnapshotDocument } from '@keiro/schemas';
import { groupBy } from '@keiro/runtime/group-by';

/** Snapshots of one store at one site, of one kind, by watermark. */
export interface SnapshotSeries {
  readonly holder: string;
  readonly store: string;
  /** A replica, of which only the newest state exists; otherwise images that exist side by side. */
  readonly mutable: boolean;
  readonly snapshots: readonly SnapshotDocument[];
}

/** Sorts snapshots into series, so that a record's can be found without looking at all of them. Pure. */
export function toSeries(snapshots: readonly SnapshotDocument[]): SnapshotSeries[] {
  const groups = groupBy(snapshots, (one) => `${one.holder}|${one.store}|${String(one.mutable)}`);
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, members]) => {
      const [first] = members;
      if (first === undefined) return [];
      const { holder, store, mutable } = first;
      const sorted = members.toSorted((a, b) => a.watermark.getTime() - b.watermark.getTime());
      return [{ holder, store, mutable, snapshots: sorted }];
    });
}

/**
 * The snapshots that took a row which the store had from `heldAt` until `goneAt` (for ever, when absent):
 * those with `heldAt` <= watermark < `goneAt`, found by bisection.
 */
export function snapshotsWith(
  series: SnapshotSeries,
  heldAt: Date,
  goneAt?: Date,
): readonly SnapshotDocument[] {
  const from = positionOf(series, heldAt);
  const to = goneAt === undefined ? series.snapshots.length : positionOf(series, goneAt);
  return from >= to
    ? []
    : series.mutable
      ? series.snapshots.slice(to - 1, to)
      : series.snapshots.slice(from, to);
}

/** Position of the first snapshot whose watermark is at or after an instant. */
function positionOf({ snapshots }: SnapshotSeries, instant: Date): number {
  let low = 0;
  let high = snapshots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = snapshots[middle];
    if (one !== undefined && one.watermark < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

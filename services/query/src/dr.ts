import type { DrAnswer, HolderDocument, Outlived, SnapshotDocument, StoreAtSite } from '@keiro/schemas';
import { derived, provenGone, type Erasure } from './copies.ts';
import { snapshotsWith, toSeries, type SnapshotSeries } from './snapshots.ts';

/** T3: every site with the stores that replicate to it, or of which it has reported snapshots. Pure. */
export function sitesOf(
  holders: readonly HolderDocument[],
  snapshots: readonly SnapshotDocument[],
  now: Date,
): DrAnswer['sites'] {
  const series = toSeries(snapshots);
  return holders
    .filter(({ id, kind }) => kind === 'dr-site' || series.some(({ holder }) => holder === id))
    .map(({ id, name, country, basis, abroad, replicates = [] }) => {
      const own = series.filter(({ holder }) => holder === id);
      const stores = [...new Set([...replicates, ...own.map(({ store }) => store)])].sort();
      return {
        holder: id,
        name: { ...name },
        country,
        basis,
        ...(abroad === undefined ? {} : { abroad: abroad.basis }),
        stores: stores.map((store) =>
          storeAt(
            store,
            own.filter((one) => one.store === store),
            now,
          ),
        ),
      };
    });
}

function storeAt(store: string, series: readonly SnapshotSeries[], now: Date): StoreAtSite {
  const newest = series
    .flatMap(({ snapshots }) => snapshots.slice(-1))
    .toSorted((a, b) => a.watermark.getTime() - b.watermark.getTime())
    .at(-1);
  const alive = series.flatMap((one) => existing(one, now));
  const [next] = alive
    .flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]))
    .toSorted((a, b) => a.getTime() - b.getTime());
  return {
    store,
    ...(newest === undefined
      ? {}
      : {
          newest: {
            snapshot: newest.snapshot,
            watermark: newest.watermark.toISOString(),
            takenAt: newest.takenAt.toISOString(),
            mutable: newest.mutable,
            rows: newest.rows,
          },
          lagSeconds: Math.max(0, Math.round((now.getTime() - newest.watermark.getTime()) / 1000)),
        }),
    alive: alive.length,
    immutable: alive.filter(({ mutable }) => !mutable).length,
    ...(next === undefined ? {} : { nextExpiry: next.toISOString() }),
  };
}

/** Images that have not expired; of a replica its newest state. */
function existing({ mutable, snapshots }: SnapshotSeries, now: Date): readonly SnapshotDocument[] {
  return (mutable ? snapshots.slice(-1) : snapshots).filter(
    ({ expiresAt }) => expiresAt === undefined || expiresAt > now,
  );
}

/** A deletion that is done, with what each holder answered. */
export interface DoneDeletion extends Erasure {
  readonly request: string;
  readonly doneAt: Date;
}

/**
 * Snapshots that still hold what the deletion erased (invariant 5). A store that reported no copy and removed
 * nothing held nothing.
 *
 * @param heldSince since when a store had reported its first copy of the person
 */
export function outlivedBy(
  deletion: DoneDeletion,
  series: readonly SnapshotSeries[],
  heldSince: (store: string) => Date | undefined,
  now: Date,
): Outlived[] {
  return series.flatMap((one) => {
    const task = deletion.tasks.get(one.store);
    const goneAt = provenGone(task);
    const heldAt = heldSince(one.store) ?? ((task?.receipt?.affected ?? 0) > 0 ? new Date(0) : undefined);
    if (goneAt === undefined || heldAt === undefined) return [];
    const copy = derived(one, { heldAt, goneAt }, deletion, now);
    if (copy?.derivedFrom === undefined || (copy.state !== 'held' && copy.state !== 'erasing')) return [];
    const taken = snapshotsWith(one, heldAt, goneAt);
    return [
      {
        request: deletion.request,
        doneAt: deletion.doneAt.toISOString(),
        holder: one.holder,
        store: one.store,
        mutable: one.mutable,
        snapshots: existing({ ...one, snapshots: taken }, now).length,
        snapshot: copy.derivedFrom.snapshot,
        ...(copy.until === undefined ? {} : { until: copy.until }),
      },
    ];
  });
}

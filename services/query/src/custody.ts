import type { CopyDocument, SnapshotDocument } from '@keiro/schemas';
import { groupBy } from '@keiro/runtime/group-by';
import { toSeries } from './snapshots.ts';

/** Facts about all records of a person, counted by holder and action. */
export interface CopyTotal {
  readonly holder: string;
  readonly action: CopyDocument['action'];
  readonly records: number;
  readonly first: Date;
  readonly last: Date;
}

/** How many of a person's records a site's snapshots took, and since when a store had the first of them. */
export interface SiteTotal {
  readonly site: string;
  readonly records: number;
  readonly first: Date;
}

export interface Custody {
  /** Facts about the records of the page. */
  readonly copies: readonly CopyDocument[];
  readonly copyTotals: readonly CopyTotal[];
  readonly siteTotals: readonly SiteTotal[];
}

/** Reads all custody facts of a person once: keeps those of the page, counts the others. */
export async function custodyOf(
  facts: AsyncIterable<CopyDocument> | Iterable<CopyDocument>,
  page: ReadonlySet<string>,
  snapshots: readonly SnapshotDocument[],
): Promise<Custody> {
  const copies: CopyDocument[] = [];
  const totals = new Map<string, CopyTotal>();
  const sites = sitesOf(snapshots);
  const atSite = new Map<string, { records: Set<string>; first: Date }>();
  for await (const fact of facts) {
    if (page.has(fact.record)) copies.push(fact);
    const key = `${fact.holder}|${fact.action}`;
    totals.set(key, added(totals.get(key), fact));
    if (fact.action !== 'held') continue;
    for (const { site, watermark } of sites.get(fact.holder) ?? []) {
      if (fact.at > watermark) continue;
      const there = atSite.get(site) ?? { records: new Set(), first: fact.at };
      there.records.add(fact.record);
      atSite.set(site, { records: there.records, first: fact.at < there.first ? fact.at : there.first });
    }
  }
  return {
    copies,
    copyTotals: [...totals.values()],
    siteTotals: [...atSite].map(([site, { records, first }]) => ({ site, records: records.size, first })),
  };
}

function added(total: CopyTotal | undefined, { holder, action, at }: CopyDocument): CopyTotal {
  if (total === undefined) return { holder, action, records: 1, first: at, last: at };
  return {
    holder,
    action,
    records: total.records + 1,
    first: at < total.first ? at : total.first,
    last: at > total.last ? at : total.last,
  };
}

/** By store: the sites that it was taken to, and up to when. */
function sitesOf(snapshots: readonly SnapshotDocument[]): Map<string, { site: string; watermark: Date }[]> {
  const newest = toSeries(snapshots).flatMap(({ holder, store, snapshots: all }) => {
    const last = all.at(-1);
    return last === undefined ? [] : [{ site: holder, store, watermark: last.watermark }];
  });
  return groupBy(newest, ({ store }) => store);
}

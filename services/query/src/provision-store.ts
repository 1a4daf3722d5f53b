import type { ProvisionDocument, ProvisionSeriesDocument, Ref } from '@keiro/schemas';
import type { Db } from 'mongodb';

/** Records with the last provision of each contract or batch that they belong to. */
export interface KeptProvisions {
  readonly provisions: readonly ProvisionDocument[];
  readonly lastAt: ReadonlyMap<string, Date>;
}

/** Which part of a span of time is wanted. */
export interface ExportPart {
  readonly from: Date;
  readonly to: Date;
  /** Recorded by then: what comes in meanwhile shifts no page. */
  readonly recordedBy: Date;
  /** How many of the instant `from` were told before. */
  readonly skip: number;
  readonly limit: number;
}

/** Reads records of provision; `transfer` writes them. */
export type ProvisionReader = ReturnType<typeof createProvisionStore>;

export function createProvisionStore(db: Db) {
  const provisions = db.collection<ProvisionDocument>('provisions');
  const series = db.collection<ProvisionSeriesDocument>('provisionSeries');

  async function withSeries(found: readonly ProvisionDocument[]): Promise<KeptProvisions> {
    const ids = [...new Set(found.flatMap((one) => one.series ?? []))];
    const last = ids.length === 0 ? [] : await series.find({ _id: { $in: ids } }).toArray();
    return { provisions: found, lastAt: new Map(last.map(({ _id, lastAt }) => [_id, lastAt])) };
  }
  const span = ({ from, to, recordedBy }: Omit<ExportPart, 'skip' | 'limit'>) => ({
    at: { $gte: from, $lt: to },
    recordedAt: { $lte: recordedBy },
  });

  return {
    /** Of one person, newest first. */
    async ofRefs(refs: readonly Ref[]): Promise<KeptProvisions> {
      if (refs.length === 0) return { provisions: [], lastAt: new Map() };
      const found = await provisions.find({ refs: { $in: [...refs] } }).toArray();
      return withSeries(found.toSorted((a, b) => b.at.getTime() - a.at.getTime()));
    },

    count: (of: Omit<ExportPart, 'skip' | 'limit'>) => provisions.countDocuments(span(of)),

    async part({ skip, limit, ...of }: ExportPart): Promise<KeptProvisions> {
      const found = provisions.find(span(of)).sort({ at: 1, _id: 1 }).skip(skip).limit(limit);
      return withSeries(await found.toArray());
    },
  };
}

import { insertNew, toAuditDocument } from '@keiro/runtime';
import type { AuditDocument, AuditEntry, ProvisionDocument, ProvisionSeriesDocument } from '@keiro/schemas';
import type { Db } from 'mongodb';

/** Records of provision, of which `transfer` is the owner (APPI 29 to 31). */
export interface ProvisionStore {
  find(ids: readonly string[]): Promise<ReadonlyMap<string, ProvisionDocument>>;
  /** Inserts those that are new, and moves the end of what is kept with them. */
  insert(documents: readonly ProvisionDocument[]): Promise<void>;
  /** Entries that are there already stay as they are. */
  audit(entries: readonly AuditEntry[]): Promise<void>;
}

export function openProvisionStore(db: Db): ProvisionStore {
  const provisions = db.collection<ProvisionDocument>('provisions');
  const series = db.collection<ProvisionSeriesDocument>('provisionSeries');
  return {
    async find(ids) {
      const found = await provisions.find({ _id: { $in: [...new Set(ids)] } }).toArray();
      return new Map(found.map((one) => [one._id, one]));
    },

    async insert(documents) {
      const last = lastOfEach(documents);
      // First: cut off in between, something is kept for longer than it has to be, and not for less.
      if (last.length > 0) {
        await series.bulkWrite(
          last.map(({ _id, kind, lastAt }) => ({
            updateOne: {
              filter: { _id },
              update: { $max: { lastAt }, $setOnInsert: { kind } },
              upsert: true,
            },
          })),
          { ordered: false },
        );
      }
      await insertNew(provisions, documents);
    },

    async audit(entries) {
      await insertNew(db.collection<AuditDocument>('audit'), entries.map(toAuditDocument));
    },
  };
}

/** The last provision of each contract or batch among these. Pure. */
export function lastOfEach(documents: readonly ProvisionDocument[]): ProvisionSeriesDocument[] {
  const last = new Map<string, ProvisionSeriesDocument>();
  for (const { series, keeping, at } of documents) {
    if (series === undefined || keeping.kind === 'single') continue;
    const before = last.get(series);
    if (before === undefined || before.lastAt < at)
      last.set(series, { _id: series, kind: keeping.kind, lastAt: at });
  }
  return [...last.values()];
}

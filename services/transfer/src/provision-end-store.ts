import { insertNew, toAuditDocument } from '@keiro/runtime';
import {
  keepingRuleOf,
  parseLifeKey,
  type AuditDocument,
  type KeepingRule,
  type ProvisionDocument,
  type ProvisionSeriesDocument,
} from '@keiro/schemas';
import type { Db, Filter } from 'mongodb';
import type { EndedProvision, ProvisionEndStore } from './provision-ends.ts';

type Cuts = Readonly<Record<KeepingRule, Date>>;
const seriesAtOnce = 100;

export function openProvisionEndStore(db: Db): ProvisionEndStore {
  const provisions = db.collection<ProvisionDocument>('provisions');
  const series = db.collection<ProvisionSeriesDocument>('provisionSeries');

  /** Nothing is handed over after it was recorded, so that the index on `at` narrows these too. */
  const some = async (filter: Filter<ProvisionDocument>, limit: number): Promise<EndedProvision[]> => {
    const found = await provisions
      .find(filter, { projection: { record: 1, keeping: 1, 'identity.key': 1 } })
      .sort({ at: 1 })
      .limit(limit)
      .toArray();
    return found.map((one) => ({
      _id: one._id,
      rule: keepingRuleOf(one),
      ...(one.identity === undefined ? {} : { key: one.identity.key }),
    }));
  };

  async function endedSeries(cuts: Cuts): Promise<ProvisionSeriesDocument[]> {
    const over = await Promise.all(
      (['batch', 'contract'] as const).map((kind) =>
        series
          .find({ kind, lastAt: { $lte: cuts[kind] } })
          .limit(seriesAtOnce)
          .toArray(),
      ),
    );
    return over.flat();
  }

  return {
    async ended(cuts, limit) {
      const early = (cut: Date) => ({
        at: { $lte: new Date(cut.getTime() + aheadMs) },
        recordedAt: { $lte: cut },
      });
      const none = await some({ 'record.kind': 'none', ...early(cuts.none) }, limit);
      if (none.length > 0) return none;
      const isRecord = { 'record.kind': { $ne: 'none' as const } };
      const single = await some({ ...isRecord, 'keeping.kind': 'single', ...early(cuts.single) }, limit);
      if (single.length > 0) return single;
      for (const { _id, lastAt } of await endedSeries(cuts)) {
        const under = await some({ ...isRecord, at: { $lte: lastAt }, series: _id }, limit);
        if (under.length > 0) return under;
      }
      return [];
    },

    async stillNeeded(keys, besides) {
      if (keys.length === 0) return new Set();
      const refs = [...new Set(keys.map((key) => parseLifeKey(key.slice(0, key.indexOf('|'))).ref))];
      const others = await provisions
        .find(
          { refs: { $in: refs }, 'identity.key': { $in: [...keys] }, _id: { $nin: [...besides] } },
          { projection: { 'identity.key': 1 } },
        )
        .toArray();
      return new Set(others.flatMap(({ identity }) => identity?.key ?? []));
    },

    async remove(ids) {
      return (await provisions.deleteMany({ _id: { $in: [...ids] } })).deletedCount;
    },

    async removeSeries(cuts) {
      for (const { _id, lastAt } of await endedSeries(cuts)) {
        const left = await provisions.findOne(
          { at: { $lte: lastAt }, series: _id },
          { projection: { _id: 1 } },
        );
        // What was handed over under it meanwhile has moved it on, and keeps it.
        if (left === null) await series.deleteOne({ _id, lastAt });
      }
    },

    async audit(entries) {
      await insertNew(db.collection<AuditDocument>('audit'), entries.map(toAuditDocument));
    },
  };
}

/** By how much a caller's clock was ahead at most, with room to spare. */
const aheadMs = 3_600_000;

import { countHoldings } from '@keiro/runtime';
import {
  quarantineAddress,
  type CopyDocument,
  type QuarantineAnswer,
  type QuarantineDocument,
  type QuarantineReason,
  type QuarantineState,
  type QueryStatus,
  type TotalsAnswer,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import { loadReaders, undeclaredOf } from './readers.ts';

/** Counts over whole collections: for reconciling and for operators, not for one person's lineage. */
export type Counts = ReturnType<typeof createCounts>;

interface QuarantineQuestion {
  readonly state: QuarantineState;
  readonly reason: QuarantineReason | undefined;
  readonly limit: number;
  /** What was set aside by then ends soon. */
  readonly soon: { readonly erased: Date; readonly others: Date };
}

interface Row<K> {
  readonly _id: K;
  readonly n: number;
}

export function createCounts(db: Db) {
  const grouped = <K>(collection: string, key: unknown) =>
    db
      .collection(collection)
      .aggregate<Row<K>>([{ $group: { _id: key, n: { $sum: 1 } } }])
      .toArray();
  const quarantine = db.collection<QuarantineDocument>('quarantine');

  return {
    async totals(): Promise<Omit<TotalsAnswer, 'asOf'>> {
      const [records, facts, quarantined, copies, requests, tasks] = await Promise.all([
        grouped<{ category: string; policy: string; source: string; kind: string }>('records', {
          category: '$category',
          policy: '$policy',
          source: '$source',
          // What kind of ref: the part before the dot.
          kind: { $arrayElemAt: [{ $split: ['$ref', '.'] }, 0] },
        }),
        grouped<string>('facts', '$kind'),
        quarantine
          .aggregate<Row<{ reason: string; by: string; state?: string }>>([
            // One that became a record is counted there, and must not be counted twice.
            { $match: { 'settled.became': { $ne: 'record' } } },
            {
              $group: {
                _id: { reason: '$reason', by: '$by', state: '$settled.state' },
                n: { $sum: 1 },
              },
            },
          ])
          .toArray(),
        grouped<{ holder: string; action: CopyDocument['action'] }>('copies', {
          holder: '$holder',
          action: '$action',
        }),
        grouped<string>('requests', '$state'),
        grouped<string>('tasks', '$state'),
      ]);
      const byHolder: Record<string, Record<string, number>> = {};
      for (const { _id, n } of copies) (byHolder[_id.holder] ??= {})[_id.action] = n;
      return {
        records: {
          total: sum(records),
          byCategory: fold(records, ({ category }) => category),
          byPolicy: fold(records, ({ policy }) => policy),
          bySource: fold(records, ({ source }) => source),
          unattributed: sum(records.filter(({ _id }) => _id.kind === 'unattributed')),
        },
        facts: { total: sum(facts), byKind: fold(facts, (kind) => kind) },
        quarantined: {
          total: sum(quarantined),
          byReason: fold(quarantined, ({ reason }) => reason),
          byWhom: fold(quarantined, ({ by }) => by),
          byState: fold(quarantined, ({ state }) => state ?? 'held'),
        },
        copies: byHolder,
        requests: fold(requests, (state) => state),
        tasks: fold(tasks, (state) => state),
      };
    },

    /** Counts of what is held by reason, and what is in one state one by one, newest first, without what is sealed. */
    async quarantine({
      state,
      reason,
      limit,
      soon,
    }: QuarantineQuestion): Promise<Omit<QuarantineAnswer, 'asOf'>> {
      const inState = state === 'held' ? { settled: { $exists: false } } : { 'settled.state': state };
      const [reasons, settled, endingSoon, items] = await Promise.all([
        quarantine
          .aggregate<{ _id: QuarantineDocument['reason']; n: number; oldest: Date }>([
            { $match: { settled: { $exists: false } } },
            { $group: { _id: '$reason', n: { $sum: 1 }, oldest: { $min: '$at' } } },
          ])
          .toArray(),
        quarantine
          .aggregate<Row<string>>([
            { $match: { settled: { $exists: true } } },
            { $group: { _id: '$settled.state', n: { $sum: 1 } } },
          ])
          .toArray(),
        quarantine.countDocuments({
          settled: { $exists: false },
          $or: [
            { reason: 'erased', at: { $lte: soon.erased } },
            { reason: { $ne: 'erased' }, at: { $lte: soon.others } },
          ],
        }),
        quarantine
          .find(
            { ...inState, ...(reason === undefined ? {} : { reason }) },
            { projection: { sealed: 0, audit: 0 } },
          )
          .sort({ at: -1, _id: -1 })
          .limit(limit)
          .toArray(),
      ]);
      const oldest = reasons.map((row) => row.oldest.toISOString()).toSorted()[0];
      return {
        total: sum(reasons),
        byReason: fold(reasons, (id) => id),
        settled: fold(settled, (id) => id),
        endingSoon,
        ...(oldest === undefined ? {} : { oldest }),
        items: items.map((item) => ({
          id: quarantineAddress(item._id),
          state: item.settled?.state ?? 'held',
          by: item.by,
          reason: item.reason,
          detail: item.detail,
          topic: item.topic,
          partition: item.partition,
          offset: item.offset,
          ...(item.type === undefined ? {} : { type: item.type }),
          ...(item.ref === undefined ? {} : { ref: item.ref }),
          ...(item.record === undefined ? {} : { record: item.record }),
          at: item.at.toISOString(),
        })),
      };
    },

    holdings: () => countHoldings(db),

    readersUndeclared: async () => undeclaredOf(await loadReaders(db)),

    /** From the collections' own metadata: cheap, and exact enough to see whether things move. */
    async stored(): Promise<QueryStatus['stored']> {
      const estimate = (name: string) => db.collection(name).estimatedDocumentCount();
      const [records, copies, quarantine, requests, tasks] = await Promise.all(
        ['records', 'copies', 'quarantine', 'requests', 'tasks'].map(estimate),
      );
      return {
        records: records ?? 0,
        copies: copies ?? 0,
        quarantine: quarantine ?? 0,
        requests: requests ?? 0,
        tasks: tasks ?? 0,
      };
    },
  };
}

const sum = (rows: readonly { n: number }[]) => rows.reduce((total, { n }) => total + n, 0);

function fold<K>(rows: readonly Row<K>[], keyOf: (key: K) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { _id, n } of rows) {
    const key = keyOf(_id);
    counts[key] = (counts[key] ?? 0) + n;
  }
  return counts;
}

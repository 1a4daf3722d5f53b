import { findMany, deleteMany, insertNew } from '@keiro/runtime';
import {
  daysLater,
  dueOn,
  type DueDocument,
  type FactDocument,
  type FactKind,
  type RecordDocument,
  type Ref,
  type RetentionForecast,
} from '@keiro/schemas';
import type { Db, Filter } from 'mongodb';
import { dueOf } from './follow.ts';

const closingKinds: readonly FactKind[] = [
  'account-closed',
  'contract-ended',
  'draw-or-delivery',
  'inquiry-closed',
];

/** What waits for its day. */
export interface DueStore {
  /** What is there already stays. */
  insert(due: readonly DueDocument[]): Promise<void>;
  /** Days up to this one, oldest first. */
  until(day: string, limit: number): Promise<DueDocument[]>;
  remove(ids: readonly string[]): Promise<void>;
  withClosingFacts(refs: readonly Ref[]): Promise<Ref[]>;
  /** Days, oldest first, each with how many records and persons are to be looked at, and what they wait for. */
  overview(until: string): Promise<DueDay[]>;
  /** What has no end yet, by category and what it waits for. Reads all records. */
  open(): Promise<RetentionForecast['open']>;
  /** Makes `due` of every record anew; answers how many records. */
  rebuild(today: string): Promise<number>;
}

export interface DueDay extends Pick<DueDocument, 'day' | 'wait' | 'holder'> {
  readonly records: number;
  readonly refs: number;
}

const rebuiltAtOnce = 1000;

export function openDueStore(db: Db): DueStore {
  const due = db.collection<DueDocument>('due');
  const upTo = (day: string): Filter<DueDocument> => ({ _id: { $lt: `${daysLater(day, 1)}|` } });

  async function insert(some: readonly DueDocument[]): Promise<void> {
    await insertNew(due, some);
  }

  return {
    insert,
    until: (day, limit) => due.find(upTo(day)).sort({ _id: 1 }).limit(limit).toArray(),
    remove: async (ids) => {
      await deleteMany(due, ids);
    },

    async withClosingFacts(refs) {
      const found = await findMany(db.collection<FactDocument>('facts'), 'ref', refs, { ref: 1, kind: 1 });
      return [...new Set(found.filter(({ kind }) => closingKinds.includes(kind)).map(({ ref }) => ref))];
    },

    async overview(until) {
      const groups = due.aggregate<{ _id: Omit<DueDay, 'records' | 'refs'>; records: number; refs: number }>([
        { $match: upTo(until) },
        {
          $group: {
            _id: { day: '$day', wait: '$wait', holder: '$holder' },
            records: { $sum: { $size: '$records' } },
            refs: { $sum: { $size: '$refs' } },
          },
        },
      ]);
      const days = (await groups.toArray()).map(({ _id: { day, wait, holder }, records, refs }) => ({
        day,
        records,
        refs,
        ...(typeof wait === 'string' ? { wait } : {}),
        ...(typeof holder === 'string' ? { holder } : {}),
      }));
      return days.sort((a, b) => (a.day < b.day ? -1 : 1));
    },

    async open() {
      const groups = db.collection<RecordDocument>('records').aggregate<{
        _id: { category: string; start: string };
        records: number;
      }>([{ $unwind: '$groups' }, { $match: { 'groups.end': { $exists: false } } }, { $group: { _id: { category: '$category', start: '$groups.start', record: '$_id' } } }, { $group: { _id: { category: '$_id.category', start: '$_id.start' }, records: { $sum: 1 } } }]);
      const found = (await groups.toArray()).map(({ _id: { category, start }, records }) => ({
        category,
        start,
        records,
      }));
      return found.sort((a, b) => (a.category + a.start < b.category + b.start ? -1 : 1));
    },

    async rebuild(today) {
      const records = db
        .collection<RecordDocument>('records')
        .find({}, { projection: { ref: 1, groups: 1 }, batchSize: rebuiltAtOnce });
      let count = 0;
      let some: Pick<RecordDocument, '_id' | 'ref' | 'groups'>[] = [];
      const put = async (): Promise<void> => {
        const parts = some.map(({ _id, groups }) => ({
          record: _id,
          groups: groups.map(({ end, cap }) => ({
            ...(end === undefined ? {} : { end: end.toISOString() }),
            ...(cap === undefined ? {} : { cap: cap.toISOString() }),
          })),
        }));
        // What a fact may have closed since is looked at now, and put where it belongs.
        const open = some.filter(({ groups }) => groups.some(({ end }) => end === undefined));
        await insert([...dueOf(parts, today), ...dueOn(today, { records: open.map(({ _id }) => _id) })]);
        count += some.length;
        some = [];
      };
      for await (const record of records) {
        some.push(record);
        if (some.length === rebuiltAtOnce) await put();
      }
      await put();
      return count;
    },
  };
}

import { createBatches, findMany, insertNew } from '@keiro/runtime';
import {
  dayInJapan,
  daysLater,
  dueDay,
  dueOn,
  type DueDocument,
  type Life,
  type RecordDocument,
  type Ref,
  type RequestDocument,
  type RestReceipt,
  type TaskDocument,
  type TaskKeep,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import { unmovedOf } from '../grown.ts';
import type { Narrowed } from './plan.ts';

/** Days after which a record whose floor has no known end is looked at again. */
const openAgainAfter = 30;

/** What floors read and change of lineage. Every change is the same the second time. */
export interface FloorStore {
  /** Of these lives, and of earlier ones of theirs none. */
  recordsOf(lives: readonly Life[]): Promise<RecordDocument[]>;
  /** Tells each holder what it leaves; those that are not named leave nothing. */
  tell(request: string, keep: ReadonlyMap<string, TaskKeep>): Promise<void>;
  /** Leaves of each record what is kept, and has it looked at when that ends. */
  narrow(request: string, records: readonly Narrowed[], at: Date): Promise<void>;
  /** Records of these lives of which a deletion still keeps something. */
  keptBy(request: string, lives: readonly Life[]): Promise<RecordDocument[]>;
  /** False when somebody else has changed it meanwhile. */
  update(
    request: RequestDocument,
    change: Pick<RequestDocument, 'rest'> &
      Pick<RequestDocument, 'steps'> & {
        readonly events?: RequestDocument['events'];
        readonly endedAt?: Date;
      },
  ): Promise<boolean>;
}

export function openFloorStore(db: Db): FloorStore {
  const records = db.collection<RecordDocument>('records');
  // Deletions that come to this at the same time share the round trip.
  const underRef = createBatches(async (refs: readonly Ref[]) => {
    const found = await findMany(records, 'ref', [...new Set(refs)]);
    return refs.map((ref) => found.filter((record) => record.ref === ref));
  });

  async function recordsOf(lives: readonly Life[]): Promise<RecordDocument[]> {
    const found = await Promise.all(
      lives.map(async ({ ref, generation }) =>
        (await underRef(ref)).filter((record) => record.generation === generation),
      ),
    );
    return found.flat();
  }

  return {
    recordsOf,

    async tell(request, keep) {
      const tasks = db.collection<TaskDocument>('tasks');
      const others = { request, holder: { $nin: [...keep.keys()] }, keep: { $exists: true } };
      await tasks.bulkWrite([
        { updateMany: { filter: others, update: { $unset: { keep: '' } } } },
        ...[...keep].map(([holder, what]) => ({
          updateMany: { filter: { request, holder }, update: { $set: { keep: what } } },
        })),
      ]);
    },

    async narrow(request, narrowed, at) {
      if (narrowed.length === 0) return;
      await insertNew(db.collection<DueDocument>('due'), dueOfKept(narrowed, at));
      await records.bulkWrite(
        narrowed.map(({ _id, groups, present }) => ({
          updateOne: {
            filter: { _id, kept: { $exists: false } },
            update: { $set: { groups: [...groups], present: [...present], kept: { request, at } } },
          },
        })),
        { ordered: false },
      );
    },

    async keptBy(request, lives) {
      return (await recordsOf(lives)).filter(({ kept }) => kept?.request === request);
    },

    async update(request, { rest, steps, events = [], endedAt }) {
      const unsent = events.flatMap(({ type, n }) => (type === 'notice-due' ? [n] : []));
      const { matchedCount } = await db
        .collection<RequestDocument>('requests')
        .updateOne(unmovedOf(request), {
          $set: {
            ...(rest === undefined ? {} : { rest: [...rest] as RestReceipt[] }),
            ...(endedAt === undefined ? {} : { restErasedAt: endedAt }),
          },
          $push: {
            steps: { $each: [...steps] },
            ...(events.length === 0 ? {} : { events: { $each: [...events] } }),
            ...(unsent.length === 0 ? {} : { unsent: { $each: unsent } }),
          },
        });
      return matchedCount === 1;
    },
  };
}

/** When what is kept is looked at again: on the day its floor ends, or from time to time while that is open. Pure. */
export function dueOfKept(narrowed: readonly Pick<Narrowed, '_id' | 'groups'>[], at: Date): DueDocument[] {
  const byDay = new Map<string, Set<string>>();
  for (const { _id, groups } of narrowed) {
    for (const { floor } of groups) {
      const day =
        floor?.until === undefined ? daysLater(dayInJapan(at), openAgainAfter) : dueDay(floor.until);
      byDay.set(day, (byDay.get(day) ?? new Set()).add(_id));
    }
  }
  return [...byDay].flatMap(([day, ids]) => dueOn(day, { records: [...ids] }));
}

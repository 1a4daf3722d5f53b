import type { RequestDocument, TaskDocument, ViolationDocument } from '@keiro/schemas';
import type { Db } from 'mongodb';

/** Requests that one answer looks at, those due first. */
const requestLimit = 500;

interface ByHolder {
  readonly holder: string;
  readonly count: number;
  readonly oldest: Date;
}

/** What the day's list is made of, as far as the lineage store holds it itself. Read only. */
export type TodayStore = ReturnType<typeof createTodayStore>;

export function createTodayStore(db: Db) {
  const byHolder = async (
    collection: string,
    match: Readonly<Record<string, unknown>>,
    since: string,
  ): Promise<ByHolder[]> => {
    const rows = await db
      .collection(collection)
      .aggregate<{ _id: string; count: number; oldest: Date }>([
        { $match: match },
        { $group: { _id: '$holder', count: { $sum: 1 }, oldest: { $min: since } } },
        { $sort: { _id: 1 } },
      ])
      .toArray();
    return rows.map(({ _id: holder, count, oldest }) => ({ holder, count, oldest }));
  };

  return {
    async load() {
      const [open, tasks, violations] = await Promise.all([
        db
          .collection<RequestDocument>('requests')
          .find({ state: { $nin: ['done'] } }, { projection: { type: 1, state: 1, dueAt: 1 } })
          .sort({ dueAt: 1 })
          .limit(requestLimit + 1)
          .toArray(),
        byHolder(
          'tasks',
          { state: 'failed' } satisfies Partial<Record<keyof TaskDocument, string>>,
          '$createdAt',
        ),
        byHolder(
          'violations',
          { closed: { $exists: false } } satisfies Partial<Record<keyof ViolationDocument, unknown>>,
          '$foundAt',
        ),
      ]);
      return {
        requests: open.slice(0, requestLimit),
        notices: [] as readonly { request: string; name: string; due?: Date }[],
        tasks,
        violations,
        cut: open.length > requestLimit,
      };
    },
  };
}

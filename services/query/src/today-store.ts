import {
  finalStates,
  type DueDocument,
  type HoldDocument,
  type PauseDocument,
  type RequestDocument,
  type TaskDocument,
  type ViolationDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';

/** Requests that one answer looks at, those due first. */
const requestLimit = 500;

interface ByHolder {
  readonly holder: string;
  readonly count: number;
  readonly oldest: Date;
}

/** Something that a person has to be told, and was not yet. */
interface UnsentNotice {
  readonly request: string;
  readonly kind: string;
  readonly since: Date;
}

/** Pure. */
const unsentOf = ({ _id, events = [], unsent = [] }: RequestDocument): UnsentNotice[] =>
  events.flatMap((event) =>
    event.type === 'notice-due' && unsent.includes(event.n)
      ? [{ request: _id, kind: event.notice, since: event.at }]
      : [],
  );

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

  const tasksIn = (state: TaskDocument['state']) => byHolder('tasks', { state }, '$createdAt');

  return {
    async load() {
      const requests = db.collection<RequestDocument>('requests');
      const [open, told, failed, byHand, violations, pauses, holds, [due]] = await Promise.all([
        requests
          .find(
            { state: { $nin: [...finalStates] }, type: { $ne: 'retention' } },
            { projection: { type: 1, state: 1, dueAt: 1 } },
          )
          .sort({ dueAt: 1 })
          .limit(requestLimit + 1)
          .toArray(),
        requests
          .find({ 'unsent.0': { $exists: true } }, { projection: { events: 1, unsent: 1 } })
          .sort({ receivedAt: 1 })
          .limit(requestLimit + 1)
          .toArray(),
        tasksIn('failed'),
        tasksIn('by-hand'),
        byHolder(
          'violations',
          { closed: { $exists: false } } satisfies Partial<Record<keyof ViolationDocument, unknown>>,
          '$foundAt',
        ),
        db.collection<PauseDocument>('pauses').find().toArray(),
        db
          .collection<HoldDocument>('holds')
          .find(
            { released: { $exists: false }, until: { $exists: true } },
            { projection: { case: 1, until: 1 } },
          )
          .toArray(),
        // What waits for something has a day to come: a day that is past has not been looked at.
        db.collection<DueDocument>('due').find().sort({ _id: 1 }).limit(1).toArray(),
      ]);
      return {
        requests: open.slice(0, requestLimit),
        notices: told.slice(0, requestLimit).flatMap(unsentOf),
        failed,
        byHand,
        violations,
        pauses,
        holds,
        ...(due === undefined ? {} : { oldestDue: due.day }),
        cut: open.length > requestLimit || told.length > requestLimit,
      };
    },
  };
}

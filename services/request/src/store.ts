import type { ClientSession, Collection, Filter } from 'mongodb';
import { appendAudit, appendCarriedAudit, type Mongo } from '@keiro/runtime';
import {
  carriedStates,
  pendingStates,
  type AuditEntry,
  type Category,
  type FactDocument,
  type HolderDocument,
  type OutboxDocument,
  type Receipt,
  type RecordDocument,
  type Ref,
  type RequestDocument,
  type RequestState,
  type StandingDocument,
  type TaskDocument,
  type TaskState,
} from '@keiro/schemas';
import { advanceTogether, advancing } from './advances.ts';
import { tellDone, writeBeside, type Beside } from './beside.ts';
import type { StandingChange } from './consent.ts';
import type { Decision, Documents, Situation } from './decide.ts';
import { pushed, unmovedOf, type Advance } from './grown.ts';
import type { Standings } from './standing.ts';

/** Accepted and not done: what is carried out, and what consents and links look at. */
export const openStates: readonly RequestState[] = carriedStates;
/** Not at its end: what R7's clock runs for. */
export const unfinishedStates: readonly RequestState[] = [...pendingStates, ...carriedStates];

/** The request service's half of the lineage store. */
export interface RequestStore {
  holders(): Promise<HolderDocument[]>;
  categoriesOf(refs: readonly Ref[]): Promise<Category[]>;
  standingsOf(refs: readonly Ref[]): Promise<Standings>;
  /** Lives that are erased and of which a floor keeps something, with who does; undefined where there is none. */
  keptOf(refs: readonly Ref[]): Promise<Situation['kept']>;
  /** Reads standing and open requests, decides, and writes what was decided, all in one transaction. */
  decide(
    refs: readonly Ref[],
    work: (standings: Standings, open: RequestDocument[]) => Decision,
  ): Promise<Decision>;
  /** Those of these refs under which a consent was given or withdrawn. */
  withConsents(refs: readonly Ref[]): Promise<Ref[]>;
  consentsOf(refs: readonly Ref[]): Promise<FactDocument[]>;
  /**
   * As {@link decide}, for what consents and links change; answers with the requests that are new, undefined for no
   * change.
   */
  applyChange(
    refs: readonly Ref[],
    work: (standings: Standings, open: RequestDocument[]) => StandingChange | undefined,
  ): Promise<string[] | undefined>;
  /**
   * Writes what has happened to a request since it was read, with what it changes, in one transaction; undefined where
   * something else has happened to it meanwhile. Standing and open requests are those of `refs`.
   */
  settle(
    request: RequestDocument,
    refs: readonly Ref[],
    work: (standings: Standings, open: RequestDocument[]) => Documents,
  ): Promise<RequestDocument | undefined>;
  /** Those that somebody asked for, of which the clock may have something to say. */
  ticking(dueBefore: Date): Promise<RequestDocument[]>;
  /** Those with a notice that nobody has marked sent, oldest first. */
  withUnsent(limit: number): Promise<RequestDocument[]>;
  /** False when the request is no longer in the state in which it was read: somebody else has moved it. */
  advance(
    request: RequestDocument,
    change: Advance,
    beside?: (standings: Standings) => Beside,
    /** What it changed before and that is not written yet. */
    before?: readonly Advance[],
  ): Promise<boolean>;
  /**
   * Ends an open request because a deletion, or the end of a violation, has made it pointless; its tasks say so, and
   * by which probe where one has proven what they were to do.
   */
  overtake(request: RequestDocument, by: string, at: Date, probe?: Receipt['probe']): Promise<void>;
  request(id: string): Promise<RequestDocument | null>;
  /** Open requests of any of these refs, oldest first. */
  openOf(
    refs: readonly Ref[],
    session?: ClientSession,
    states?: readonly RequestState[],
  ): Promise<RequestDocument[]>;
  requests(states: readonly RequestState[], limit: number): Promise<RequestDocument[]>;
  /** Those of which something may be to be done at this moment. */
  openIds(now: Date): Promise<string[]>;
  task(id: string): Promise<TaskDocument | null>;
  tasksOf(request: string): Promise<TaskDocument[]>;
  tasks(states: readonly TaskState[], limit: number): Promise<TaskDocument[]>;
  /** Puts a failed task back for another attempt; false when it is not failed. */
  putBack(task: TaskDocument, audit: AuditEntry): Promise<boolean>;
  audit(entry: AuditEntry): Promise<void>;
  /** Appends to the audit what workers that were killed have left on the tasks of a request. */
  bringHome(request: string): Promise<void>;
  /** The audit has what these tasks did: also where a worker was killed before it told it. */
  tellDone(tasks: readonly TaskDocument[]): Promise<void>;
  /** The oldest messages that Kafka does not have, in order. */
  outbox(limit: number): Promise<OutboxDocument[]>;
  newestStamp(): Promise<string | undefined>;
  isPublished(request: string): Promise<boolean>;
  /** `standingOffset`: undefined where no request waits for any of them. */
  published(messages: readonly OutboxDocument[], standingOffset: string | undefined): Promise<void>;
  counts(now: Date): Promise<{
    requests: Record<string, number>;
    tasks: Record<string, number>;
    overdue: number;
    unpublished: number;
  }>;
}

export function openRequestStore(mongo: Mongo): RequestStore {
  const { db } = mongo;
  const requests = db.collection<RequestDocument>('requests');
  const tasks = db.collection<TaskDocument>('tasks');
  const standings = db.collection<StandingDocument>('standing');
  const outbox = db.collection<OutboxDocument>('outbox');
  const facts = db.collection<FactDocument>('facts');
  const consentsAmong = (refs: readonly Ref[]): Filter<FactDocument> => ({
    ref: { $in: [...refs] },
    kind: { $in: ['consent-given', 'consent-withdrawn'] },
  });

  async function standingsOf(refs: readonly Ref[], session?: ClientSession): Promise<Standings> {
    const found = await standings
      .find({ _id: { $in: [...refs] } }, { ...(session && { session }) })
      .toArray();
    return new Map(found.map(({ _id, ...standing }) => [_id, standing]));
  }

  const openOf = (
    refs: readonly Ref[],
    session?: ClientSession,
    states: readonly RequestState[] = openStates,
  ): Promise<RequestDocument[]> =>
    requests
      .find({ 'lives.ref': { $in: [...refs] }, state: { $in: [...states] } }, { ...(session && { session }) })
      .sort({ receivedAt: 1 })
      .toArray();

  async function countByState(name: 'requests' | 'tasks'): Promise<Record<string, number>> {
    const groups = await db
      .collection(name)
      .aggregate<{ _id: string; n: number }>([{ $group: { _id: '$state', n: { $sum: 1 } } }])
      .toArray();
    return Object.fromEntries(groups.map(({ _id, n }) => [_id, n]));
  }

  return {
    holders: () => db.collection<HolderDocument>('holders').find().toArray(),
    categoriesOf: (refs) =>
      db.collection<RecordDocument>('records').distinct('category', { ref: { $in: [...refs] } }),
    standingsOf: (refs) => standingsOf(refs),

    async keptOf(refs) {
      const found = await requests
        .find(
          { 'lives.ref': { $in: [...refs] } },
          { projection: { type: 1, state: 1, lives: 1, kept: 1, restErasedAt: 1 } },
        )
        .toArray();
      const keeping = found.filter(
        ({ type, state, kept = [], restErasedAt }) =>
          type === 'deletion' && state === 'done' && kept.length > 0 && restErasedAt === undefined,
      );
      if (keeping.length === 0) return undefined;
      const holders = keeping.flatMap(({ kept = [] }) => kept.flatMap((one) => one.holders));
      return { lives: keeping.flatMap(({ lives }) => lives), holders: [...new Set(holders)].sort() };
    },

    decide: (refs, work) =>
      mongo.transaction(async (session) => {
        const before = await standingsOf(refs, session);
        const decision = work(before, await openOf(refs, session, unfinishedStates));
        if (decision.outcome === 'accepted') {
          await writeBeside(db, decision.documents, session);
          await requests.insertOne(decision.documents.request, { session });
        }
        return decision;
      }),

    settle: (request, refs, work) =>
      mongo.transaction(async (session) => {
        const documents =
          refs.length === 0
            ? work(new Map(), [])
            : work(await standingsOf(refs, session), await openOf(refs, session, unfinishedStates));
        const { request: after } = documents;
        const set = changedBy(request, after);
        const { matchedCount } = await requests.updateOne(unmovedOf(request), { $set: set }, { session });
        if (matchedCount === 0) return undefined;
        await writeBeside(db, documents, session);
        if (after.state === 'withdrawn') await endTasks(tasks, after, session);
        return after;
      }),

    ticking: (dueBefore) =>
      requests
        .find({
          state: { $in: [...unfinishedStates] },
          events: { $exists: true },
          $or: [{ dueAt: { $lte: dueBefore } }, { state: 'awaiting-fee' }],
        })
        .toArray(),
    withUnsent: (limit) =>
      requests
        .find({ 'unsent.0': { $exists: true } })
        .sort({ receivedAt: 1 })
        .limit(limit)
        .toArray(),

    withConsents: (refs) => facts.distinct('ref', consentsAmong(refs)),
    consentsOf: (refs) => facts.find(consentsAmong(refs)).toArray(),

    applyChange: (refs, work) =>
      mongo.transaction(async (session) => {
        const change = work(await standingsOf(refs, session), await openOf(refs, session));
        if (change === undefined) return undefined;
        const ids = change.requests.map(({ _id }) => _id);
        const found = await requests
          .find({ _id: { $in: ids } }, { session, projection: { _id: 1 } })
          .toArray();
        const known = new Set(found.map(({ _id }) => _id));
        // It was carried out before, and something else has changed since: standing follows it alone.
        const fresh = change.requests.filter(({ _id }) => !known.has(_id));
        const tasksOfNew = change.tasks.filter(({ request }) => !known.has(request));
        await writeBeside(db, { ...change, tasks: tasksOfNew }, session);
        if (fresh.length > 0) await requests.insertMany([...fresh], { session });
        return fresh.map(({ _id }) => _id);
      }),

    async advance(request, change, beside, before) {
      const [moved] = await advanceTogether(mongo, [advancing(request, change, beside, before)]);
      return moved === true;
    },

    overtake: (request, by, at, probe) =>
      mongo.transaction(async (session) => {
        const step = { step: 'overtaken', at, evidence: { by } };
        const { matchedCount } = await requests.updateOne(
          unmovedOf(request),
          {
            $set: { state: 'done', doneAt: at },
            ...pushed(request, [{ set: { state: 'done' }, step }]),
          },
          { session },
        );
        if (matchedCount === 0) return;
        await tasks.updateMany(
          { request: request._id, state: { $ne: 'done' } },
          {
            $set: {
              state: 'done',
              doneAt: at,
              receipt: {
                affected: 0,
                detail: {},
                unsupported: `overtaken by ${by}`,
                ...(probe === undefined ? {} : { probe }),
              },
            },
          },
          { session },
        );
        const entry = {
          _id: `${request._id}/overtaken`,
          at,
          by: 'request',
          action: 'request.overtaken',
          request: request._id,
          detail: { by },
        };
        await appendAudit(db, [entry], session);
      }),

    request: (id) => requests.findOne({ _id: id }),
    openOf,
    requests: (states, limit) =>
      requests
        .find(states.length === 0 ? {} : { state: { $in: [...states] } })
        .sort({ receivedAt: -1 })
        .limit(limit)
        .toArray(),
    openIds: async (now) => {
      // In their undo window there may be many, for a day.
      const others = openStates.filter((state) => state !== 'undo-window');
      const found = await requests
        .find(
          { $or: [{ state: { $in: others } }, { state: 'undo-window', notBefore: { $lte: now } }] },
          { projection: { _id: 1 } },
        )
        .toArray();
      return found.map(({ _id }) => _id);
    },
    task: (id) => tasks.findOne({ _id: id }),
    tasksOf: (request) => tasks.find({ request }).toArray(),
    tasks: (states, limit) =>
      tasks
        .find(states.length === 0 ? {} : { state: { $in: [...states] } })
        .sort({ createdAt: -1 })
        .limit(limit)
        .toArray(),

    putBack: (task, entry) =>
      mongo.transaction(async (session) => {
        const { matchedCount } = await tasks.updateOne(
          { _id: task._id, state: 'failed', attempt: task.attempt },
          { $set: { state: 'pending', attempt: task.attempt + 1 }, $unset: { notBefore: '' } },
          { session },
        );
        if (matchedCount === 1) await appendAudit(db, [entry], session);
        return matchedCount === 1;
      }),

    audit: (entry) => appendAudit(db, [entry]),
    async bringHome(request) {
      await appendCarriedAudit(db, tasks, { request });
    },

    tellDone: (done) => tellDone(db, done),

    outbox: (limit) => outbox.find().sort({ _id: 1 }).limit(limit).toArray(),
    newestStamp: async () => (await outbox.find().sort({ _id: -1 }).limit(1).next())?._id,
    isPublished: async (request) => (await outbox.findOne({ request }, { projection: { _id: 1 } })) === null,

    async published(messages, standingOffset) {
      // The offset first: a crash between the two only publishes again.
      if (standingOffset !== undefined) {
        const waiting = [...new Set(messages.flatMap(({ request }) => request ?? []))];
        await requests.updateMany({ _id: { $in: waiting } }, { $set: { standingOffset } });
      }
      await outbox.deleteMany({ _id: { $in: messages.map(({ _id }) => _id) } });
    },

    async counts(now) {
      const [byState, tasksByState, overdue, unpublished] = await Promise.all([
        countByState('requests'),
        countByState('tasks'),
        requests.countDocuments({ state: { $in: [...unfinishedStates] }, dueAt: { $lt: now } }),
        outbox.countDocuments(),
      ]);
      return { requests: byState, tasks: tasksByState, overdue, unpublished };
    },
  };
}

/** Nobody had begun them: a deletion is taken back before its holders hear of it. */
async function endTasks(
  tasks: Collection<TaskDocument>,
  { _id, doneAt }: RequestDocument,
  session: ClientSession,
): Promise<void> {
  await tasks.updateMany(
    { request: _id, state: { $ne: 'done' } },
    {
      $set: {
        state: 'done',
        ...(doneAt === undefined ? {} : { doneAt }),
        receipt: { affected: 0, detail: {}, unsupported: 'withdrawn before anything was erased' },
      },
    },
    { session },
  );
}

/** What is new about it, alone: the relay writes to it too, and counts on nobody. Pure. */
const changedBy = (before: RequestDocument, after: RequestDocument): Partial<RequestDocument> =>
  Object.fromEntries(
    Object.entries(after).filter(([name, value]) => before[name as keyof RequestDocument] !== value),
  );

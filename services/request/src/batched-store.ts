import { appendCarriedAudit, createBatches, findMany, listsOf, type Mongo } from '@keiro/runtime';
import type {
  Category,
  OutboxDocument,
  RecordDocument,
  Ref,
  RequestDocument,
  StandingDocument,
  TaskDocument,
} from '@keiro/schemas';
import { advanceTogether, advancing, type Advancing } from './advances.ts';
import { tellDone } from './beside.ts';
import { decideTogether, type Deciding } from './decisions.ts';
import type { RequestStore } from './store.ts';

/** A longer `$in` costs some servers more than two short ones. */
const refsAtOnce = 50;

/**
 * The store as requests that are carried out at the same time use it: what they ask in the same moment goes to the
 * server together. Each still asks, and is answered, for itself alone.
 */
export function batchStore(mongo: Mongo, store: RequestStore): RequestStore {
  const { db } = mongo;
  const requests = db.collection<RequestDocument>('requests');
  const tasks = db.collection<TaskDocument>('tasks');

  const requestOf = createBatches(async (ids: readonly string[]) => {
    const found = await findMany(requests, '_id', ids);
    const byId = new Map(found.map((request) => [request._id, request]));
    return ids.map((id) => byId.get(id) ?? null);
  });
  const tasksOf = createBatches(async (ids: readonly string[]) => {
    const found = await findMany(tasks, 'request', ids);
    const byRequest = new Map(ids.map((id) => [id, [] as TaskDocument[]]));
    for (const task of found) byRequest.get(task.request)?.push(task);
    return ids.map((id) => byRequest.get(id) ?? []);
  });
  const holders = createBatches(async (asked: readonly undefined[]) => {
    const found = await store.holders();
    return asked.map(() => found);
  });
  const isPublished = createBatches(async (ids: readonly string[]) => {
    const outbox = db.collection<OutboxDocument>('outbox');
    const left = await findMany(outbox, 'request', ids, { request: 1 });
    const waiting = new Set(left.map(({ request }) => request));
    return ids.map((id) => !waiting.has(id));
  });
  const standingsOf = createBatches(async (asked: readonly (readonly string[])[]) => {
    const found = await findMany(db.collection<StandingDocument>('standing'), '_id', asked.flat());
    const byRef = new Map(found.map(({ _id, ...standing }) => [_id, standing]));
    return asked.map(
      (refs) =>
        new Map(
          refs.flatMap((ref) => {
            const standing = byRef.get(ref);
            return standing === undefined ? [] : [[ref, standing] as const];
          }),
        ),
    );
  });
  const categoriesOf = createBatches(async (asked: readonly (readonly Ref[])[]) => {
    const refs = [...new Set(asked.flat())];
    const byRef = new Map<Ref, Set<Category>>();
    for (const some of listsOf(refs, refsAtOnce)) {
      const found = db
        .collection<RecordDocument>('records')
        .aggregate<{ _id: { ref: Ref; category: Category } }>([
          { $match: { ref: { $in: some } } },
          { $group: { _id: { ref: '$ref', category: '$category' } } },
        ]);
      for await (const { _id } of found) {
        const known = byRef.get(_id.ref);
        if (known === undefined) byRef.set(_id.ref, new Set([_id.category]));
        else known.add(_id.category);
      }
    }
    return asked.map((own) => [...new Set(own.flatMap((ref) => [...(byRef.get(ref) ?? [])]))]);
  });
  const openOf = createBatches(async (asked: readonly (readonly Ref[])[]) => {
    const found = new Map<string, RequestDocument>();
    for (const refs of listsOf([...new Set(asked.flat())], refsAtOnce))
      for (const request of await store.openOf(refs)) found.set(request._id, request);
    const all = [...found.values()].sort((one, two) => one.receivedAt.getTime() - two.receivedAt.getTime());
    return asked.map((own) => all.filter(({ lives }) => lives.some(({ ref }) => own.includes(ref))));
  });
  const advance = createBatches((steps: readonly Advancing[]) => advanceTogether(mongo, steps));
  const decide = createBatches((asked: readonly Deciding[]) => decideTogether(mongo, store, asked), {
    most: 50,
  });
  const bringHome = createBatches(async (ids: readonly string[]) => {
    await appendCarriedAudit(db, tasks, { request: { $in: [...new Set(ids)] } });
    return ids.map(() => undefined);
  });

  const told = createBatches(async (asked: readonly (readonly TaskDocument[])[]) => {
    await tellDone(db, asked.flat());
    return asked.map(() => undefined);
  });

  return {
    ...store,
    request: requestOf,
    tasksOf,
    holders: () => holders(undefined),
    isPublished,
    standingsOf,
    categoriesOf,
    openOf: (refs, session, states) =>
      session === undefined && states === undefined ? openOf(refs) : store.openOf(refs, session, states),
    advance: (request, change, beside, before) => advance(advancing(request, change, beside, before)),
    bringHome,
    tellDone: told,
    decide: (refs, work) => decide({ refs, work }),
  };
}

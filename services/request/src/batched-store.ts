import { appendCarriedAudit, createBatches, type Mongo } from '@keiro/runtime';
import type { OutboxDocument, RequestDocument, StandingDocument, TaskDocument } from '@keiro/schemas';
import { advanceTogether, advancing, type Advancing } from './advances.ts';
import { tellDone } from './beside.ts';
import { decideTogether, type Deciding } from './decisions.ts';
import type { RequestStore } from './store.ts';

/**
 * The store as requests that are carried out at the same time use it: what they ask in the same moment goes to the
 * server together. Each still asks, and is answered, for itself alone.
 */
export function batchStore(mongo: Mongo, store: RequestStore): RequestStore {
  const { db } = mongo;
  const requests = db.collection<RequestDocument>('requests');
  const tasks = db.collection<TaskDocument>('tasks');

  const requestOf = createBatches(async (ids: readonly string[]) => {
    const found = await requests.find({ _id: { $in: [...new Set(ids)] } }).toArray();
    const byId = new Map(found.map((request) => [request._id, request]));
    return ids.map((id) => byId.get(id) ?? null);
  });
  const tasksOf = createBatches(async (ids: readonly string[]) => {
    const found = await tasks.find({ request: { $in: [...new Set(ids)] } }).toArray();
    const byRequest = new Map(ids.map((id) => [id, [] as TaskDocument[]]));
    for (const task of found) byRequest.get(task.request)?.push(task);
    return ids.map((id) => byRequest.get(id) ?? []);
  });
  const holders = createBatches(async (asked: readonly undefined[]) => {
    const found = await store.holders();
    return asked.map(() => found);
  });
  const isPublished = createBatches(async (ids: readonly string[]) => {
    const left = await db
      .collection<OutboxDocument>('outbox')
      .find({ request: { $in: [...new Set(ids)] } }, { projection: { request: 1 } })
      .toArray();
    const waiting = new Set(left.map(({ request }) => request));
    return ids.map((id) => !waiting.has(id));
  });
  const standingsOf = createBatches(async (asked: readonly (readonly string[])[]) => {
    const found = await db
      .collection<StandingDocument>('standing')
      .find({ _id: { $in: [...new Set(asked.flat())] } })
      .toArray();
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
    advance: (request, change, beside, before) => advance(advancing(request, change, beside, before)),
    bringHome,
    tellDone: told,
    decide: (refs, work) => decide({ refs, work }),
  };
}

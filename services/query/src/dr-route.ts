import { route, type Route } from '@keiro/runtime';
import { drAnswerSchema, type DrAnswer, type RequestDocument, type TaskDocument } from '@keiro/schemas';
import type { DrStore } from './dr-store.ts';
import { outlivedBy, sitesOf, type DoneDeletion } from './dr.ts';
import { toSeries } from './snapshots.ts';

interface DrDeps {
  readonly store: DrStore;
  readonly now: () => Date;
}

/** T3: what is at the sites abroad. */
export function drRoute(deps: DrDeps): Route {
  return route({
    method: 'GET',
    path: '/v1/dr',
    summary: 'Sites: watermarks, lag, snapshots, what outlives a deletion there, closed gates (T3)',
    right: 'lineage:read',
    answer: drAnswerSchema,
    handle: () => drAnswer(deps),
  });
}

export async function drAnswer({ store, now }: DrDeps): Promise<DrAnswer> {
  const at = now();
  const [holders, { snapshots, cut }, deletions, closed] = await Promise.all([
    store.holders(),
    store.snapshots(),
    store.deletions(),
    store.closed(),
  ]);
  const series = toSeries(snapshots);
  // Copies are read only of those whom a snapshot could have at all.
  const possible = deletions.requests.filter(
    (request) => outlivedBy(doneOf(request, deletions.tasks), series, () => new Date(0), at).length > 0,
  );
  const firstHeld = await store.firstHeld(possible.flatMap(({ lives }) => lives.map(({ ref }) => ref)));
  const outlived = possible.flatMap((request) =>
    outlivedBy(doneOf(request, deletions.tasks), series, heldBy(request, firstHeld), at),
  );
  return {
    asOf: at.toISOString(),
    sites: sitesOf(holders, snapshots, at),
    outlived,
    cut: cut || deletions.cut,
    closed: closed.map(({ _id, holder, state, watermark, declaredAt }) => ({
      restore: _id,
      holder,
      state,
      watermark: watermark.toISOString(),
      declaredAt: declaredAt.toISOString(),
    })),
  };
}

function doneOf(request: RequestDocument, tasks: ReadonlyMap<string, readonly TaskDocument[]>): DoneDeletion {
  return {
    request: request._id,
    isDone: true,
    doneAt: request.doneAt ?? request.receivedAt,
    tasks: new Map((tasks.get(request._id) ?? []).map((task) => [task.holder, task])),
  };
}

const heldBy =
  ({ lives }: RequestDocument, firstHeld: ReadonlyMap<string, Date>) =>
  (store: string): Date | undefined =>
    lives
      .flatMap(({ ref }) => firstHeld.get(`${ref}|${store}`) ?? [])
      .toSorted((a, b) => a.getTime() - b.getTime())[0];

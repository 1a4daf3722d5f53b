import { ProblemError, route, type Route } from '@keiro/runtime';
import {
  dayInJapan,
  retentionChangedSchema,
  retentionDryRunSchema,
  retentionForecastSchema,
  retentionRebuiltSchema,
  retentionStatusSchema,
} from '@keiro/schemas';
import { z } from 'zod';
import type { RequestStore } from '../store.ts';
import type { DueStore } from './due-store.ts';
import type { LookDependencies } from './look.ts';
import type { StateStore } from './state-store.ts';
import { dryRun, forecast, statusOf } from './views.ts';

const mostDays = 400;
/** Records that a forecast looks at; with more it says that it is cut. */
const mostForecast = 200_000;
const mostDryRun = 50;
const distantDay = '9999-12-30';

/** What there is to know of retention, and what an operator may do about it (APPI 22). */
export function retentionRoutes(deps: {
  readonly due: DueStore;
  readonly state: StateStore;
  /** Lives whose key is looked at, or on its way out. */
  readonly waitingKeys: () => Promise<number>;
  readonly store: Pick<RequestStore, 'requests' | 'tasksOf'>;
  readonly look: LookDependencies;
  readonly onResumed: () => void;
  readonly now: () => Date;
}): Route[] {
  const { due, state, store, look, now } = deps;
  const today = () => dayInJapan(now());
  return [
    route({
      method: 'GET',
      path: '/v1/retention/status',
      summary: 'How far the retention sweep is, and what is stuck',
      right: 'requests:read',
      answer: retentionStatusSchema,
      async handle() {
        const [days, sweep, waitingKeys, requests] = await Promise.all([
          due.overview(distantDay),
          state.read(),
          deps.waitingKeys(),
          store.requests(['accepted', 'carrying-out', 'waiting-for-operator'], 1000),
        ]);
        const open = await Promise.all(
          requests
            .filter(({ type }) => type === 'retention')
            .map(async (request) => ({
              request,
              failed:
                request.state === 'waiting-for-operator'
                  ? (await store.tasksOf(request._id))
                      .filter((task) => task.state === 'failed')
                      .map(({ holder }) => holder)
                  : [],
            })),
        );
        return {
          ...statusOf(days, sweep, open, now()),
          keys: { retired: sweep.keysRetired ?? 0, waiting: waitingKeys },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/retention/forecast',
      summary: 'What ends in the next days, by category and holder, what floors keep, what waits; ?days=',
      right: 'requests:read',
      answer: retentionForecastSchema,
      handle: ({ query }) =>
        forecast(daysOf(query['days']), { ...look, due, mostRecords: mostForecast }, now()),
    }),
    route({
      method: 'GET',
      path: '/v1/retention/dry-run',
      summary: 'What the sweep would do now; nothing is changed',
      right: 'requests:read',
      answer: retentionDryRunSchema,
      async handle() {
        const some = await due.until(today(), mostDryRun + 1);
        return dryRun(some.slice(0, mostDryRun), look, now(), some.length > mostDryRun);
      },
    }),
    route({
      method: 'POST',
      path: '/v1/retention/rebuild',
      summary: 'Works out anew when every record has to be looked at; what is there already stays',
      right: 'tasks:write',
      body: z.strictObject({}),
      answer: retentionRebuiltSchema,
      handle: async () => ({ records: await due.rebuild(today()) }),
    }),
    route({
      method: 'POST',
      path: '/v1/retention/pause',
      summary: 'No further batch is begun; those under way end',
      right: 'tasks:write',
      body: z.strictObject({}),
      answer: retentionChangedSchema,
      async handle({ client }) {
        await state.pause(now(), client.name);
        return { state: 'paused' as const };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/retention/run',
      summary: 'Goes on at once, also after a pause',
      right: 'tasks:write',
      body: z.strictObject({}),
      answer: retentionChangedSchema,
      async handle() {
        await state.resume();
        deps.onResumed();
        return { state: 'running' as const };
      },
    }),
  ];
}

function daysOf(asked: string | undefined): number {
  const days = Number(asked ?? '30');
  if (Number.isInteger(days) && days >= 0 && days <= mostDays) return days;
  throw new ProblemError(400, 'invalid-query', 'the query is not as it should be', [
    { field: 'days', code: 'value', message: `a whole number from 0 to ${String(mostDays)}` },
  ]);
}

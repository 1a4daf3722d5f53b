import { ProblemError, route, type Call, type Route } from '@keiro/runtime';
import {
  acceptedSchema,
  createRequestSchema,
  requestListSchema,
  requestStates,
  requestStatusSchema,
  requestViewSchema,
  retriedSchema,
  taskListSchema,
  taskStates,
  type Policies,
} from '@keiro/schemas';
import type { Driver } from './driver.ts';
import type { Handler } from './handle.ts';
import type { Readers } from './readers.ts';
import type { RequestStore } from './store.ts';
import { summaryOf, taskViewOf, viewOf } from './views.ts';

const listLimit = 100;
const maxListLimit = 1000;

/** Every interface of the request service with the right that it asks for. */
export function requestRoutes(deps: {
  readonly store: RequestStore;
  readonly handler: Handler;
  readonly driver: Pick<Driver, 'waitingFor'>;
  readonly readers: Pick<Readers, 'live'>;
  readonly policies: Policies;
  readonly now: () => Date;
}): Route[] {
  const { store, handler, driver, readers } = deps;
  return [
    route({
      method: 'POST',
      path: '/v1/requests',
      summary:
        'What a person asks, or a question or complaint (R1 to R6, Q1); the caller answers for who asks, or wants that checked',
      right: 'requests:write',
      body: createRequestSchema,
      status: 202,
      answer: acceptedSchema,
      handle: ({ body, client }) => handler.accept(body, client.name),
    }),
    route({
      method: 'GET',
      path: '/v1/requests/:id',
      summary: 'How far a request is: steps with their evidence, and what each holder answered',
      right: 'requests:read',
      answer: requestViewSchema,
      async handle({ params }) {
        const request = await store.request(params['id'] ?? '');
        if (request === null)
          throw new ProblemError(404, 'unknown-request', 'there is no request with this id');
        const at = deps.now();
        return viewOf(
          request,
          await store.tasksOf(request._id),
          driver.waitingFor(request._id),
          deps.policies.inForce(at),
          at,
        );
      },
    }),
    route({
      method: 'GET',
      path: '/v1/requests',
      summary: 'Requests, newest first; ?state= and ?limit= narrow them',
      right: 'requests:read',
      answer: requestListSchema,
      async handle(call) {
        const found = await store.requests(statesOf(call, requestStates), limitOf(call));
        const at = deps.now();
        return { requests: found.map((request) => summaryOf(request, at)) };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/tasks',
      summary: 'Tasks at holders, newest first; ?state=failed lists what waits for an operator',
      right: 'requests:read',
      answer: taskListSchema,
      async handle(call) {
        const found = await store.tasks(statesOf(call, taskStates), limitOf(call));
        return { tasks: found.map(taskViewOf) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/tasks/:id/retry',
      summary: 'Puts a failed task back for another round of attempts',
      right: 'tasks:write',
      status: 202,
      answer: retriedSchema,
      async handle({ params, client }) {
        const { _id, state, attempt } = await handler.retry(params['id'] ?? '', client.name);
        return { id: _id, state, attempt };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/status',
      summary: 'Counts by state, what is overdue (R7), and who reads rights.standing',
      right: 'requests:read',
      answer: requestStatusSchema,
      async handle() {
        const at = deps.now();
        const counts = await store.counts(at);
        return {
          asOf: at.toISOString(),
          requests: perState(requestStates, counts.requests),
          tasks: perState(taskStates, counts.tasks),
          overdue: counts.overdue,
          unpublished: counts.unpublished,
          readers: readers.live(),
        };
      },
    }),
  ];
}

type Query = Pick<Call<unknown>, 'query'>;

function statesOf<S extends string>({ query }: Query, known: readonly S[]): S[] {
  const asked = query['state'];
  if (asked === undefined) return [];
  const state = known.find((one) => one === asked);
  if (state === undefined) throw badQuery('state', `one of ${known.join(', ')}`);
  return [state];
}

function limitOf({ query }: Query): number {
  const asked = query['limit'];
  if (asked === undefined) return listLimit;
  const limit = Number(asked);
  if (!Number.isInteger(limit) || limit < 1 || limit > maxListLimit) {
    throw badQuery('limit', `a whole number from 1 to ${String(maxListLimit)}`);
  }
  return limit;
}

const badQuery = (field: string, message: string) =>
  new ProblemError(400, 'invalid-query', 'the query is not as it should be', [
    { field, code: 'value', message },
  ]);

function perState<S extends string>(
  states: readonly S[],
  counts: Readonly<Record<string, number>>,
): Record<S, number> {
  return Object.fromEntries(states.map((state) => [state, counts[state] ?? 0])) as Record<S, number>;
}

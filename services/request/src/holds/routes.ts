import { route, type Route } from '@keiro/runtime';
import {
  holdListSchema,
  holdPlacedSchema,
  holdViewSchema,
  placeHoldSchema,
  releaseHoldSchema,
} from '@keiro/schemas';
import type { HoldDesk } from './place.ts';

/** Legal holds: what a case keeps from being erased, by whom and until when. */
export function holdRoutes({ desk, now }: { readonly desk: HoldDesk; readonly now: () => Date }): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/holds',
      summary:
        'Nothing of a person, or of some records, is erased until the hold ends; what is asked meanwhile waits, hidden',
      right: 'holds:manage',
      body: placeHoldSchema,
      status: 201,
      answer: holdPlacedSchema,
      handle: ({ body, client }) => desk.place(body, client.name),
    }),
    route({
      method: 'POST',
      path: '/v1/holds/:id/release',
      summary: 'Ends a hold; what waited for it goes on by itself',
      right: 'holds:manage',
      body: releaseHoldSchema,
      answer: holdViewSchema,
      handle: ({ params, client }) => desk.release(params['id'] ?? '', client.name),
    }),
    route({
      method: 'GET',
      path: '/v1/holds',
      summary: 'Holds in force, with the requests that wait for each; ?all=true: those that have ended too',
      right: 'requests:read',
      answer: holdListSchema,
      handle: async ({ query }) => ({
        asOf: now().toISOString(),
        holds: await desk.list(query['all'] === 'true'),
      }),
    }),
  ];
}

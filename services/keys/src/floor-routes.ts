import { route, type Route } from '@keiro/runtime';
import { floorsEndedSchema, floorsEndSchema, floorsKeepSchema, floorsKeptSchema } from '@keiro/schemas';
import type { FloorKeys } from './floor-keys.ts';

/** What a deletion keeps for a law (R4), and its end. */
export function floorRoutes({ floorKeys }: { readonly floorKeys: FloorKeys }): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/floors/keep',
      summary: "Wraps the keys of a floor's field groups by themselves, before the person's keys go",
      right: 'keys:sweep-prepare',
      body: floorsKeepSchema,
      answer: floorsKeptSchema,
      handle: async ({ body }) => ({ lives: await floorKeys.keep(body) }),
    }),
    route({
      method: 'POST',
      path: '/v1/floors/end',
      summary: 'Destroys what was kept of these lives, when the last of their floors has ended; idempotent',
      right: 'keys:destroy',
      body: floorsEndSchema,
      answer: floorsEndedSchema,
      handle: async ({ body }) => ({ destroyed: await floorKeys.end(body.lives) }),
    }),
  ];
}

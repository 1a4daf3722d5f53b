import { ProblemError, route, type Route } from '@keiro/runtime';
import {
  declareRestoreSchema,
  gateSchema,
  restoreListSchema,
  restoreViewSchema,
  type RestoreDocument,
} from '@keiro/schemas';
import { declare, type DeclareDependencies } from './declare.ts';
import { gateOf, viewOf } from './views.ts';

const listLimit = 50;

/** The gate after a restore, with the right that each interface asks for. */
export function restoreRoutes(deps: DeclareDependencies): Route[] {
  const { store } = deps;
  const find = async (id: string | undefined): Promise<RestoreDocument> => {
    const restore = await store.restore(id ?? '');
    if (restore === null) throw new ProblemError(404, 'unknown-restore', 'there is no restore with this id');
    return restore;
  };
  return [
    route({
      method: 'POST',
      path: '/v1/restores',
      summary:
        'A holder was restored from an old copy: its gate closes, what must be replayed is counted (T3)',
      right: 'restores:manage',
      body: declareRestoreSchema,
      status: 202,
      answer: restoreViewSchema,
      handle: async ({ body, client }) => viewOf(await declare(body, client.name, deps)),
    }),
    route({
      method: 'POST',
      path: '/v1/restores/:id/replay',
      summary: 'Removes what was erased since, sets flags again, looks a second time; then the gate opens',
      right: 'restores:manage',
      status: 202,
      answer: restoreViewSchema,
      async handle({ params, client }) {
        const restore = await find(params['id']);
        if (restore.state === 'closed')
          throw new ProblemError(409, 'not-checked', 'what has to be replayed is still being counted');
        if (restore.check === undefined)
          throw new ProblemError(
            409,
            'not-checked',
            'what has to be replayed could not be counted: declare it again',
          );
        if (restore.state === 'superseded')
          throw new ProblemError(409, 'superseded', 'the holder was restored once more: replay that restore');
        if (restore.state === 'checked' || restore.state === 'failed') {
          const step = { step: 'replaying', at: deps.now(), by: client.name, evidence: {} };
          await store.move(restore, { set: { state: 'replaying' }, unset: ['failure'], step });
        }
        deps.onWork();
        return viewOf(await find(restore._id));
      },
    }),
    route({
      method: 'GET',
      path: '/v1/restores',
      summary: 'Restores, newest first',
      right: 'restores:read',
      answer: restoreListSchema,
      handle: async () => ({ restores: (await store.restores(listLimit)).map(viewOf) }),
    }),
    route({
      method: 'GET',
      path: '/v1/restores/:id',
      summary: 'How far a restore is, and what each look at the store counted',
      right: 'restores:read',
      answer: restoreViewSchema,
      handle: async ({ params }) => viewOf(await find(params['id'])),
    }),
    route({
      method: 'GET',
      path: '/v1/gate/:holder',
      summary: 'Whether a holder may work with what it holds; its own start-up asks this',
      right: 'gate:read',
      answer: gateSchema,
      async handle({ params }) {
        const holder = await store.holder(params['holder'] ?? '');
        if (holder === null) throw new ProblemError(404, 'unknown-holder', 'this holder is not registered');
        return gateOf(holder._id, await store.closing(holder._id));
      },
    }),
  ];
}

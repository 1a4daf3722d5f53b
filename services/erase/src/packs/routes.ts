import { route, type Route } from '@keiro/runtime';
import { downloadedPackSchema, downloadPackSchema, madePackSchema, makePackSchema } from '@keiro/schemas';
import { downloadPack, makePack, type PackDependencies } from './packs.ts';

/** R1: the pack of a disclosure, with the right that each interface asks for. */
export function packRoutes(deps: PackDependencies): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/packs',
      summary: 'Makes the pack of a disclosure that every holder has answered; key and token are told once',
      right: 'packs:make',
      body: makePackSchema,
      answer: madePackSchema,
      handle: ({ body, client }) => makePack(body, client.name, deps),
    }),
    route({
      method: 'POST',
      path: '/v1/packs/download',
      summary: 'A sealed pack, by its token; it ends by time and by number, and then nothing is left of it',
      right: 'packs:make',
      body: downloadPackSchema,
      answer: downloadedPackSchema,
      handle: ({ body, client }) => downloadPack(body.token, client.name, deps),
    }),
  ];
}

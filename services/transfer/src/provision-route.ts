import { route, type Route } from '@keiro/runtime';
import { recordedAnswerSchema, recordProvisionsSchema } from '@keiro/schemas';
import { recordProvisions, type RecordDependencies } from './provision-record.ts';

/** APPI 29 to 31: what was handed over or received is put on record, by whoever did it. */
export function provisionRoute(deps: RecordDependencies): Route {
  return route({
    method: 'POST',
    path: '/v1/provisions',
    summary:
      'Records what was provided or received (APPI 29 to 31), or why no record is needed; each is judged again, and is recorded once',
    right: 'transfers:record',
    body: recordProvisionsSchema,
    answer: recordedAnswerSchema,
    handle: async ({ body, client }) => ({
      results: await recordProvisions(deps, body.provisions, client.name),
    }),
  });
}

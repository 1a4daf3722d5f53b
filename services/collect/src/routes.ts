import { route, type Client, type Route } from '@keiro/runtime';
import { catalogue, factSchema } from '@keiro/schemas';
import { z } from 'zod';
import { batchLimit } from './handle.ts';

/** CloudEvents 1.0 in structured mode, single or batch. */
export const eventTypesOfContent = ['application/cloudevents+json', 'application/cloudevents-batch+json'];

/** Read as it comes, so that the answer can name every bad event; documented by the very contracts. */
const bodySchema = z.unknown().meta(bodyDocument());

function bodyDocument(): Record<string, unknown> {
  const contracts = [
    ...Object.values(catalogue).map(({ schema, type, category }) => ({
      schema,
      title: `${type} (${category})`,
    })),
    { schema: factSchema, title: 'fact' },
  ];
  const event = {
    anyOf: contracts.map(({ schema, title }) => ({
      ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
      title,
    })),
  };
  return { anyOf: [event, { type: 'array', minItems: 1, maxItems: batchLimit, items: event }] };
}

export function collectRoutes(
  collect: (body: unknown, client: Client) => Promise<{ accepted: string[] }>,
): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/events',
      summary: 'Collection events and facts: one, or a list of which all are accepted or none',
      right: 'collect',
      body: bodySchema,
      status: 202,
      answer: z.strictObject({ accepted: z.array(z.string()) }),
      handle: ({ body, client }) => collect(body, client),
    }),
  ];
}

import { route, type Route } from '@keiro/runtime';
import { cutAnswerSchema, cutSchema, withdrawSchema } from '@keiro/schemas';
import type { createCuts } from './cuts.ts';

/** What operators decide about who is who (D1). */
export function cutRoutes(decide: ReturnType<typeof createCuts>): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/cuts',
      summary: 'Two refs are not of one person, whatever links there are; tells whether they still meet',
      right: 'links:manage',
      body: cutSchema,
      answer: cutAnswerSchema,
      handle: ({ body: { a, b, reason, note }, client }) =>
        decide({ a, b }, { decision: 'cut', by: client.name, reason, note }),
    }),
    route({
      method: 'POST',
      path: '/v1/cuts/withdraw',
      summary: 'Takes a cut back: links between the two count again',
      right: 'links:manage',
      body: withdrawSchema,
      answer: cutAnswerSchema,
      handle: ({ body: { a, b, note }, client }) =>
        decide({ a, b }, { decision: 'withdrawn', by: client.name, note }),
    }),
  ];
}

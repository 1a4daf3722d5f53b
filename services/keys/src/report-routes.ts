import { route, type Route } from '@keiro/runtime';
import {
  reportKeyRequestSchema,
  reportKeyResponseSchema,
  reportKeysRequestSchema,
  reportKeysResponseSchema,
} from '@keiro/schemas';
import { checkHolder } from './release.ts';
import type { ReportKeys } from './report-keys.ts';

/** Who may prove custody reports of a holder: its own client, and the few that act for all. */
export function reportRoutes({ reportKeys }: { readonly reportKeys: ReportKeys }): Route[] {
  const keyOf = async (holder: string) => (await reportKeys.keyOf(holder)).toString('base64');
  return [
    route({
      method: 'POST',
      path: '/v1/reports/key',
      summary: 'The key with which the holder of the token proves its custody reports',
      right: 'custody:report',
      body: reportKeyRequestSchema,
      answer: reportKeyResponseSchema,
      async handle({ body: { holder }, client }) {
        checkHolder(client, holder);
        return { key: await keyOf(holder) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/reports/keys',
      summary: 'Those keys of several holders, for who verifies their reports or imports for them',
      right: 'keys:reporters',
      body: reportKeysRequestSchema,
      answer: reportKeysResponseSchema,
      handle: async ({ body: { holders } }) => ({ keys: await Promise.all(holders.map(keyOf)) }),
    }),
  ];
}

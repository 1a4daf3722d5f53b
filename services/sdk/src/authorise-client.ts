import { callJson } from '@keiro/runtime';
import { authoriseResponseSchema, type AuthoriseResponse, type Transfer } from '@keiro/schemas';

const atOnce = 500;

/**
 * T0: asks `transfer` whether these may be handed over now; answers in the order asked. Right `transfers:authorise`.
 * Ask before, not after: what was refused must not leave. Throws retryably while `transfer` does not answer.
 */
export async function authoriseTransfers(
  options: { url: string; token: string },
  transfers: readonly Transfer[],
): Promise<AuthoriseResponse['results']> {
  const results: AuthoriseResponse['results'] = [];
  for (let from = 0; from < transfers.length; from += atOnce) {
    const body = { transfers: transfers.slice(from, from + atOnce) };
    results.push(
      ...(
        await callJson(
          { timeoutMs: 60_000, ...options },
          { path: '/v1/transfers/authorise', body },
          authoriseResponseSchema,
        )
      ).results,
    );
  }
  return results;
}

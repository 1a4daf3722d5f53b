import { callJson } from '@keiro/runtime/call';
import { readConfig, tokenConfig } from '@keiro/runtime/config';
import { KeiroError, messageOf } from '@keiro/runtime/errors';
import { z, ZodError } from 'zod';
import { addressConfig } from './addresses.ts';
import { environmentFor } from './environment.ts';

const variables = {
  query: 'KEIRO_QUERY_URL',
  request: 'KEIRO_REQUEST_URL',
  tag: 'KEIRO_TAG_URL',
  transfer: 'KEIRO_TRANSFER_URL',
  erase: 'KEIRO_ERASE_URL',
  keys: 'KEIRO_KEYS_URL',
} as const;

interface Question {
  /** GET unless there is a body. An identifier is in the body, never in the path. */
  readonly path: string;
  readonly body?: unknown;
}

/** Asks one service; whatever goes wrong is one sentence that says what to do. */
export type Ask = <R extends z.ZodType>(question: Question, answer: R) => Promise<z.infer<R>>;

/** `client` is the one in whose name it asks: what an operator decides is not for who answers people. */
export function asking(
  service: keyof typeof variables,
  client: 'compliance' | 'operator' | 'duties' = 'compliance',
  timeoutMs = 60_000,
): Ask {
  const variable = variables[service];
  const config = readConfig(z.object({ ...addressConfig, ...tokenConfig }), environmentFor(client));
  const url = config[variable];
  return async ({ path, body }, answer) => {
    const request =
      body === undefined ? { method: 'GET' as const, path } : { method: 'POST' as const, path, body };
    try {
      return await callJson({ url, token: config.KEIRO_TOKEN, timeoutMs }, request, answer);
    } catch (error) {
      throw explained(error, service, url, variable);
    }
  };
}

function explained(error: unknown, service: string, url: string, variable: string): unknown {
  if (error instanceof ZodError) {
    const message = `the ${service} service at ${url} gives another answer than this program knows: are both of the same version?`;
    return new KeiroError('unknown-answer', message, { retryable: false, cause: error });
  }
  if (!(error instanceof KeiroError) || !error.retryable) return error;
  const message =
    `the ${service} service at ${url} does not answer (${reasonOf(error)}).\n` +
    `npm start brings everything up; to ask another one, set ${variable}.`;
  return new KeiroError('unavailable', message, { retryable: true, cause: error });
}

/** The innermost cause: "connection refused" says more than "fetch failed". */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? reasonOf(error.cause) : messageOf(error);
}

import { z } from 'zod';
import { RefusedError, UnavailableError } from './errors.ts';

export interface CallOptions {
  readonly url: string;
  readonly token: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Calls another service. 5xx, 429 and no answer at all are retryable; any other refusal is not, and carries
 * the fields that the service named.
 */
export async function callJson<R extends z.ZodType>(
  options: CallOptions,
  request: { method?: 'GET' | 'POST'; path: string; body?: unknown },
  answer: R,
): Promise<z.infer<R>> {
  const where = `${request.method ?? 'POST'} ${options.url}${request.path}`;
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 10_000);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${options.url}${request.path}`, {
      method: request.method ?? 'POST',
      headers: {
        authorization: `Bearer ${options.token}`,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    text = await response.text();
  } catch (error) {
    throw new UnavailableError(where, error);
  }
  if (response.ok) return answer.parse(JSON.parse(text));
  if (response.status >= 500 || response.status === 429) {
    throw new UnavailableError(where, new Error(`answered ${String(response.status)}`));
  }
  throw new RefusedError(response.status, `${where} answered ${String(response.status)}: ${describe(text)}`);
}

const problemSchema = z.object({
  title: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});

function describe(text: string): string {
  try {
    const problem = problemSchema.parse(JSON.parse(text));
    const fields = (problem.errors ?? []).map(({ field, message }) => `${field} ${message}`);
    return [problem.title, ...fields].join('; ');
  } catch {
    return 'no problem document';
  }
}

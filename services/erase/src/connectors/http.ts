import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { kindOfRef, type ConnectorConfig } from '@keiro/schemas';
import {
  chunksOf,
  ConnectorError,
  type Connector,
  type Flagging,
  type SweptLife,
  type Work,
} from './connector.ts';
import { cannotCorrect } from './fields.ts';

type Config = Extract<ConnectorConfig, { kind: 'http' }>;

const timeoutMs = 10_000;
/** How long one attempt waits for a processor to complete a request; then the attempt has failed. */
const patienceMs = 30_000;
const firstPauseMs = 50;
const longestPauseMs = 2000;

const statusSchema = z.object({
  request_status: z.string().regex(/^[a-z_]{1,32}$/),
  /** How many items it removed; a processor that does not say counts nothing. */
  results_count: z.int().min(0).default(0),
});
const probeSchema = z.object({ found: z.int().min(0) });

/**
 * A processor that speaks OpenDSR: a request of type erasure, its status until it is completed, and a probe that
 * we ask of our processors besides. A processor tells lives apart by the identifiers alone.
 */
export function openHttpConnector(config: Config, url: string, token: string | undefined): Connector {
  async function call<T extends z.ZodType>(
    work: Work,
    request: { method: 'GET' | 'POST'; path: string; body?: unknown },
    answer: T,
  ): Promise<z.infer<T>> {
    const response = await fetch(`${url}${request.path}`, {
      method: request.method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.any([work.signal, AbortSignal.timeout(timeoutMs)]),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    // The text may repeat what was sent, so it goes no further than this.
    const text = await response.text();
    if (!response.ok) {
      throw new ConnectorError(
        'http-status',
        `${request.method} ${route(request.path)} answered ${String(response.status)}`,
      );
    }
    const parsed = answer.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    const fields = parsed.error.issues.map(({ path }) => path.map(String).join('.') || 'the body').join(', ');
    throw new ConnectorError(
      'garbage',
      `${request.method} ${route(request.path)} answered something else: ${fields}`,
    );
  }

  /** Number of items that the processor says it removed. */
  async function completed(work: Work, id: string): Promise<number> {
    const deadline = Date.now() + patienceMs;
    for (let pauseMs = 0; ; pauseMs = Math.min(Math.max(pauseMs * 2, firstPauseMs), longestPauseMs)) {
      await delay(pauseMs, undefined, { signal: work.signal });
      const status = await call(work, { method: 'GET', path: `/requests/${id}` }, statusSchema);
      if (status.request_status === 'completed') return status.results_count;
      const isOpen = status.request_status === 'pending' || status.request_status === 'in_progress';
      if (!isOpen || Date.now() > deadline) {
        throw new ConnectorError('not-completed', `the processor says ${status.request_status}`);
      }
    }
  }

  const cannotSay = (): Promise<Flagging> =>
    Promise.resolve({ unsupported: 'OpenDSR has no request for suspension' });

  return {
    async erase(work) {
      let part = 0;
      for (const identities of chunksOf(identitiesOf(config, work.lives))) {
        const id = requestIdOf(work, part);
        part += 1;
        const body = {
          regulation: 'appi',
          subject_request_id: id,
          subject_request_type: 'erasure',
          subject_identities: identities,
        };
        await call(work, { method: 'POST', path: '/requests', body }, z.unknown());
        work.count('requests', await completed(work, id));
      }
    },
    suspend: cannotSay,
    resume: cannotSay,
    async probe(work) {
      let found = 0;
      for (const identities of chunksOf(identitiesOf(config, work.lives))) {
        const body = { subject_identities: identities };
        found += (await call(work, { method: 'POST', path: '/probe', body }, probeSchema)).found;
      }
      return found;
    },
    correct: (_work, changes) => Promise.resolve(cannotCorrect(changes)),
    async *export() {
      await Promise.resolve();
      yield { items: [], unsupported: 'this processor is not asked for what it holds' };
    },
    close: () => Promise.resolve(),
  };
}

/** Identifiers in the processor's own terms. Pure. */
export function identitiesOf(
  { identities }: Pick<Config, 'identities'>,
  lives: readonly SweptLife[],
): { identity_type: string; identity_value: string }[] {
  return lives.flatMap(({ ref, value }) => {
    const kind = kindOfRef(ref);
    const type = identities === undefined ? kind : kind === 'unattributed' ? undefined : identities[kind];
    return type === undefined ? [] : [{ identity_type: type, identity_value: value }];
  });
}

/**
 * Id of one request of an attempt in the form of a UUID, as OpenDSR wants it: the same when the attempt is carried on
 * after a crash, another one for the next attempt, which has to sweep again.
 */
export function requestIdOf({ task, attempt }: Pick<Work, 'task' | 'attempt'>, part: number): string {
  const hex = createHash('sha256')
    .update(`${task}-${String(attempt)}-${String(part)}`)
    .digest('hex');
  // Version 8, "custom", of RFC 9562.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const route = (path: string) => path.replace(/\/requests\/.*/, '/requests/:id');

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

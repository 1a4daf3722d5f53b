import type { ConnectorConfig } from '@keiro/schemas';
import { chunksOf, ConnectorError, WaitingError, type Work } from '../connectors/connector.ts';
import type { OpenDsrClient, Word } from './client.ts';
import { identitiesOf } from './identities.ts';
import {
  partition,
  requestBody,
  requestIdOf,
  type Discovery,
  type Identity,
  type RequestType,
  type Status,
} from './message.ts';
import { lookAgainAt, patienceWith, saysOf } from './patience.ts';
import type { Wakes } from './wakes.ts';

type Config = Extract<ConnectorConfig, { kind: 'http' }>;

/** How long one attempt waits for an answer; after that the task waits, and holds up no other. */
const patienceMs = 20_000;
const firstPauseMs = 50;
const longestPauseMs = 2000;
/** Calls to one processor at the same time. */
const atOnce = 8;

export interface AskDependencies {
  readonly client: OpenDsrClient;
  readonly wakes: Wakes;
  readonly now: () => Date;
  /** Where the processor tells a change of status (§8.5); absent: it is asked only. */
  readonly callbackUrl?: (work: Work) => string;
}

interface Asked {
  readonly id: string;
  readonly identities: readonly Identity[];
}

/** One of our requests, completed. */
export interface Answered {
  readonly id: string;
  readonly identifiers: number;
  readonly status: Status;
  readonly word: Word;
}

/**
 * Asks a processor and waits until it has completed all of it, woken by its callbacks. Throws {@link WaitingError}
 * while it is at it; the next attempt then looks after the same requests. Undefined where it has been at it for so
 * long that nobody believes in an answer.
 */
export async function ask(
  config: Config,
  work: Work,
  type: RequestType,
  deps: AskDependencies,
): Promise<Answered[] | undefined> {
  const { client, now } = deps;
  const discovery = await client.discovery(work.signal);
  const asked = askedOf(work, type, now());
  const requests = requestsOf(config, discovery, { ...work, ...asked }, type);
  const submit = (one: Asked) => submitOne(config, discovery.api_version, work, type, one, deps);
  if (asked.waiting === undefined) await each(requests, submit);

  const answered = new Map<string, Answered>();
  const deadline = now().getTime() + patienceMs;
  for (let pauseMs = 0; ; pauseMs = Math.min(Math.max(pauseMs * 2, firstPauseMs), longestPauseMs)) {
    await deps.wakes.sleep(work.task, pauseMs, work.signal);
    let expected: Date | undefined;
    let says = 'pending';
    await each(
      requests.filter(({ id }) => !answered.has(id)),
      async (one) => {
        const told = await client.status(one.id, work.signal);
        // It has forgotten, or was never told because we were killed.
        if (told === undefined) return submit(one);
        const { status, word } = told;
        if (status.request_status === 'cancelled')
          throw new ConnectorError('cancelled', 'the processor says cancelled');
        if (status.request_status === 'completed') {
          answered.set(one.id, { id: one.id, identifiers: one.identities.length, status, word });
          return;
        }
        says = status.request_status;
        const promised = status.expected_completion_time ?? undefined;
        if (promised !== undefined && (expected === undefined || promised > expected)) expected = promised;
      },
    );
    if (answered.size === requests.length) return [...answered.values()];
    const moment = now();
    const waited = {
      since: asked.since,
      expected: asked.waiting?.expected ?? expected,
    };
    if (patienceWith(moment, waited) === 'over') {
      if (type === 'erasure') throw new ConnectorError('overdue', saysOf(moment, says, waited));
      await each(requests, ({ id }) => client.cancel(id, work.signal));
      return undefined;
    }
    // It has said that it will take longer than we look on.
    const isSlow = (expected?.getTime() ?? 0) > deadline;
    if (isSlow || moment.getTime() > deadline) {
      throw new WaitingError(saysOf(moment, says, waited), {
        until: lookAgainAt(moment, waited),
        expected,
        since: asked.since,
      });
    }
  }
}

/** Whether the processor takes requests of this type (§6.3), and what it takes of the person. */
export function requestsOf(
  config: Config,
  discovery: Discovery,
  { task, lives, since, round }: Pick<Work, 'task' | 'lives'> & Round,
  type: RequestType,
): Asked[] {
  if (!discovery.supported_subject_request_types.includes(type))
    throw new ConnectorError('unsupported', `the processor takes no request of type ${type}`);
  const parts = partition(discovery.api_version, identitiesOf(config, discovery, lives));
  // An erasure that was answered is answered; a look at what is there now must not be an older one.
  const when = type === 'erasure' ? round : since.toISOString();
  return parts.map((identities, part) => ({
    id: requestIdOf(task, config.url.env, type, when, part),
    identities,
  }));
}

interface Round {
  /** When this was first asked. */
  readonly since: Date;
  /** The attempt that asked. */
  readonly round: number;
  /** Absent: it is asked now. */
  readonly waiting?: Work['waiting'];
}

/** What an earlier attempt asked counts only for the same step: an erasure that waits says nothing of a look. */
function askedOf(work: Work, type: RequestType, now: Date): Round {
  const step = type === 'erasure' ? 'erase' : 'probe';
  const waiting = work.waiting?.step === step ? work.waiting : undefined;
  return {
    since: waiting?.since ?? now,
    round: waiting?.attempt ?? work.round ?? work.attempt,
    ...(waiting === undefined ? {} : { waiting }),
  };
}

async function submitOne(
  config: Config,
  apiVersion: string,
  work: Work,
  type: RequestType,
  { id, identities }: Asked,
  { client, now, callbackUrl }: AskDependencies,
): Promise<void> {
  const body = requestBody(apiVersion, {
    regulation: config.regulation ?? 'appi',
    id,
    type,
    submittedAt: work.submittedAt ?? now(),
    identities,
    group: work.request,
    ...(callbackUrl === undefined ? {} : { callbackUrl: callbackUrl(work) }),
    ...(config.extensions === undefined ? {} : { extensions: config.extensions }),
  });
  const taken = await client.submit(body, work.signal);
  if (taken === 'accepted' || (await client.status(id, work.signal)) !== undefined) return;
  if (taken === 'known') throw new ConnectorError('http-status', 'POST /requests answered 400');
  throw new WaitingError('the processor is at another request about the same person', {
    until: new Date(now().getTime() + 60_000),
  });
}

async function each<T>(values: readonly T[], does: (value: T) => Promise<unknown>): Promise<void> {
  for (const some of chunksOf(values, atOnce)) await Promise.all(some.map(does));
}

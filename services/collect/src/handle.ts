import { KeiroError, ProblemError, type Client, type FieldIssue, type Metrics } from '@keiro/runtime';
import type { CollectionEvent, Fact } from '@keiro/schemas';
import { InvalidEventsError, type Emitter } from '@keiro/sdk';

/** Events and facts in one request. */
export const batchLimit = 1000;

export interface CollectDependencies {
  readonly emitter: Pick<Emitter, 'emitBatch' | 'buffered'>;
  readonly metrics: Metrics;
}

/**
 * Takes the body of a request, one event or fact or a list of them, for a client. Resolves with the ids when Kafka has them all.
 * All or nothing: whatever is refused, nothing of the request was sent. Errors are {@link ProblemError}s that name
 * each bad event and field, or retryable ones, which the HTTP shell answers with 503: the same ids may be sent again.
 */
export function createCollect({ emitter, metrics }: CollectDependencies) {
  const accepted = metrics.counter('keiro_collect_accepted_total', 'events that Kafka has', ['type']);
  const refused = metrics.counter('keiro_collect_refused_total', 'events or requests refused', ['code']);
  const buffered = metrics.gauge('keiro_collect_buffered', 'events under way to Kafka');

  return async function collect(body: unknown, client: Client): Promise<{ accepted: string[] }> {
    try {
      const events = eventsOf(body);
      checkSources(events, client);
      // The emitter checks each against its contract.
      const answer = emitter.emitBatch(events as readonly (CollectionEvent | Fact)[]);
      buffered.set(emitter.buffered);
      const emitted = await answer;
      for (const { topic } of emitted) accepted.inc({ type: topic.slice(topic.indexOf('.') + 1) });
      return { accepted: emitted.map(({ id }) => id) };
    } catch (error) {
      const problem = error instanceof InvalidEventsError ? invalid(error) : error;
      for (const code of codesOf(problem)) refused.inc({ code });
      throw problem;
    } finally {
      buffered.set(emitter.buffered);
    }
  };
}

function eventsOf(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) {
    if (typeof body === 'object' && body !== null) return [body];
    throw new ProblemError(400, 'invalid-body', 'the body must be an event or a list of events');
  }
  if (body.length === 0) throw new ProblemError(400, 'empty-batch', 'the list holds no event');
  if (body.length > batchLimit) {
    throw new ProblemError(413, 'too-many-events', `a request takes at most ${String(batchLimit)} events`);
  }
  return body;
}

/** A source is bound to the client's key: nobody emits in another's name. */
function checkSources(events: readonly unknown[], client: Client): void {
  if (client.sources.includes('*')) return;
  const issues = events.flatMap((event, index): FieldIssue[] => {
    const source: unknown =
      typeof event === 'object' && event !== null && 'source' in event ? event.source : undefined;
    if (typeof source !== 'string' || client.sources.includes(source)) return [];
    return [
      {
        field: `events.${String(index)}.source`,
        code: 'source_not_allowed',
        message: 'is none of the sources of this client',
      },
    ];
  });
  if (issues.length > 0) {
    throw new ProblemError(403, 'source_not_allowed', 'this client may not emit for that source', issues);
  }
}

function invalid(error: InvalidEventsError): ProblemError {
  const issues = error.events.flatMap(({ index, issues: found }) =>
    found.map((issue) => ({
      ...issue,
      field: `events.${String(index)}${issue.field === '' ? '' : `.${issue.field}`}`,
    })),
  );
  return new ProblemError(
    422,
    'invalid-events',
    'some events are not as they should be; none was accepted',
    issues,
  );
}

/** What is counted: each fault of each event (X1 wants foreign sites counted), else the problem itself. */
function codesOf(problem: unknown): string[] {
  if (problem instanceof ProblemError && problem.issues.length > 0)
    return problem.issues.map(({ code }) => code);
  return [problem instanceof KeiroError ? problem.code : 'internal'];
}

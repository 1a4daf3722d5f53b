import type { RequestDocument, RequestType, TaskDocument } from '@keiro/schemas';

/** What holders flag: each of them leaves another state behind, so their order counts. */
const flagged: ReadonlySet<RequestType> = new Set(['suspension', 'resume', 'third-party-denial']);

/** Requests of the same person that came before this one and must not be overtaken by it. Pure. */
export function earlierThan(request: RequestDocument, open: readonly RequestDocument[]): RequestDocument[] {
  if (!flagged.has(request.type)) return [];
  return open.filter(
    ({ _id, type, receivedAt }) =>
      flagged.has(type) &&
      _id !== request._id &&
      (receivedAt < request.receivedAt ||
        (receivedAt.getTime() === request.receivedAt.getTime() && _id < request._id)),
  );
}

/**
 * Holders at which an earlier request has still to be carried out, and by which. One that failed waits for an operator,
 * which may take days: what standing says by now is flagged all the same, whichever request brings a worker there. Pure.
 */
export function heldBack(earlier: readonly TaskDocument[]): Map<string, string> {
  const open = earlier.filter(({ state }) => state === 'pending' || state === 'running');
  return new Map(open.map(({ holder, request }) => [holder, request]));
}

import type { RequestDocument, RequestEvent, RequestState } from '@keiro/schemas';
import { lifeOf, numbered } from './evolve.ts';
import { move } from './decide.ts';

/** The events of a request that its execution takes to a state; none where nobody asked for it. Pure. */
export function movedTo(
  { events }: Pick<RequestDocument, 'events'>,
  to: RequestState | undefined,
  at: Date | undefined,
): RequestEvent[] {
  if (events === undefined || to === undefined || at === undefined) return [];
  return numbered(move(to, lifeOf(events)), events.length, at, 'request');
}

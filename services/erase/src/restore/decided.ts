import type { Decided, Life } from '@keiro/schemas';

/** A request as one holder knows it; `doneAt` is absent while the holder has not done it. */
export interface DecidedRequest {
  readonly type: string;
  readonly lives: readonly Life[];
  readonly doneAt?: Date | undefined;
}

/** What a replay repeats. A correction is not among them: its values are nowhere in Keiro. */
const replayed = ['deletion', 'suspension', 'resume'];

/**
 * Counts, by type, what a holder did after a moment or has still to do: that much an older copy lacks. Persons are
 * counted by the ref from which the request found them. Pure.
 */
export async function decidedSince(
  requests: AsyncIterable<DecidedRequest> | Iterable<DecidedRequest>,
  since: Date,
): Promise<Decided[]> {
  const types = new Map<string, { requests: number; persons: Set<string>; refs: Set<string> }>();
  for await (const { type, lives, doneAt } of requests) {
    if (doneAt !== undefined && doneAt <= since) continue;
    const all = types.get(type) ?? { requests: 0, persons: new Set(), refs: new Set() };
    all.requests += 1;
    const [first] = lives;
    if (first !== undefined) all.persons.add(first.ref);
    for (const { ref } of lives) all.refs.add(ref);
    types.set(type, all);
  }
  return [...types]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, all]) => ({
      type,
      requests: all.requests,
      persons: all.persons.size,
      refs: all.refs.size,
      replayed: replayed.includes(type),
    }));
}

import type { Log } from '@keiro/runtime';
import type { WrappedCollection } from '@keiro/schemas';
import type { Keks, Wrapped } from './keks.ts';
import type { WrappedKey, WrappedStore } from './wrapped-store.ts';

export interface RewrapDependencies {
  readonly keks: Keks;
  readonly wrapped: WrappedStore;
  readonly random: (bytes: number) => Buffer;
  readonly log: Log;
  /** Called after each batch; answers false to stop, e.g. when another instance has the work. */
  readonly goOn: (done: { from: WrappedCollection; rewrapped: number }) => Promise<boolean>;
}

const batchSize = 500;

/**
 * One pass: whatever is under an older epoch is unwrapped and wrapped under the current one. Answers how many did not
 * unwrap, or undefined when it was stopped. Killed anywhere, it can simply be run again.
 */
export async function rewrapOnce(deps: RewrapDependencies): Promise<{ unreadable: number } | undefined> {
  let unreadable = 0;
  for await (const { from, keys } of deps.wrapped.olderThan(deps.keks.current, batchSize)) {
    const rewrapped = await deps.keks.wrapping(async (wrap) => {
      const changes: { before: WrappedKey; after: Wrapped }[] = [];
      for (const before of keys) {
        try {
          const key = await deps.keks.unwrap(before.wrapped, before.owner);
          changes.push({ before, after: wrap(key, before.owner, deps.random(12)) });
        } catch (error) {
          // It holds up the end of its epoch, which is where a person sees it.
          unreadable += 1;
          deps.log.error({ err: error, collection: from }, 'a wrapped key that does not unwrap');
        }
      }
      return deps.wrapped.replace(from, changes);
    });
    if (!(await deps.goOn({ from, rewrapped }))) return undefined;
  }
  return { unreadable };
}

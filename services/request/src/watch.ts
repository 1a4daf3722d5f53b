import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeStream, ChangeStreamDocument, Collection } from 'mongodb';
import type { Log } from '@keiro/runtime';

const pauseMs = 1000;

/**
 * Tells which documents are new or change, as soon as they do. It is a short cut only: while the stream is broken
 * the same changes are found by those who look at all of them every few seconds.
 */
export function watchChanges<T extends { readonly _id: string }>(options: {
  collection: Collection<T>;
  operations: readonly ('insert' | 'update' | 'replace')[];
  /** Of an update, whether it is of interest, by what it set; all are unless said. */
  concerns?: (set: Partial<T>) => boolean;
  onChange: (id: string) => void;
  log: Log;
}): { close(): Promise<void> } {
  const { collection, operations } = options;
  const stop = new AbortController();
  const isStopped = () => stop.signal.aborted;
  let stream: ChangeStream<T, ChangeStreamDocument<T>> | undefined;

  async function run(): Promise<void> {
    while (!isStopped()) {
      stream = collection.watch([{ $match: { operationType: { $in: operations } } }]);
      try {
        for await (const change of stream) {
          if (!('documentKey' in change)) continue;
          if (change.operationType === 'update' && options.concerns !== undefined) {
            const { updatedFields } = change.updateDescription;
            if (!options.concerns(updatedFields ?? {})) continue;
          }
          options.onChange(change.documentKey._id);
        }
      } catch (error) {
        if (isStopped()) return;
        options.log.warn(
          { err: error, collection: collection.collectionName },
          'a change stream broke off; opening it again',
        );
      }
      await stream.close();
      await delay(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  }
  const running = run();

  return {
    async close() {
      stop.abort();
      await stream?.close();
      await running;
    },
  };
}

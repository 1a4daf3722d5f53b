import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeStream, ChangeStreamDocument, Db, Document } from 'mongodb';
import type { Log } from '@keiro/runtime';

const pauseMs = 1000;

/** What is of interest in one collection. */
export interface Watched {
  readonly operations: readonly ('insert' | 'update' | 'replace')[];
  /** Of an update, whether it is of interest, by what it set; all are unless said. */
  readonly concerns?: (set: Document) => boolean;
  readonly onChange: (id: string) => void;
}

/**
 * Tells which documents of some collections are new or change, as soon as they do, by one stream for all of them: each
 * stream of its own would have the server read every change once more. It is a short cut only: while the stream is
 * broken the same changes are found by those who look at all of them every few seconds.
 */
export function watchChanges(options: { db: Db; collections: Readonly<Record<string, Watched>>; log: Log }): {
  close(): Promise<void>;
} {
  const { db, collections } = options;
  const stop = new AbortController();
  const isStopped = () => stop.signal.aborted;
  const wanted = Object.entries(collections).map(([coll, { operations }]) => ({
    'ns.coll': coll,
    operationType: { $in: [...operations] },
  }));
  let stream: ChangeStream<Document, ChangeStreamDocument> | undefined;

  async function run(): Promise<void> {
    while (!isStopped()) {
      stream = db.watch([{ $match: { $or: wanted } }]);
      try {
        for await (const change of stream) {
          if (!('documentKey' in change)) continue;
          const watched = collections[change.ns.coll];
          if (change.operationType === 'update' && watched?.concerns !== undefined) {
            if (!watched.concerns(change.updateDescription.updatedFields ?? {})) continue;
          }
          watched?.onChange(String(change.documentKey._id));
        }
      } catch (error) {
        if (isStopped()) return;
        options.log.warn({ err: error }, 'a change stream broke off; opening it again');
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

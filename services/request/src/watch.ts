import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeStream, ChangeStreamDocument, Collection } from 'mongodb';
import type { Log } from '@keiro/runtime';
import type { TaskDocument } from '@keiro/schemas';

const pauseMs = 1000;

/**
 * Tells which tasks change, as soon as they do. It is a short cut only: while the stream is broken the driver
 * finds the same changes when it looks at all open requests.
 */
export function watchTasks(options: {
  tasks: Collection<TaskDocument>;
  onChange: (task: string) => void;
  log: Log;
}): { close(): Promise<void> } {
  const stop = new AbortController();
  const isStopped = () => stop.signal.aborted;
  let stream: ChangeStream<TaskDocument, ChangeStreamDocument<TaskDocument>> | undefined;

  async function run(): Promise<void> {
    while (!isStopped()) {
      stream = options.tasks.watch([{ $match: { operationType: { $in: ['update', 'replace'] } } }]);
      try {
        for await (const change of stream) {
          if (change.operationType === 'update' || change.operationType === 'replace') {
            options.onChange(change.documentKey._id);
          }
        }
      } catch (error) {
        if (isStopped()) return;
        options.log.warn({ err: error }, 'the change stream of tasks broke off; opening it again');
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

import { Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Log } from '@keiro/runtime';
import { queueOf } from '@keiro/schemas';

const refreshEveryMs = 2000;
const tasksAtOnce = 5;
const jobSchema = z.strictObject({ task: z.string().max(256) });

/** One worker per registered holder. Holders that are registered later get theirs within two seconds. */
export function startWorkers(options: {
  redis: Redis;
  /** Of every key in Redis. */
  prefix: string;
  holders: () => Promise<readonly { _id: string }[]>;
  run: (task: string) => Promise<void>;
  log: Log;
}): { close(): Promise<void> } {
  const { log } = options;
  const workers = new Map<string, Worker>();

  function startWorker(holder: string): Worker {
    const worker = new Worker(
      queueOf(holder),
      async (job: Job) => {
        await options.run(jobSchema.parse(job.data).task);
      },
      {
        connection: options.redis,
        prefix: options.prefix,
        concurrency: tasksAtOnce,
        // A killed worker's jobs come back within seconds; MongoDB's lease decides whether they may run.
        lockDuration: 10_000,
        stalledInterval: 5000,
      },
    );
    // The task itself is safe in MongoDB; the reconciler of `request` brings its job back.
    worker.on('failed', (job, error) => {
      log.warn({ holder, job: job?.id, err: error }, 'a job ended before its task was settled');
    });
    worker.on('error', (error) => {
      log.warn({ holder, err: error }, 'queue');
    });
    return worker;
  }

  async function refresh(): Promise<void> {
    const registered = new Set((await options.holders()).map(({ _id }) => _id));
    for (const holder of registered) {
      if (!workers.has(holder)) workers.set(holder, startWorker(holder));
    }
    for (const [holder, worker] of workers) {
      if (registered.has(holder)) continue;
      workers.delete(holder);
      await worker.close();
    }
  }

  let refreshing: Promise<void> | undefined;
  const look = () => {
    refreshing ??= refresh()
      .catch((error: unknown) => {
        log.warn({ err: error }, 'could not look for new holders');
      })
      .finally(() => {
        refreshing = undefined;
      });
  };
  look();
  const timer = setInterval(look, refreshEveryMs);

  return {
    async close() {
      clearInterval(timer);
      await refreshing;
      // Jobs that run now are finished first; a lost Redis is not waited for.
      const force = options.redis.status !== 'ready';
      await Promise.all([...workers.values()].map((worker) => worker.close(force)));
    },
  };
}

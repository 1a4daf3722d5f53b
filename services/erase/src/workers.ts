import { Queue, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Log } from '@keiro/runtime';
import { limitsOf, queueOf, type HolderDocument, type Limits } from '@keiro/schemas';
import type { HolderGate } from './gate.ts';

const refreshEveryMs = 1000;
const jobSchema = z.strictObject({ task: z.string().max(256) });

interface Running {
  readonly worker: Worker;
  readonly queue: Queue;
  readonly limits: string;
}

/**
 * One worker per registered holder, as many tasks at a time as the register allows. Holders that are registered later
 * get theirs within a second; one that takes no tasks now has its jobs wait where they are.
 */
export function startWorkers(options: {
  redis: Redis;
  /** Of every key in Redis. */
  prefix: string;
  holders: () => Promise<readonly Pick<HolderDocument, '_id' | 'limits'>[]>;
  /** Of a task; a killed worker's jobs come back about as soon. */
  leaseMs: number;
  gate: Pick<HolderGate, 'refresh' | 'isShut'>;
  run: (task: string, holder: string) => Promise<void>;
  log: Log;
}): { close(): Promise<void> } {
  const { log, gate, redis, prefix, leaseMs } = options;
  const workers = new Map<string, Running>();

  function startWorker(holder: string, { concurrency, perSecond }: Limits, limits: string): Running {
    const worker = new Worker(
      queueOf(holder),
      async (job: Job) => {
        await options.run(jobSchema.parse(job.data).task, holder);
        // At once, or the jobs of all that wait would pass by.
        if (gate.isShut(holder)) await worker.pause(true);
      },
      {
        connection: redis,
        prefix,
        concurrency,
        ...(perSecond === undefined ? {} : { limiter: { max: perSecond, duration: 1000 } }),
        // MongoDB's lease decides whether a job that came back may run.
        lockDuration: leaseMs,
        stalledInterval: leaseMs / 2,
      },
    );
    // The task itself is safe in MongoDB; the reconciler of `request` brings its job back.
    worker.on('failed', (job, error) => {
      log.warn({ holder, job: job?.id, err: error }, 'a job ended before its task was settled');
    });
    const tell = (error: Error) => {
      log.warn({ holder, err: error }, 'queue');
    };
    worker.on('error', tell);
    const queue = new Queue(queueOf(holder), { connection: redis, prefix });
    queue.on('error', tell);
    return { worker, queue, limits };
  }

  async function stopWorker(holder: string, force = false): Promise<void> {
    const running = workers.get(holder);
    workers.delete(holder);
    await running?.worker.close(force);
    await running?.queue.close();
  }

  async function refresh(): Promise<void> {
    const [holders] = await Promise.all([options.holders(), gate.refresh()]);
    const registered = new Map(holders.map((holder) => [holder._id, limitsOf(holder)]));
    for (const holder of workers.keys()) if (!registered.has(holder)) await stopWorker(holder);
    for (const [holder, limits] of registered) {
      const said = JSON.stringify(limits);
      if (workers.has(holder) && workers.get(holder)?.limits !== said) await stopWorker(holder);
      const running = workers.get(holder) ?? startWorker(holder, limits, said);
      workers.set(holder, running);
      const { worker, queue } = running;
      if (gate.isShut(holder) !== worker.isPaused()) {
        if (worker.isPaused()) await worker.resume();
        else await worker.pause(true);
      }
      // Over all workers; told again and again, because Redis may have lost it. While Redis is away nothing is lost.
      if (redis.status === 'ready') {
        queue.setGlobalConcurrency(limits.concurrency).catch((error: unknown) => {
          log.warn({ holder, err: error }, 'Redis did not take the limit of a holder');
        });
      }
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
      const force = redis.status !== 'ready';
      await Promise.all([...workers.keys()].map((holder) => stopWorker(holder, force)));
    },
  };
}

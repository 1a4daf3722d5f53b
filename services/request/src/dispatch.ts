import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Log } from '@keiro/runtime';
import { jobOf, queueOf, type TaskDocument } from '@keiro/schemas';
import { createLoop } from './loop.ts';

/**
 * Puts tasks into the queues of their holders. MongoDB is the truth and a job is only a hint that there is work:
 * offering a task again is harmless while its job is there, and brings the job back when Redis has lost it.
 */
export interface Dispatcher {
  /** Does not wait: while Redis is down, offers pile up here, once each. */
  offer(tasks: readonly TaskDocument[]): void;
  close(): Promise<void>;
}

export function createDispatcher(options: {
  redis: Redis;
  /** Of every key in Redis. */
  prefix: string;
  log: Log;
  now: () => Date;
}): Dispatcher {
  const queues = new Map<string, Queue>();
  let offered = new Map<string, TaskDocument>();

  const queueFor = (holder: string): Queue => {
    const existing = queues.get(holder);
    if (existing !== undefined) return existing;
    const queue = new Queue(queueOf(holder), { connection: options.redis, prefix: options.prefix });
    queue.on('error', (error) => {
      options.log.warn({ err: error, holder }, 'queue');
    });
    queues.set(holder, queue);
    return queue;
  };

  const loop = createLoop(async () => {
    const batch = [...offered.values()];
    offered = new Map();
    for (const holder of new Set(batch.map((task) => task.holder))) {
      const jobs = batch.filter((task) => task.holder === holder).map((task) => jobFor(task, options.now()));
      try {
        await queueFor(holder).addBulk(jobs);
      } catch (error) {
        // Nothing is lost: the tasks are in MongoDB, and the reconciler offers them again.
        options.log.error({ err: error, holder, jobs: jobs.length }, 'Redis did not take jobs');
      }
    }
  });

  return {
    offer(tasks) {
      for (const task of tasks) offered.set(jobOf(task), task);
      if (tasks.length > 0) loop.wake();
    },
    async close() {
      // A command to a lost server would wait for it for ever.
      if (options.redis.status !== 'ready') options.redis.disconnect();
      await loop.close();
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** The job of a task's present attempt: it carries the task's id and nothing else. Pure. */
export function jobFor(task: TaskDocument, now: Date) {
  return {
    name: 'task',
    data: { task: task._id },
    opts: {
      jobId: jobOf(task),
      // Attempts are counted in MongoDB, each with a job of its own.
      attempts: 1,
      removeOnComplete: true,
      removeOnFail: true,
      delay: Math.max(0, (task.notBefore?.getTime() ?? 0) - now.getTime()),
    },
  };
}

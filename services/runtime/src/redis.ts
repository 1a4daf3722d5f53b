import { Redis } from 'ioredis';
import { KeiroError } from './errors.ts';
import type { Log } from './log.ts';
import { whileUnavailable } from './wait.ts';

/**
 * A connection as BullMQ wants it: commands wait for a lost server instead of failing.
 * Redis must not evict: a job that is evicted would only be found again by the reconciler.
 */
export async function connectRedis(options: {
  url: string;
  log: Log;
  giveUpAfterMs?: number;
}): Promise<Redis> {
  const redis = new Redis(options.url, { maxRetriesPerRequest: null, lazyConnect: true });
  redis.on('error', (error: Error) => {
    options.log.warn({ err: error }, 'redis');
  });
  await whileUnavailable(
    { what: 'Redis', log: options.log, giveUpAfterMs: options.giveUpAfterMs ?? 60_000 },
    () => (redis.status === 'ready' ? Promise.resolve() : redis.connect()),
  );
  try {
    await checkEviction(redis);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return redis;
}

/** Throws where Redis would evict, as it may have been told since the start. */
export async function checkEviction(redis: Redis): Promise<void> {
  const [, policy] = await redis.config('GET', 'maxmemory-policy');
  if (policy === 'noeviction') return;
  throw new KeiroError('configuration', 'Redis must run with maxmemory-policy noeviction', {
    retryable: false,
  });
}

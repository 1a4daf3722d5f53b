import { setTimeout as delay } from 'node:timers/promises';
import { isRetryable, KeiroError, messageOf } from './errors.ts';
import type { Log } from './log.ts';

export interface RetryOptions {
  /** What is being waited for, in the words of the message that is logged. */
  readonly what: string;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** Milliseconds after which to give up with a clear error; without it, waits for ever. */
  readonly giveUpAfterMs?: number;
  /** Called before each wait, e.g. a consumer's heartbeat. */
  readonly onWait?: () => Promise<void>;
}

/**
 * Repeats an operation while its error says that waiting helps, 100 ms to 2 s apart, and says so in the log
 * once when it starts to wait and once when it goes on. Other errors pass through at once.
 */
export async function whileUnavailable<T>(options: RetryOptions, operation: () => Promise<T>): Promise<T> {
  const started = Date.now();
  let pauseMs = 100;
  let told = false;
  for (;;) {
    try {
      const result = await operation();
      if (told) options.log.info({ what: options.what, waitedMs: Date.now() - started }, 'available again');
      return result;
    } catch (error) {
      if (!isRetryable(error) || options.signal?.aborted === true) throw error;
      const waited = Date.now() - started;
      if (options.giveUpAfterMs !== undefined && waited > options.giveUpAfterMs) {
        throw new KeiroError(
          'unavailable',
          `${options.what} did not answer within ${String(options.giveUpAfterMs / 1000)} s: ${messageOf(error)}`,
          { retryable: false, cause: error },
        );
      }
      if (!told) options.log.warn({ what: options.what, err: error }, 'not available, waiting');
      told = true;
      await options.onWait?.();
      await delay(pauseMs, undefined, { signal: options.signal });
      pauseMs = Math.min(pauseMs * 2, 2000);
    }
  }
}

/** Polls a condition until it holds; for conditions that nobody announces. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  options: { what: string; timeoutMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new KeiroError('timeout', `${options.what}: not within ${String(options.timeoutMs / 1000)} s`, {
        retryable: false,
      });
    }
    await delay(options.everyMs ?? 50, undefined, { signal: options.signal });
  }
}

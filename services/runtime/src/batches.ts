import { setTimeout as delay } from 'node:timers/promises';
import { isRetryable } from './errors.ts';

/**
 * Does for many callers in one go what each asks for alone. One batch is under way at a time; whatever is asked
 * meanwhile makes the next, so that a single caller waits for nobody and many share their round trips. What is asked
 * is done after it was asked: an answer is never older than its question. A batch begins no sooner than `everyMs` after
 * the one before began, or as soon as it is full: whoever asks after a quiet moment is served at once, and where many ask
 * all the time, few round trips serve them.
 *
 * `work` answers in the order asked. Where it fails for a reason that belongs to one of them, each is done alone, so that
 * none fails for another's sake.
 */
export function createBatches<T, R>(
  work: (items: readonly T[]) => Promise<readonly R[]>,
  options: { readonly most?: number; readonly everyMs?: number } = {},
): (item: T) => Promise<R> {
  const { most = 500, everyMs = 20 } = options;
  interface Asked {
    readonly item: T;
    readonly resolve: (answer: R) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Asked[] = [];
  let working = false;
  let began = -Infinity;

  async function settle(batch: readonly Asked[]): Promise<void> {
    try {
      const answers = await work(batch.map(({ item }) => item));
      // In order: `work` answers as many as it was asked.
      for (const [n, { resolve }] of batch.entries()) resolve(answers[n] as R);
    } catch (error) {
      if (batch.length > 1 && !isRetryable(error)) for (const one of batch) await settle([one]);
      else for (const { reject } of batch) reject(error);
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const early = began + everyMs - performance.now();
      if (early > 0 && waiting.length < most) await delay(early);
      began = performance.now();
      const batch = waiting.slice(0, most);
      waiting = waiting.slice(most);
      await settle(batch);
    }
    working = false;
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (working) return;
      working = true;
      // After all that is asked in the same turn.
      setImmediate(() => void run());
    });
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from './kafka-types.ts';
import type { Log } from './log.ts';

/** What work that comes round is given. */
export interface Turn {
  /** Aborted when the whole is closed: what waits then is cut off, and not told as a failure. */
  readonly signal: AbortSignal;
  /** Between two batches, so that others come to their turn; rejects when the whole is closed. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Does something at once, then every `everyMs` and when it is woken, never twice at a time; a failure is told and the next
 * time tried again.
 */
export function every(
  {
    what,
    everyMs,
    log,
    level = 'debug',
  }: { what: string; everyMs: number; log: Log; level?: 'debug' | 'warn' | 'error' },
  work: (turn: Turn) => Promise<void>,
): Running & { readonly wake: () => void } {
  const stop = new AbortController();
  const { signal } = stop;
  const pause = async (ms: number): Promise<void> => {
    await delay(ms, undefined, { signal });
  };
  let working: Promise<void> | undefined;
  const start = () => {
    working ??= work({ signal, pause })
      .catch((error: unknown) => {
        if (!signal.aborted) log[level]({ err: error, what }, 'could not be done this time');
      })
      .finally(() => {
        working = undefined;
      });
  };
  start();
  const timer = setInterval(start, everyMs);
  return {
    wake: start,
    async close() {
      clearInterval(timer);
      stop.abort();
      await working;
    },
  };
}

import type { Running } from './kafka-types.ts';
import type { Log } from './log.ts';

/** Does something at once and then every `everyMs`, never twice at a time; a failure is told and the next time tried again. */
export function every(
  {
    what,
    everyMs,
    log,
    level = 'debug',
  }: { what: string; everyMs: number; log: Log; level?: 'debug' | 'warn' },
  work: () => Promise<void>,
): Running {
  let working: Promise<void> | undefined;
  const start = () => {
    working ??= work()
      .catch((error: unknown) => {
        log[level]({ err: error, what }, 'could not be done this time');
      })
      .finally(() => {
        working = undefined;
      });
  };
  start();
  const timer = setInterval(start, everyMs);
  return {
    async close() {
      clearInterval(timer);
      await working;
    },
  };
}

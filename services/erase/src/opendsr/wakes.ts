/** What waits for a processor in this process can be woken: by its callback, sooner than the next look. */
export interface Wakes {
  /** Until `ms` have passed, somebody wakes this task, or the signal is aborted (which throws). */
  sleep(task: string, ms: number, signal: AbortSignal): Promise<void>;
  /** Whether somebody was asleep. */
  wake(task: string): boolean;
}

export function createWakes(): Wakes {
  const asleep = new Map<string, Set<() => void>>();
  return {
    sleep(task, ms, signal) {
      signal.throwIfAborted();
      return new Promise((resolve, reject) => {
        const sleepers = asleep.get(task) ?? new Set();
        const end = (settle: () => void) => () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          sleepers.delete(rise);
          if (sleepers.size === 0) asleep.delete(task);
          settle();
        };
        const rise = end(resolve);
        const abort = end(() => {
          reject(signal.reason as Error);
        });
        const timer = setTimeout(rise, ms);
        signal.addEventListener('abort', abort, { once: true });
        asleep.set(task, sleepers.add(rise));
      });
    },
    wake(task) {
      const sleepers = [...(asleep.get(task) ?? [])];
      for (const rise of sleepers) rise();
      return sleepers.length > 0;
    },
  };
}

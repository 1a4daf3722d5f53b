/**
 * Work that is done once for however many callers asked meanwhile, never twice at a time. An error that the
 * work does not handle itself ends the process, as runtime's `runService` has it: nothing goes on half-dead.
 */
export interface Loop {
  /** There is something to do. */
  wake(): void;
  /** Waits for what is under way; aborts its waiting. */
  close(): Promise<void>;
}

export function createLoop(work: (signal: AbortSignal) => Promise<void>): Loop {
  const stop = new AbortController();
  let asked = false;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (asked && !stop.signal.aborted) {
      asked = false;
      await work(stop.signal);
    }
  }

  function start(): void {
    running = run().then(
      () => {
        running = undefined;
        // Somebody may have asked after the last look.
        if (asked && !stop.signal.aborted) start();
      },
      (error: unknown) => {
        running = undefined;
        if (!stop.signal.aborted) throw error;
      },
    );
  }

  return {
    wake() {
      asked = true;
      if (running === undefined && !stop.signal.aborted) start();
    },
    async close() {
      stop.abort();
      await running;
    },
  };
}

import { isRetryable, messageOf, type Log } from '@keiro/runtime';
import type { RequestState } from '@keiro/schemas';
import { createLoop } from './loop.ts';
import type { StageDependencies, StageOutcome } from './stage.ts';
import { stageOf } from './stages.ts';

/**
 * Carries every open request on. It is woken by what a request waits for (a command, an acknowledgement, a
 * task's change, Kafka having taken a standing) and looks at all of them every few seconds besides, so that a
 * lost wake-up costs seconds and nothing else.
 */
export interface Driver {
  wake(request: string): void;
  /** Wakes what waits for this. */
  wakeWaiting(on: Waiting['on']): void;
  /** What a request waits for, in words. */
  waitingFor(request: string): string | undefined;
  close(): Promise<void>;
}

type Waiting = Exclude<StageOutcome, 'moved'> | { readonly on: 'server'; readonly waitingFor: string };

const atOnce = 10;
/** How often consumer groups' positions are looked at, which nobody announces. */
const positionsEveryMs = 50;
const serversEveryMs = 1000;

export function startDriver(
  options: StageDependencies & {
    readonly log: Log;
    readonly reconcileEveryMs: number;
    /** A request left this state, or took a step in it. */
    readonly onMoved: (state: RequestState) => void;
  },
): Driver {
  const { store, log } = options;
  const due = new Set<string>();
  const waiting = new Map<string, Waiting>();

  async function drive(id: string): Promise<void> {
    try {
      for (;;) {
        const request = await store.request(id);
        const stage = request === null ? undefined : stageOf(request);
        if (request === null || stage === undefined) {
          waiting.delete(id);
          // What did not want to overtake it can go on.
          wakeWaiting('earlier');
          return;
        }
        const outcome = await stage(request, options);
        if (outcome !== 'moved') {
          waiting.set(id, outcome);
          return;
        }
        log.info({ request: id, state: request.state }, 'request moved on');
        options.onMoved(request.state);
      }
    } catch (error) {
      const retryable = isRetryable(error);
      waiting.set(id, { on: retryable ? 'server' : 'operator', waitingFor: messageOf(error) });
      if (retryable) log.warn({ err: error, request: id }, 'request has to wait for a server');
      else log.error({ err: error, request: id }, 'request does not move on');
    }
  }

  const loop = createLoop(async (signal) => {
    while (due.size > 0 && !signal.aborted) {
      const batch = [...due].slice(0, atOnce);
      for (const id of batch) due.delete(id);
      await Promise.all(batch.map(drive));
    }
  });

  const wake = (id: string): void => {
    due.add(id);
    loop.wake();
  };
  const wakeWaiting = (on: Waiting['on']): void => {
    for (const [id, one] of waiting) if (one.on === on) wake(id);
  };

  const reconciler = createLoop(async () => {
    try {
      for (const id of await store.openIds()) wake(id);
    } catch (error) {
      // The next round comes by itself; until then those that wait stay where they are.
      log.warn({ err: error }, 'could not look for open requests');
    }
  });
  reconciler.wake();
  const timers = [
    setInterval(() => {
      wakeWaiting('positions');
    }, positionsEveryMs),
    setInterval(() => {
      wakeWaiting('server');
    }, serversEveryMs),
    setInterval(() => {
      reconciler.wake();
    }, options.reconcileEveryMs),
  ];

  return {
    wake,
    wakeWaiting,
    waitingFor: (id) => waiting.get(id)?.waitingFor,
    async close() {
      for (const timer of timers) clearInterval(timer);
      await reconciler.close();
      await loop.close();
    },
  };
}

import { isRetryable, messageOf, type Log } from '@keiro/runtime';
import type { RequestDocument } from '@keiro/schemas';
import { draftingStore } from './draft.ts';
import { createLoop } from './loop.ts';
import type { Stage, StageDependencies, StageOutcome } from './stage.ts';
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

/** Requests that take a step at the same time share their round trips: many at once cost little more than one. */
const atOnce = 200;
/** How often consumer groups' positions are looked at, which nobody announces. */
const positionsEveryMs = 50;
const serversEveryMs = 1000;

export function startDriver(
  options: StageDependencies & {
    readonly log: Log;
    readonly reconcileEveryMs: number;
    /** A request, as it was before, left its state or took a step in it. */
    readonly onMoved: (request: Pick<RequestDocument, 'state' | 'type'>) => void;
  },
): Driver {
  const { store, log } = options;
  const due = new Set<string>();
  const waiting = new Map<string, Waiting>();

  async function drive(id: string): Promise<void> {
    try {
      let stored = await store.request(id);
      while (stored !== null) {
        const drafting = draftingStore(store, stored);
        // Whether another has ended it meanwhile is what these ask of each step.
        const isDrafted = stored.type === 'deletion';
        const deps = isDrafted ? { ...options, store: drafting.store } : options;
        for (let request: RequestDocument | null = stored; ;) {
          const stage: Stage | undefined = stageOf(request);
          if (stage === undefined) {
            waiting.delete(id);
            // What did not want to overtake it can go on.
            wakeWaiting('earlier');
            return;
          }
          const outcome = await stage(request, deps);
          if (outcome !== 'moved') {
            // What it waits for at first is over in a moment, and what it did until then is done again in no time.
            const isShort = outcome.on === 'publication' || outcome.on === 'readers';
            if (!isShort && !(await drafting.flush())) break;
            waiting.set(id, outcome);
            return;
          }
          log.info({ request: id, state: request.state }, 'request moved on');
          options.onMoved(request);
          if (!isDrafted || drafting.isLost()) break;
          request = drafting.current();
        }
        stored = await store.request(id);
      }
      waiting.delete(id);
    } catch (error) {
      const retryable = isRetryable(error);
      waiting.set(id, { on: retryable ? 'server' : 'operator', waitingFor: messageOf(error) });
      if (retryable) log.warn({ err: error, request: id }, 'request has to wait for a server');
      else log.error({ err: error, request: id }, 'request does not move on');
    }
  }

  const driving = new Map<string, Promise<void>>();
  let isClosed = false;

  /** None is driven twice at a time; one that is woken meanwhile is looked at again. */
  function driveDue(): void {
    for (const id of due) {
      if (driving.size >= atOnce || isClosed) return;
      if (driving.has(id)) continue;
      due.delete(id);
      const ended = drive(id).finally(() => {
        driving.delete(id);
        driveDue();
      });
      driving.set(id, ended);
    }
  }

  const wake = (id: string): void => {
    due.add(id);
    driveDue();
  };
  const wakeWaiting = (on: Waiting['on']): void => {
    for (const [id, one] of waiting) if (one.on === on) wake(id);
  };

  const reconciler = createLoop(async () => {
    try {
      for (const id of await store.openIds(options.now())) wake(id);
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
      isClosed = true;
      await Promise.all(driving.values());
    },
  };
}

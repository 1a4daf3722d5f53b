import { every, type Log, type Running } from '@keiro/runtime';
import { dayInJapan, type DueDocument } from '@keiro/schemas';
import type { BatchStore } from './batch-store.ts';
import type { DueStore } from './due-store.ts';
import { lookAt, type LookDependencies } from './look.ts';
import type { LookStore } from './look-store.ts';
import type { RetentionMetrics } from './metrics.ts';
import type { StateStore } from './state-store.ts';

export interface SweepDependencies {
  readonly due: DueStore;
  readonly looks: LookStore;
  readonly batches: Pick<BatchStore, 'underWay'>;
  readonly state: StateStore;
  readonly lookDeps: Omit<LookDependencies, 'store'>;
  readonly worker: string;
  readonly recordsPerSecond: number;
  readonly everyMs: number;
  readonly metrics: RetentionMetrics;
  readonly log: Log;
  readonly now: () => Date;
  readonly onCreated: (request: string) => void;
}

/** Batches that holders work on at once: while one is swept, the next is planned. */
const batchesAtOnce = 3;
/** Documents of `due` that one look for work reads: what they name is in memory meanwhile. */
const dueAtOnce = 200;
const leaseMs = 60_000;

export interface Sweep extends Running {
  /** Looks at once. */
  readonly wake: () => void;
  /** A batch has ended: there is room for the next. */
  ended(): void;
}

/**
 * Sweeps what has ended, oldest day first, at most so many records a second, one process at a time: the lease is there
 * to spare work, not to keep order, because the same records make the same documents whoever plans them.
 */
export function startSweep(deps: SweepDependencies): Sweep {
  const { due, looks, batches, state, metrics, log, now } = deps;
  const { batchRecords } = deps.lookDeps;
  let makeRoom: () => void = () => undefined;
  const hold = () => state.hold(deps.worker, now(), new Date(now().getTime() + leaseMs));

  async function room(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await batches.underWay()) >= batchesAtOnce) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        makeRoom = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', makeRoom, { once: true });
      });
    }
  }

  async function takeOn(some: readonly DueDocument[]): Promise<{ looked: number; planned: number }> {
    const look = await lookAt(some, { ...deps.lookDeps, store: looks }, now());
    for (const goes of look.goes) {
      await looks.create(goes);
      deps.onCreated(goes.request._id);
    }
    await due.insert(look.later);
    const again = new Set(look.later.map(({ _id }) => _id));
    await due.remove(some.map(({ _id }) => _id).filter((id) => !again.has(id)));
    const planned = look.goes.reduce((sum, { request }) => sum + (request.retention?.records ?? 0), 0);
    metrics.looked.inc(look.looked);
    metrics.planned.inc(planned);
    return { looked: look.looked, planned };
  }

  return {
    ended: () => {
      makeRoom();
    },
    ...every(
      { what: 'the retention sweep', everyMs: deps.everyMs, log, level: 'warn' },
      async ({ signal, pause }) => {
        const totals = { looked: 0, planned: 0 };
        metrics.measure(await due.overview(dayInJapan(now())), dayInJapan(now()));
        while (!signal.aborted && (await hold())) {
          const waiting = await due.until(dayInJapan(now()), dueAtOnce);
          if (waiting.length === 0) break;
          for (const some of inBatches(waiting, batchRecords)) {
            if (!(await hold())) return;
            await room(signal);
            signal.throwIfAborted();
            const started = performance.now();
            const done = await takeOn(some);
            totals.looked += done.looked;
            totals.planned += done.planned;
            const least = (done.planned / deps.recordsPerSecond) * 1000;
            await pause(Math.max(0, least - (performance.now() - started)));
          }
        }
        if (totals.looked > 0) {
          log.info(totals, 'retention: what was due has been looked at');
          await state.swept(now(), totals.looked, totals.planned);
          metrics.measure(await due.overview(dayInJapan(now())), dayInJapan(now()));
        }
      },
    ),
  };
}

/** Documents of `due` in their order, so many records at once. Pure. */
export function inBatches(due: readonly DueDocument[], records: number): DueDocument[][] {
  const batches: DueDocument[][] = [];
  let count = 0;
  for (const one of due) {
    const last = batches.at(-1);
    if (last === undefined || count + one.records.length > records || one.refs.length > 0) {
      batches.push([one]);
      count = one.records.length;
    } else {
      last.push(one);
      count += one.records.length;
    }
  }
  return batches;
}

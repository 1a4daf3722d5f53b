import { isRetryable, whileUnavailable } from '@keiro/runtime';
import { describeFailure } from '../connectors/failure.ts';
import { holdLease } from '../lease.ts';
import { decidedSince } from './decided.ts';
import { LostRestoreError, runPass, type PassDependencies } from './pass.ts';
import type { Move, RestoreClaim, RestoreStore } from './store.ts';

export interface RunDependencies extends PassDependencies {
  readonly store: RestoreStore;
  readonly worker: string;
  readonly leaseMs: number;
}

export interface Restores {
  /** Looks for work at once. */
  wake(): void;
  close(): Promise<void>;
}

/** How often restores are looked for that nobody announced: those of a process that was killed. */
const lookEveryMs = 2000;

/** Carries restores on, from whatever state they are in. What a killed process left is claimed when its lease is over. */
export function startRestores(deps: RunDependencies): Restores {
  const { store, log } = deps;
  const stop = new AbortController();
  const running = new Map<string, Promise<void>>();

  async function look(): Promise<void> {
    for (const id of await store.waiting()) {
      if (running.has(id) || stop.signal.aborted) continue;
      const one = carryOn(id, deps, stop.signal)
        .catch((error: unknown) => {
          log.error({ restore: id, err: describeFailure(error) }, 'a restore stands still');
        })
        .finally(() => running.delete(id));
      running.set(id, one);
    }
  }

  let looking: Promise<void> | undefined;
  let again = false;
  const wake = () => {
    // What was announced during a look may have come too late for it.
    again = looking !== undefined;
    looking ??= look()
      .catch((error: unknown) => {
        log.warn({ err: error }, 'could not look for restores');
      })
      .finally(() => {
        looking = undefined;
        if (again) wake();
      });
  };
  wake();
  const timer = setInterval(wake, lookEveryMs);
  return {
    wake,
    async close() {
      clearInterval(timer);
      stop.abort();
      await looking;
      await Promise.all(running.values());
    },
  };
}

async function carryOn(id: string, deps: RunDependencies, stop: AbortSignal): Promise<void> {
  const { store, log, now, leaseMs } = deps;
  const claim = await store.claim(id, deps.worker, now(), new Date(now().getTime() + leaseMs));
  if (claim === undefined) return;
  const renew = (until: Date) => store.renew(claim, until);
  const lease = holdLease({ renew, leaseMs, now, id, log });
  const signal = AbortSignal.any([lease.signal, stop]);
  try {
    for (let { restore } = claim; ;) {
      const move = await moveOf({ ...claim, restore }, deps, signal);
      if (move === undefined) break;
      const from = restore;
      const waiting = { what: 'MongoDB, for the state of a restore,', log, signal };
      if (!(await whileUnavailable(waiting, () => store.move(from, move)))) throw new LostRestoreError();
      log.info({ restore: id, from: from.state, to: move.set.state }, 'a restore has moved');
      const next = await whileUnavailable(waiting, () => store.restore(id));
      if (next?.lease?.token !== claim.token) throw new LostRestoreError();
      restore = next;
    }
  } catch (error) {
    if (!signal.aborted && !(error instanceof LostRestoreError)) throw error;
    log.info({ restore: id }, 'a restore is left to whoever has it now');
  } finally {
    lease.release();
    // So that the next step need not wait until the lease is over.
    await renew(new Date(0)).catch((error: unknown) => {
      if (!isRetryable(error)) throw error;
    });
  }
}

/** Does what the restore waits for, and answers what follows; nothing when it waits for a person, or is over. */
async function moveOf(
  claim: RestoreClaim,
  deps: RunDependencies,
  signal: AbortSignal,
): Promise<Move | undefined> {
  const { restore } = claim;
  const pass = restore.state === 'replaying' ? 'replay' : 'probe';
  try {
    switch (restore.state) {
      case 'closed':
        return await check(claim, deps, signal);
      case 'replaying':
      case 'probing': {
        const { counts, removed, flagged } = await runPass(claim, pass, deps, signal);
        const at = deps.now();
        if (pass === 'replay') {
          const set = { state: 'probing' as const, replay: { at, counts, removed, flagged } };
          return {
            set,
            unset: ['pass', 'failure'],
            step: stepOf('replayed', at, { ...counts, removed, flagged }),
          };
        }
        const probe = { at, counts };
        const found = counts.gone + counts.flags;
        if (found === 0)
          return {
            set: { state: 'open', probe },
            unset: ['pass'],
            step: stepOf('opened', at, { ...counts }),
          };
        const message = `the probe found ${String(counts.gone)} rows of ended lives and ${String(counts.flags)} wrong flags`;
        const set = { state: 'failed' as const, probe, failure: { at, message } };
        return { set, unset: ['pass'], step: stepOf('failed', at, { ...counts }) };
      }
      default:
        return undefined;
    }
  } catch (error) {
    if (signal.aborted || error instanceof LostRestoreError) throw error;
    const at = deps.now();
    const message = describeFailure(error);
    // How far a replay came is kept: it goes on from there.
    return { set: { state: 'failed', failure: { at, message } }, step: stepOf('failed', at, { message }) };
  }
}

async function check(claim: RestoreClaim, deps: RunDependencies, signal: AbortSignal): Promise<Move> {
  const { restore } = claim;
  const waiting = { what: 'MongoDB, for what was decided,', log: deps.log, signal };
  const decided = await whileUnavailable(waiting, () =>
    decidedSince(deps.store.requestsAt(restore.holder), restore.watermark),
  );
  const { counts } = await runPass(claim, 'check', deps, signal);
  const at = deps.now();
  return {
    set: { state: 'checked', check: { at, counts, decided } },
    unset: ['pass', 'failure'],
    step: stepOf('checked', at, { ...counts, decided }),
  };
}

const stepOf = (step: string, at: Date, evidence: Readonly<Record<string, unknown>>) => ({
  step,
  at,
  by: 'erase',
  evidence,
});

import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, ProblemError, type Log, type Metrics } from '@keiro/runtime';
import { activeOf, behind, kekLeaseMs } from './kek-decide.ts';
import type { KekInstance } from './kek-instance.ts';
import type { KekEpochDocument, KekStore } from './kek-store.ts';
import type { Keks } from './keks.ts';
import type { KeyProvider } from './key-provider.ts';
import { rewrapOnce } from './rewrap.ts';
import { totalOf, type WrappedStore } from './wrapped-store.ts';

export interface KekWorkDependencies {
  readonly store: KekStore;
  readonly wrapped: WrappedStore;
  readonly provider: KeyProvider;
  readonly keks: Keks;
  readonly instance: KekInstance;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  /** Keys wrapped again in a second, at most. */
  readonly perSecond: number;
}

/** The work on the epochs: one of all instances does it at a time. */
export interface KekWork {
  /** Does what is left to do, unless it is at it. Never throws: what fails is tried at the next call. */
  goOn(): void;
  /** Runs this alone. Waits a few seconds for others; 409 when they take longer. */
  exclusively<T>(use: (active: KekEpochDocument, all: readonly KekEpochDocument[]) => Promise<T>): Promise<T>;
  /** Destroys the KEK of an epoch that is marked so. Only within `exclusively`. */
  destroy(epoch: number): Promise<void>;
  close(): Promise<void>;
}

/** How long the work stays with an instance that is not heard. Longer than any batch, or the making of a KEK. */
const workMs = 60_000;
const patienceMs = 5000;

export function createKekWork(deps: KekWorkDependencies): KekWork {
  const { store, provider, keks, instance, log, now } = deps;
  const rewrappedTotal = deps.metrics.counter('keiro_keys_rewrapped_total', 'keys wrapped again', [
    'collection',
  ]);
  const currentEpoch = deps.metrics.gauge('keiro_keys_kek_epoch', 'epoch under which this instance wraps');
  const stopped = new AbortController();
  let working: Promise<unknown> | undefined;
  /** Nothing was left when it was last looked: until the last instance has acknowledged, no use in looking again. */
  let foundNothing = false;
  let told: string | undefined;

  const claim = (active: number): Promise<boolean> => {
    const at = now();
    return store.claimWork(active, instance.id, at, new Date(at.getTime() + workMs));
  };

  async function destroy(epoch: number): Promise<void> {
    await provider.destroy(epoch);
    await keks.reload();
    log.info({ epoch }, 'key-encryption key destroyed');
  }

  async function work(): Promise<void> {
    currentEpoch.set(keks.current);
    const epochs = await store.epochs();
    const active = activeOf(epochs);
    if (active === undefined) return;
    const halfBegun = epochs.some(({ _id, state }) => state === 'active' && _id !== active._id);
    if (halfBegun) await store.retireOthers(active._id, now());
    const left = epochs.filter(({ _id, state }) => state === 'destroyed' && keks.has(_id));
    const open = epochs
      .filter((one) => one._id < active._id && one.state !== 'destroyed' && one.rewrappedAt === undefined)
      .map(({ _id }) => _id);
    const waits = foundNothing && behind(await store.instances(), Math.max(...open), now()).length > 0;
    if (left.length + (waits ? 0 : open.length) === 0 || !(await claim(active._id))) return;
    try {
      for (const { _id } of left) await destroy(_id);
      if (open.length > 0) await finish(active._id, open);
    } finally {
      await store.releaseWork(active._id, instance.id);
    }
  }

  async function finish(active: number, open: readonly number[]): Promise<void> {
    let batchBegan = performance.now();
    let total = 0;
    const pass = await rewrapOnce({
      ...deps,
      async goOn({ from, rewrapped }) {
        rewrappedTotal.inc({ collection: from }, rewrapped);
        total += rewrapped;
        await store.addProgress(active, { rewrapped, unreadable: 0 });
        const left = (rewrapped / deps.perSecond) * 1000 - (performance.now() - batchBegan);
        if (left > 0) await delay(left, undefined, { signal: stopped.signal });
        batchBegan = performance.now();
        return claim(active);
      },
    });
    if (pass === undefined) return;
    foundNothing = total === 0;
    if (total > 0 || pass.unreadable > 0)
      log.info({ epoch: active, rewrapped: total, unreadable: pass.unreadable }, 'wrapped again');
    if (pass.unreadable > 0) await store.addProgress(active, { rewrapped: 0, unreadable: pass.unreadable });
    // First who may still wrap, then what there is: the other way round one could come in between.
    const instances = await store.instances();
    const counts = await deps.wrapped.counts();
    const at = now();
    const empty = open.filter(
      (epoch) => behind(instances, epoch, at).length === 0 && totalOf(counts.get(epoch)) === 0,
    );
    if (empty.length === 0) return;
    await store.markRewrapped(empty, at);
    await store.forgetInstances(new Date(at.getTime() - 10 * kekLeaseMs));
    log.info({ epochs: empty }, 'nothing is wrapped under these epochs any more');
  }

  async function alone<T>(
    use: (active: KekEpochDocument, all: readonly KekEpochDocument[]) => Promise<T>,
  ): Promise<T> {
    const all = await store.epochs();
    const active = activeOf(all);
    if (active === undefined || !(await claim(active._id))) throw busy();
    try {
      return await use(active, all);
    } finally {
      await store.releaseWork(active._id, instance.id);
    }
  }

  return {
    goOn() {
      if (stopped.signal.aborted) return;
      working ??= work()
        .then(() => {
          told = undefined;
        })
        .catch((error: unknown) => {
          const why = messageOf(error);
          if (why === told || stopped.signal.aborted) return;
          told = why;
          log.warn({ err: error }, 'the rotation of key-encryption keys waits');
        })
        .finally(() => {
          working = undefined;
        });
    },
    async exclusively(use) {
      const giveUp = performance.now() + patienceMs;
      for (;;) {
        if (working === undefined) {
          const attempt = alone(use).finally(() => {
            working = undefined;
          });
          working = attempt.catch(() => undefined);
          try {
            return await attempt;
          } catch (error) {
            if (!(error instanceof ProblemError) || error.code !== 'busy') throw error;
          }
        }
        if (performance.now() > giveUp) throw busy();
        await delay(100, undefined, { signal: stopped.signal });
      }
    },
    destroy,
    async close() {
      stopped.abort();
      await working;
    },
  };
}

const busy = (): ProblemError =>
  new ProblemError(409, 'busy', 'an instance is at work on the key-encryption keys: try again in a minute');

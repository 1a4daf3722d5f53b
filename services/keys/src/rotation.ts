import { setTimeout as delay } from 'node:timers/promises';
import { ProblemError, type Log, type Metrics } from '@keiro/runtime';
import { activeOf, backupFault, behind, kekLeaseMs, liveInstances, obstacles } from './kek-decide.ts';
import type { KekInstance } from './kek-instance.ts';
import type { KekEpochDocument, KekStore } from './kek-store.ts';
import type { Keks } from './keks.ts';
import type { KeyProvider } from './key-provider.ts';
import type { KeyAudit } from './key-audit.ts';
import { rewrapOnce } from './rewrap.ts';
import { totalOf, type WrappedStore } from './wrapped-store.ts';

export interface RotationDependencies {
  readonly store: KekStore;
  readonly wrapped: WrappedStore;
  readonly provider: KeyProvider;
  readonly keks: Keks;
  readonly instance: KekInstance;
  readonly audit: KeyAudit;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  /** Keys wrapped again in a second, at most. */
  readonly perSecond: number;
}

export interface Rotation {
  /** Begins the next epoch; wrapping again then goes on by itself. */
  rotate(by: string): Promise<void>;
  /** Destroys the KEK of an epoch that nothing is wrapped under any more. Idempotent. */
  retire(epoch: number, backup: { reference: string; takenAt: Date }, by: string): Promise<void>;
  /** Does what is left to do, unless it is at it. Never throws: what fails is tried at the next call. */
  work(): void;
  close(): Promise<void>;
}

/** How long the work stays with an instance that is not heard. Longer than any batch, or the making of a KEK. */
const workMs = 60_000;

export function createRotation(deps: RotationDependencies): Rotation {
  const { store, provider, keks, instance, audit, log, now } = deps;
  const rewrappedTotal = deps.metrics.counter('keiro_keys_rewrapped_total', 'keys wrapped again', [
    'collection',
  ]);
  const currentEpoch = deps.metrics.gauge('keiro_keys_kek_epoch', 'epoch under which this instance wraps');
  const stopped = new AbortController();
  let working: Promise<void> | undefined;

  const claim = (active: number): Promise<boolean> => {
    const at = now();
    return store.claimWork(active, instance.id, at, new Date(at.getTime() + workMs));
  };

  async function underClaim<T>(
    use: (active: KekEpochDocument, all: KekEpochDocument[]) => Promise<T>,
  ): Promise<T> {
    const all = await store.epochs();
    const active = activeOf(all);
    if (active === undefined || !(await claim(active._id))) {
      throw new ProblemError(
        409,
        'busy',
        'another instance is at work on the key-encryption keys: try again in a minute',
      );
    }
    try {
      return await use(active, all);
    } finally {
      await store.releaseWork(active._id, instance.id);
    }
  }

  async function doWork(): Promise<void> {
    currentEpoch.set(keks.current);
    const epochs = await store.epochs();
    const active = activeOf(epochs);
    if (active === undefined) return;
    const halfBegun = epochs.some(({ _id, state }) => state === 'active' && _id !== active._id);
    if (halfBegun) await store.retireOthers(active._id, now());
    const left = epochs.filter(({ _id, state }) => state === 'destroyed' && keks.has(_id));
    const open = epochs.filter(
      ({ _id, state, rewrappedAt }) =>
        _id !== active._id && state !== 'destroyed' && rewrappedAt === undefined,
    );
    if ((open.length === 0 && left.length === 0) || !(await claim(active._id))) return;
    try {
      for (const { _id } of left) await end(_id);
      if (open.length > 0)
        await finish(
          active._id,
          open.map(({ _id }) => _id),
        );
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
    if (total > 0 || pass.unreadable > 0) {
      log.info({ epoch: active, rewrapped: total, unreadable: pass.unreadable }, 'wrapped again');
    }
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

  async function end(epoch: number): Promise<void> {
    await provider.destroy(epoch);
    await keks.reload();
    log.info({ epoch }, 'key-encryption key destroyed');
  }

  function work(): void {
    if (stopped.signal.aborted) return;
    working ??= doWork()
      .catch((error: unknown) => {
        if (!stopped.signal.aborted) log.warn({ err: error }, 'the rotation of key-encryption keys waits');
      })
      .finally(() => {
        working = undefined;
      });
  }

  return {
    rotate: (by) =>
      underClaim(async (active, all) => {
        const open = all.find(({ state, rewrappedAt }) => state === 'retiring' && rewrappedAt === undefined);
        if (open !== undefined) {
          throw new ProblemError(
            409,
            'rotating',
            `epoch ${String(open._id)} is still being wrapped again: keiro kek status says how far that is`,
          );
        }
        const next = active._id + 1;
        await provider.create(next);
        const at = now();
        await store.addEpoch({ _id: next, state: 'active', createdAt: at, by });
        await store.retireOthers(next, at);
        await audit.decided({ at, by, action: 'kek-rotated', detail: { epoch: next } });
        await instance.follow();
      }).then(work),

    async retire(epoch, backup, by) {
      const at = now();
      await underClaim(async (active, all) => {
        const found = all.find(({ _id }) => _id === epoch);
        if (found === undefined) throw new ProblemError(404, 'no-epoch', 'there is no such epoch');
        // Said again, or cut off after it was marked: a KEK that outlived its epoch goes now.
        if (found.state === 'destroyed') return end(epoch);
        if (found._id === active._id)
          throw new ProblemError(409, 'active', 'this epoch wraps: rotate first (keiro kek rotate)');
        const fault = backupFault(backup.takenAt, found.rewrappedAt, at);
        if (fault !== undefined) {
          throw new ProblemError(422, 'backup-too-old', `the time of the backup ${fault}`, [
            { field: 'backup.takenAt', code: 'out_of_range', message: fault },
          ]);
        }
        const instances = await store.instances();
        const left = totalOf((await deps.wrapped.counts()).get(epoch));
        const waiting = obstacles(found, instances, left, at).filter((one) => one !== 'backup');
        if (waiting.length > 0) throw notYet(waiting, left, behind(instances, epoch, at).length);
        if (!(await store.markDestroyed(found, { ...backup, statedAt: at, by })))
          throw new ProblemError(409, 'changed', 'the epoch was changed meanwhile: ask for its status again');
        await audit.decided({
          at,
          by,
          action: 'kek-retired',
          detail: {
            epoch,
            backup: backup.reference,
            takenAt: backup.takenAt,
            instances: liveInstances(instances, at).length,
          },
        });
        await end(epoch);
      });
    },

    work,
    async close() {
      stopped.abort();
      await working;
    },
  };
}

function notYet(waiting: readonly string[], left: number, instances: number): ProblemError {
  const what = waiting.map((one) =>
    one === 'acknowledgement'
      ? `${String(instances)} instances have not acknowledged a newer epoch`
      : `${String(left)} keys are still wrapped under it, or nobody has looked yet`,
  );
  return new ProblemError(409, 'not-yet', `this epoch can't end yet: ${what.join('; ')}`);
}

import { ProblemError } from '@keiro/runtime';
import { backupFault, behind, liveInstances, obstacles } from './kek-decide.ts';
import type { KekEpochDocument } from './kek-store.ts';
import type { KekWork, KekWorkDependencies } from './kek-work.ts';
import type { KeyAudit } from './key-audit.ts';
import { totalOf } from './wrapped-store.ts';

export type RotationDependencies = Pick<
  KekWorkDependencies,
  'store' | 'wrapped' | 'provider' | 'instance' | 'now'
> & { readonly work: KekWork; readonly audit: KeyAudit };

/** Begins the next epoch; wrapping again then goes on by itself. 409 while that of the last one is not done. */
export async function rotate(deps: RotationDependencies, by: string): Promise<void> {
  const { store, provider, instance, audit, work, now } = deps;
  refuseWhileRotating(await store.epochs());
  await work.exclusively(async (active, all) => {
    refuseWhileRotating(all);
    const next = active._id + 1;
    await provider.create(next);
    const at = now();
    await store.addEpoch({ _id: next, state: 'active', createdAt: at, by });
    await store.retireOthers(next, at);
    await audit.decided({ at, by, action: 'kek-rotated', detail: { epoch: next } });
    await instance.follow();
  });
  work.goOn();
}

function refuseWhileRotating(epochs: readonly KekEpochDocument[]): void {
  const open = epochs.find(({ state, rewrappedAt }) => state === 'retiring' && rewrappedAt === undefined);
  if (open === undefined) return;
  throw new ProblemError(
    409,
    'rotating',
    `epoch ${String(open._id)} is still being wrapped again: keiro kek status says how far that is`,
  );
}

/** Destroys the KEK of an epoch that nothing is wrapped under any more. Idempotent. */
export async function retire(
  deps: RotationDependencies,
  asked: { epoch: number; backup: { reference: string; takenAt: Date } },
  by: string,
): Promise<void> {
  const { store, audit, work, now } = deps;
  const { epoch, backup } = asked;
  await work.exclusively(async (active, all) => {
    const found = all.find(({ _id }) => _id === epoch);
    if (found === undefined) throw new ProblemError(404, 'no-epoch', 'there is no such epoch');
    if (found._id === active._id)
      throw new ProblemError(409, 'active', 'this epoch wraps: rotate first (keiro kek rotate)');
    if (found.state !== 'destroyed') {
      const at = now();
      const instances = await mayEnd(deps, found, backup.takenAt, at);
      if (!(await store.markDestroyed(found, { ...backup, statedAt: at, by })))
        throw new ProblemError(409, 'changed', 'the epoch was changed meanwhile: ask for its status again');
      const detail = { epoch, backup: backup.reference, takenAt: backup.takenAt, instances };
      await audit.decided({ at, by, action: 'kek-retired', detail });
    }
    // Marked first: cut off in between, the KEK is known to be one too many. The other way round it would be missing.
    await work.destroy(epoch);
  });
}

/** Throws what still stands against the end of an epoch; answers how many instances have acknowledged a newer one. */
async function mayEnd(
  { store, wrapped }: RotationDependencies,
  epoch: KekEpochDocument,
  takenAt: Date,
  at: Date,
): Promise<number> {
  // First who may still wrap, then what there is.
  const instances = await store.instances();
  const left = totalOf((await wrapped.counts()).get(epoch._id));
  const waiting = obstacles(epoch, instances, left, at).filter((one) => one !== 'backup');
  if (waiting.length > 0) {
    const what = waiting.map((one) =>
      one === 'acknowledgement'
        ? `${String(behind(instances, epoch._id, at).length)} instances have not acknowledged a newer epoch`
        : `${String(left)} keys are still wrapped under it, or nobody has looked yet`,
    );
    throw new ProblemError(409, 'not-yet', `this epoch can't end yet: ${what.join('; ')}`);
  }
  const fault = backupFault(takenAt, epoch.rewrappedAt, at);
  if (fault === undefined) return liveInstances(instances, at).length;
  throw new ProblemError(422, 'backup-too-old', `the time of the backup ${fault}`, [
    { field: 'backup.takenAt', code: 'out_of_range', message: fault },
  ]);
}

import { KeiroError } from '@keiro/runtime';
import type { KekStatus } from '@keiro/schemas';
import { activeOf, liveInstances, obstacles, rotateBefore, warningsOf } from './kek-decide.ts';
import type { KekEpochDocument, KekStore, VerifiedBackup } from './kek-store.ts';
import type { KeyProvider } from './key-provider.ts';
import { totalOf, type WrappedStore } from './wrapped-store.ts';

const none = { keys: 0, quarantineKeys: 0, sweeps: 0, provisionKeys: 0, reportKeys: 0, floorKeys: 0 };

/** How the key-encryption keys stand now. Counts what is wrapped, which reads the keys database from end to end. */
export async function kekStatus(deps: {
  store: KekStore;
  wrapped: WrappedStore;
  provider: KeyProvider;
  maxDays: number;
  now: () => Date;
}): Promise<KekStatus> {
  const [epochs, instances, counts, keks] = await Promise.all([
    deps.store.epochs(),
    deps.store.instances(),
    deps.wrapped.counts(),
    deps.provider.list(),
  ]);
  const at = deps.now();
  const active = activeOf(epochs);
  if (active === undefined) throw new KeiroError('no-kek', 'no epoch is active', { retryable: false });
  const existing = keks.map(({ epoch }) => epoch);
  const lastBackup = epochs
    .flatMap(({ backup }) => backup ?? [])
    .sort((a, b) => a.takenAt.getTime() - b.takenAt.getTime())
    .at(-1);
  return {
    asOf: at.toISOString(),
    provider: deps.provider.kind,
    active: active._id,
    epochs: epochs.map((epoch) => {
      const documents = counts.get(epoch._id) ?? none;
      return { ...shown(epoch), documents, waitingFor: obstacles(epoch, instances, totalOf(documents), at) };
    }),
    instances: liveInstances(instances, at).map(({ _id, epoch, heardAt }) => ({
      instance: _id,
      epoch,
      heardAt: heardAt.toISOString(),
    })),
    progress: { rewrapped: active.progress?.rewrapped ?? 0, unreadable: active.progress?.unreadable ?? 0 },
    ...(lastBackup && { lastVerifiedBackup: shownBackup(lastBackup) }),
    maxDays: deps.maxDays,
    rotateBefore: rotateBefore(active, deps.maxDays).toISOString(),
    warnings: warningsOf(epochs, existing, deps.maxDays, at),
  };
}

function shown({
  _id,
  state,
  createdAt,
  by,
  retiringSince,
  rewrappedAt,
  destroyedAt,
  backup,
}: KekEpochDocument) {
  return {
    epoch: _id,
    state,
    createdAt: createdAt.toISOString(),
    by,
    ...(retiringSince && { retiringSince: retiringSince.toISOString() }),
    ...(rewrappedAt && { rewrappedAt: rewrappedAt.toISOString() }),
    ...(destroyedAt && { destroyedAt: destroyedAt.toISOString() }),
    ...(backup && { backup: shownBackup(backup) }),
  };
}

const shownBackup = ({ reference, takenAt, statedAt, by }: VerifiedBackup) => ({
  reference,
  takenAt: takenAt.toISOString(),
  statedAt: statedAt.toISOString(),
  by,
});

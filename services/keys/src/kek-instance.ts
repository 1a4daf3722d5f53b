import { KeiroError, type Log } from '@keiro/runtime';
import { activeOf, firstEpochs, kekLeaseMs, neededOf } from './kek-decide.ts';
import type { KekStore } from './kek-store.ts';
import type { Keks } from './keks.ts';
import type { KeyProvider } from './key-provider.ts';

/** This process among the instances of the keys service: it follows the epochs and says how far it is. */
export interface KekInstance {
  readonly id: string;
  /** Looks at the epochs now and acknowledges them. */
  follow(): Promise<void>;
  /** Goes on doing so; `after` is called each time and must not throw. */
  keepFollowing(after: () => void): void;
  close(): Promise<void>;
}

const everyMs = 2000;

/**
 * Takes up the epochs. Refuses to start where a KEK is missing whose epoch is not destroyed: the
 * database is older than the keys, or the key file is another's, and what was wrapped under it would look broken.
 */
export async function joinKeks(deps: {
  id: string;
  store: KekStore;
  provider: KeyProvider;
  keks: Keks;
  log: Log;
  now: () => Date;
}): Promise<KekInstance> {
  const { id, store, keks, log, now } = deps;
  await begin(deps);

  async function follow(): Promise<void> {
    const asked = now();
    const epochs = await store.epochs();
    const active = activeOf(epochs);
    if (active === undefined) throw new KeiroError('no-kek', 'no epoch is active', { retryable: false });
    const gone = epochs.some(({ _id, state }) => state === 'destroyed' && keks.has(_id));
    if (gone || !keks.has(active._id)) await keks.reload();
    keks.use(active._id);
    const leaseUntil = asked.getTime() + kekLeaseMs;
    await store.acknowledge(id, keks.settled, asked, new Date(leaseUntil));
    keks.grant(leaseUntil);
  }

  await follow();
  let following: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let told = false;

  function followAnd(after: () => void): void {
    following ??= follow()
      .then(() => {
        told = false;
        after();
      })
      .catch((error: unknown) => {
        if (!told) log.warn({ err: error }, 'can’t follow the epochs of the key-encryption keys');
        told = true;
      })
      .finally(() => {
        following = undefined;
      });
  }

  return {
    id,
    follow,
    keepFollowing(after) {
      timer = setInterval(followAnd, everyMs, after);
    },
    async close() {
      clearInterval(timer);
      await following;
      // What it had sent has been answered by now: nobody needs to wait for its lease.
      keks.grant(0);
      await store.leave(id);
    },
  };
}

async function begin({
  store,
  provider,
  keks,
  now,
}: {
  store: KekStore;
  provider: KeyProvider;
  keks: Keks;
  now: () => Date;
}): Promise<void> {
  let existing = (await provider.list()).map(({ epoch }) => epoch);
  let recorded = await store.epochs();
  if (existing.length === 0 && recorded.length === 0) {
    await provider.create(1);
    existing = [1];
  }
  for (const epoch of firstEpochs(recorded, existing, now())) await store.addEpoch(epoch);
  recorded = await store.epochs();
  const missing = neededOf(recorded).filter(({ _id }) => !existing.includes(_id));
  if (missing.length > 0) {
    throw new KeiroError(
      'kek-missing',
      `the database has keys wrapped under epoch ${missing.map(({ _id }) => String(_id)).join(', ')}, and that key-encryption key does not exist (there are: ` +
        `${existing.map(String).join(', ') || 'none'}). Is it another stack's key file? If the database is a backup ` +
        'from before that epoch was destroyed, it can’t be opened any more: restore a later one',
      { retryable: false },
    );
  }
  await keks.reload();
}

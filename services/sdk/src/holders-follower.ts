import type { Kafkas, Log, Running } from '@keiro/runtime';
import {
  authorise,
  holderStateSchema,
  registeredTransfer,
  type HolderState,
  type Policies,
  type TransferVerdict,
} from '@keiro/schemas';

/** The register of holders in memory, from the compacted topic `custody.holders`. */
export interface HoldersFollower extends Running {
  get(id: string): HolderState | undefined;
  /**
   * Whether the register carries a holder now for a purpose, whoever the person is (T0 to T4). One that rests on each
   * person's consent or on a case is not carried by it: what goes there is authorised one by one.
   */
  verdict(id: string, purpose: string): TransferVerdict;
}

/** Resolves once it has read all that was there. What can't be read is as if it were not registered. */
export async function followHolders(options: {
  kafka: Kafkas;
  reader: string;
  policies: Policies;
  log: Log;
  now: () => Date;
}): Promise<HoldersFollower> {
  const { policies, log, now } = options;
  const holders = new Map<string, HolderState>();
  const follower = await options.kafka.follow({
    topic: 'custody.holders',
    reader: `${options.reader}.holders`,
    from: 'beginning',
    onMessage({ key, value }) {
      if (key === undefined) return;
      const state = value === null ? undefined : read(value);
      if (state === undefined) holders.delete(key);
      else holders.set(key, state);
      if (value !== null && state === undefined)
        log.warn({ holder: key }, 'the register has an entry that is not as it should be');
    },
  });
  await follower.caughtUp;
  return {
    get: (id) => holders.get(id),
    verdict(id, purpose) {
      const holder = holders.get(id);
      const at = now();
      const transfer = registeredTransfer(holder ?? { id, basis: 'own' }, purpose);
      return authorise(transfer, holder, {}, policies.inForce(at), at);
    },
    close: () => follower.close(),
  };
}

/** A later version of Keiro may say more of a holder. */
const readable = holderStateSchema.strip();

function read(value: Buffer): HolderState | undefined {
  try {
    return readable.safeParse(JSON.parse(value.toString())).data;
  } catch {
    return undefined;
  }
}

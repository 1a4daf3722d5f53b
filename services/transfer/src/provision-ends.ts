import { provisionCuts, type AuditEntry, type KeepingRule, type Policies } from '@keiro/schemas';
import type { ProvisionIdentities } from '@keiro/sdk';

/** Records that end at once; between two such batches a round pauses. */
const batchSize = 200;

/** A record whose end has come, as far as the decision needs it. */
export interface EndedProvision {
  readonly _id: string;
  readonly rule: KeepingRule;
  /** Of its identity; absent where the law wanted no record. */
  readonly key?: string;
}

/** What the end of records changes, and asks. */
export interface ProvisionEndStore {
  /** Some that have ended, oldest first. */
  ended(cuts: Readonly<Record<KeepingRule, Date>>, limit: number): Promise<EndedProvision[]>;
  /** Those of these keys that some other record still needs. */
  stillNeeded(keys: readonly string[], besides: readonly string[]): Promise<ReadonlySet<string>>;
  remove(ids: readonly string[]): Promise<number>;
  /** Contracts and batches of which nothing is left. */
  removeSeries(cuts: Readonly<Record<KeepingRule, Date>>): Promise<void>;
  audit(entries: readonly AuditEntry[]): Promise<void>;
}

export interface ProvisionEndDeps {
  readonly store: ProvisionEndStore;
  readonly identities: Pick<ProvisionIdentities, 'destroy'>;
  readonly policies: Policies;
  readonly now: () => Date;
  readonly pause: () => Promise<void>;
}

/**
 * Ends records that were kept long enough (APPI 22; the Rules under 29 and 30): audits it, destroys the keys that none
 * needs any more, then removes them. In this order, so that it may be cut off anywhere and run again.
 */
export async function provisionEndRound({
  store,
  identities,
  policies,
  now,
  pause,
}: ProvisionEndDeps): Promise<{ readonly ended: number; readonly keys: number }> {
  const at = now();
  const cuts = provisionCuts(policies.inForce(at), at);
  let [ended, keys] = [0, 0];
  for (;;) {
    const batch = await store.ended(cuts, batchSize);
    if (batch.length === 0) break;
    const ids = batch.map(({ _id }) => _id);
    await store.audit(batch.map((one) => endedEntry(one, at)));
    const theirs = [...new Set(batch.flatMap(({ key }) => key ?? []))];
    const needed = await store.stillNeeded(theirs, ids);
    const free = theirs.filter((key) => !needed.has(key));
    if (free.length > 0) keys += await identities.destroy(free);
    ended += await store.remove(ids);
    // A batch is of one way of keeping: after the last of one, there may be others.
    if (batch.length === batchSize) await pause();
  }
  await store.removeSeries(cuts);
  return { ended, keys };
}

const endedEntry = ({ _id, rule }: EndedProvision, at: Date): AuditEntry => ({
  _id: `provision/${_id}/ended`,
  at,
  by: 'transfer',
  action: 'provision.ended',
  about: [_id],
  detail: { kept: rule },
});

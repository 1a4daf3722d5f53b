import {
  lastEndedDay,
  quarantineCuts,
  quarantineEnd,
  type AuditEntry,
  type Policies,
  type Settlement,
} from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { Ended, ExpiryStore } from './expiry-store.ts';
import type { TagMetrics } from './metrics.ts';

/** Entries that are settled at once; between two such batches a round pauses, so that tagging goes on beside it. */
const batchSize = 100;

/** Days whose keys go in one round: what `keys` takes at once. */
const mostDays = 1000;

export interface ExpiryDeps {
  readonly store: ExpiryStore;
  readonly keys: Pick<KeysClient, 'quarantineDays' | 'destroyQuarantineKeys'>;
  readonly policies: Policies;
  readonly metrics: Pick<TagMetrics, 'expired' | 'held'>;
  readonly now: () => Date;
  readonly pause: () => Promise<void>;
}

/** What one round did. */
export interface Round {
  readonly expired: number;
  /** Days whose keys are gone. */
  readonly days: readonly string[];
}

/**
 * Ends what has been in quarantine too long (APPI 22): settles it, oldest first, and when nothing of a day is held any
 * more and the longest period is over, has the key of the day destroyed, so that what stands in Kafka or in a backup
 * opens no more either. May be cut off anywhere and run again, also by several at once.
 */
export async function expiryRound(deps: ExpiryDeps): Promise<Round> {
  const { store, policies, metrics, now } = deps;
  await store.bringHome();
  const at = now();
  const expired = await expireAll(deps, at);
  const held = await store.heldByDay();
  for (const [age, n] of Object.entries(heldByAge(held, at))) metrics.held.set({ age }, n);

  const through = lastEndedDay(policies, at);
  const waited = new Set(held.map(({ day }) => day));
  const ended = (await deps.keys.quarantineDays(through)).filter((day) => !waited.has(day));
  const days = ended.slice(0, mostDays);
  if (days.length > 0) {
    // Before it is done: cut off in between, the next round finds the keys and does it.
    await store.audit(days.map((day) => keyAudit(day, at)));
    await deps.keys.destroyQuarantineKeys(days);
  }
  return { expired, days };
}

async function expireAll({ store, policies, metrics, pause }: ExpiryDeps, at: Date): Promise<number> {
  const cuts = quarantineCuts(policies, at);
  const settled: Settlement = { state: 'expired', at, by: 'tag' };
  let expired = 0;
  for (;;) {
    const batch = await store.ended(cuts, batchSize);
    const done = await store.expire(
      batch.map((entry) => ({ entry, settled, audit: entryAudit(entry, policies, at) })),
    );
    expired += done;
    metrics.expired.inc(done);
    if (batch.length < batchSize) return expired;
    await pause();
  }
}

function entryAudit(entry: Ended, policies: Policies, at: Date): AuditEntry {
  const { _id, reason } = entry;
  const endedAt = quarantineEnd(policies, entry, at).toISOString();
  return {
    _id: `${_id}/expired`,
    action: 'quarantine.expired',
    at,
    by: 'tag',
    about: [_id],
    detail: { reason, endedAt },
  };
}

const keyAudit = (day: string, at: Date): AuditEntry => ({
  _id: `quarantine-key/${day}`,
  action: 'quarantine.key-destroyed',
  at,
  by: 'tag',
  detail: { day },
});

/** Upper bounds in days, and what is older than all of them. */
const ages = [1, 7, 30, 90] as const;
const dayMs = 86_400_000;

/** Counts by age, each entry in the smallest that holds its whole day: `1d`, `7d`, `30d`, `90d`, `older`. Pure. */
export function heldByAge(
  byDay: readonly { readonly day: string; readonly n: number }[],
  now: Date,
): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(ages.map((age) => [`${String(age)}d`, 0]));
  counts['older'] = 0;
  for (const { day, n } of byDay) {
    const since = (now.getTime() - Date.parse(day)) / dayMs;
    const bound = ages.find((age) => since <= age);
    const name = bound === undefined ? 'older' : `${String(bound)}d`;
    counts[name] = (counts[name] ?? 0) + n;
  }
  return counts;
}

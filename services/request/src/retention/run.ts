import { randomUUID } from 'node:crypto';
import { every, type Kafkas, type Log, type Metrics, type Opened, type Route } from '@keiro/runtime';
import type { Registry } from '@keiro/runtime/registry';
import { dayInJapan, factTopic, type Policies } from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { Db } from 'mongodb';
import type { Config } from '../config.ts';
import { keptByTag } from '../consents.ts';
import type { ConsumerPositions } from '../positions.ts';
import type { Holds } from '../holds/holds.ts';
import type { RequestStore } from '../store.ts';
import { openBatchStore } from './batch-store.ts';
import type { Narrowing } from './decide.ts';
import { openDueStore } from './due-store.ts';
import { createDueFollower } from './follow.ts';
import { beginRound, takeStep, type RoundDependencies } from './keys/round.ts';
import { openRetirementStore } from './keys/store.ts';
import { openLookStore } from './look-store.ts';
import { createRetentionMetrics } from './metrics.ts';
import { startOrphans } from './orphans.ts';
import { openOwnRecordsStore, startOwnRecords } from './own-records.ts';
import { retentionRoutes } from './routes.ts';
import { openStateStore } from './state-store.ts';
import { startSweep } from './sweep.ts';

/** Records of one request. */
const batchRecords = 1000;
/** How long a fetch waits for more: nothing of this is urgent, and larger batches make fewer documents. */
const maxWaitMs = 2000;

export interface Retention {
  readonly routes: readonly Route[];
  readonly ended: () => void;
}

/**
 * Retention (APPI 22), wired. It belongs to the request service, which makes requests and tasks and follows both topics
 * already; `tag` writes nothing more for it at an event.
 */
export async function startRetention(
  config: Config,
  deps: {
    readonly db: Db;
    readonly kafka: Kafkas;
    readonly registry: Pick<Registry, 'decodeAll'>;
    readonly store: RequestStore;
    readonly positions: ConsumerPositions;
    readonly keys: Pick<KeysClient, 'retire'>;
    readonly holds: Pick<Holds, 'on'>;
    readonly policies: Policies;
    /** Legal holds, as they are when it is asked. */
    readonly narrowing: () => Promise<Narrowing>;
    readonly metrics: Metrics;
    readonly log: Log;
    readonly now: () => Date;
    readonly opened: Opened;
    readonly onCreated: (request: string) => void;
  },
): Promise<Retention> {
  const { db, kafka, policies, log, now, opened } = deps;
  const due = openDueStore(db);
  const looks = openLookStore(db);
  const batches = openBatchStore(db);
  const state = openStateStore(db);
  const lookDeps = { policies, narrowing: deps.narrowing, batchRecords };
  const follower = createDueFollower({
    registry: deps.registry,
    insert: (some) => due.insert(some),
    withClosingFacts: (refs) => due.withClosingFacts(refs),
    kept: (last) => keptByTag(deps.positions, last),
    today: () => dayInJapan(now()),
    log,
  });
  // A group of its own: neither holds up the other, and this one may wait for more to come.
  const following = await kafka.consume({
    group: `keiro.retention${config.KEIRO_GROUP_SUFFIX}`,
    topics: [factTopic, 'lineage.tagged'],
    sessionTimeoutMs: config.KEIRO_SESSION_TIMEOUT_MS,
    maxWaitMs,
    onBatch: (messages) =>
      messages[0]?.topic === factTopic ? follower.facts(messages) : follower.tagged(messages),
  });
  opened('retention following', () => following.close(), { source: true });
  const sweep = startSweep({
    due,
    looks,
    batches,
    state,
    lookDeps,
    worker: randomUUID(),
    recordsPerSecond: config.KEIRO_RETENTION_RECORDS_PER_SECOND,
    everyMs: config.KEIRO_RETENTION_EVERY_SECONDS * 1000,
    metrics: createRetentionMetrics(deps.metrics),
    log,
    now,
    onCreated: deps.onCreated,
  });
  opened('retention sweep', () => sweep.close());
  const orphans = startOrphans({
    db,
    looks,
    look: lookDeps,
    positions: deps.positions,
    everyMs: config.KEIRO_ORPHANS_SECONDS * 1000,
    metrics: deps.metrics,
    log,
    now,
    onCreated: deps.onCreated,
  });
  opened('orphans', () => orphans.close());
  const retirements = openRetirementStore(db);
  const rounds: RoundDependencies = {
    store: retirements,
    keys: deps.keys,
    positions: deps.positions,
    holdsOn: (lives) => deps.holds.on({ lives, ambiguous: [] }),
    graceMs: config.KEIRO_RETENTION_KEY_GRACE_SECONDS * 1000,
    now,
    onRetired: (keys) => state.retired(keys),
  };
  const retiring = every(
    {
      what: 'the end of keys that open nothing any more',
      everyMs: config.KEIRO_RETENTION_EVERY_SECONDS * 1000,
      log,
      level: 'warn',
    },
    async ({ signal }) => {
      // An operator who has stopped the sweep has stopped this too.
      if ((await state.read()).paused !== undefined) return;
      for (const round of await retirements.rounds(now())) {
        signal.throwIfAborted();
        await takeStep(round, rounds);
      }
      while (!signal.aborted && (await beginRound(rounds)));
    },
  );
  opened('end of keys', () => retiring.close());
  const ownRecords = startOwnRecords({ store: openOwnRecordsStore(db), policies, now, log });
  opened('own records', () => ownRecords.close());
  return {
    ended: () => {
      sweep.ended();
    },
    routes: retentionRoutes({
      due,
      state,
      waitingKeys: () => retirements.waiting(),
      store: deps.store,
      look: { ...lookDeps, store: looks },
      onResumed: () => {
        sweep.wake();
      },
      now,
    }),
  };
}

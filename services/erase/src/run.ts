import { randomBytes, randomUUID } from 'node:crypto';
import {
  checkEviction,
  connectKafka,
  connectMongo,
  connectRedis,
  type Log,
  type Metrics,
  type Opened,
  type Route,
  type SignedRoute,
  UnavailableError,
} from '@keiro/runtime';
import type { TaskDocument } from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { shippedRetryPolicy } from './attempt.ts';
import type { Config } from './config.ts';
import type { Settings } from './connectors/open.ts';
import { createConnectors } from './connectors/pool.ts';
import { subjectRoute } from './desk/subject.ts';
import { createDirectiveChannel } from './directive-channel.ts';
import { createGate } from './gate.ts';
import { runTask } from './handle.ts';
import { callbackRoute } from './opendsr/callback.ts';
import { createWakes } from './opendsr/wakes.ts';
import { openExportStore } from './packs/export-store.ts';
import { openPackStore } from './packs/pack-store.ts';
import { startPackEnds } from './packs/packs.ts';
import { packRoutes } from './packs/routes.ts';
import { watchDatabaseReaders } from './reader-watch.ts';
import { createKnowledge } from './restore/knowledge.ts';
import { restoreRoutes } from './restore/routes.ts';
import { startRestores } from './restore/run.ts';
import { openRestoreStore } from './restore/store.ts';
import { openEraseStore } from './store.ts';
import { startWorkers } from './workers.ts';

/** The erase workers, wired, but for the HTTP server. */
export async function startErase(
  config: Config,
  deps: { log: Log; metrics: Metrics; settings: Settings; now: () => Date; opened: Opened },
): Promise<{ routes: Route[]; signed: SignedRoute[]; ready: () => Promise<void> }> {
  const { log, now, opened } = deps;
  const leaseMs = config.KEIRO_TASK_LEASE_MS;
  const attempts = deps.metrics.counter(
    'keiro_erase_attempts_total',
    'Attempts at tasks, by holder and outcome',
    ['holder', 'outcome'],
  );
  const looked = deps.metrics.counter(
    'keiro_restore_rows_total',
    'Rows of restored stores that were looked at, by holder and pass',
    ['holder', 'pass'],
  );
  const mongo = await connectMongo({ url: config.KEIRO_MONGO_URL, database: config.KEIRO_DATABASE, log });
  opened('mongo', () => mongo.close());
  const redis = await connectRedis({ url: config.KEIRO_REDIS_URL, log });
  opened('redis', () => {
    redis.disconnect();
    return Promise.resolve();
  });
  const store = openEraseStore(mongo.db);
  await store.bringHome();
  const forged = deps.metrics.counter(
    'keiro_erase_forged_total',
    'Answers to directives that are not proven',
    ['holder'],
  );
  const channel = createDirectiveChannel({
    kafka: connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-erase', log }),
    log,
    onForged: (holder) => {
      forged.inc({ holder });
    },
  });
  opened('directives', () => channel.close());
  const base = config.KEIRO_ERASE_CALLBACK_URL;
  const wakes = createWakes();
  const connectors = createConnectors({
    settings: deps.settings,
    log,
    directives: { channel, now, random: randomBytes },
    processors: { wakes, now, ...(base === undefined ? {} : { callbackBase: base }) },
  });
  opened('connectors', () => connectors.close());
  const keys = createKeysClient({ url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN });
  const exports = openExportStore(mongo.db);
  const packs = {
    store: openPackStore(mongo.db),
    exports,
    tasksOf: (request: string) => mongo.db.collection<TaskDocument>('tasks').find({ request }).toArray(),
    holders: () => store.holders(),
    keys,
    query: { url: config.KEIRO_QUERY_URL, token: config.KEIRO_TOKEN },
    kept: config.KEIRO_PACK_KEPT,
    downloads: config.KEIRO_PACK_DOWNLOADS,
    random: randomBytes,
    now,
  };
  const packEnds = startPackEnds({ ...packs, log, everyMs: config.KEIRO_PACK_ENDS_SECONDS * 1000 });
  opened('end of packs', () => packEnds.close());
  const restoreStore = openRestoreStore(mongo);
  const worker = randomUUID();
  const retry = { ...shippedRetryPolicy, firstPauseMs: config.KEIRO_RETRY_FIRST_MS };
  const gate = createGate({ db: mongo.db, metrics: deps.metrics, log, now });
  const workers = startWorkers({
    redis,
    gate,
    prefix: config.KEIRO_DATABASE,
    leaseMs,
    holders: () => store.holders(),
    log,
    run: (task, holder) =>
      runTask(task, holder, {
        store,
        gate,
        keys,
        connectors,
        retry,
        exports,
        again: {
          // Rows of a later life came after the sweep.
          knowledge: createKnowledge({
            keys,
            store: { ...restoreStore, sweptSince: () => Promise.resolve(new Set()) },
            log,
          }),
          livesOf: (request) => store.livesOf(request),
          rowsPerSecond: config.KEIRO_REPLAY_ROWS_PER_SECOND,
          log,
          now,
        },
        random: randomBytes,
        leaseMs,
        worker,
        log,
        now,
        onAttempt: (holder, outcome) => {
          attempts.inc({ holder, outcome });
        },
      }),
  });
  opened('workers', () => workers.close());
  const watching = watchDatabaseReaders({
    db: mongo.db,
    holders: () => store.holders(),
    connectors,
    everyMs: config.KEIRO_DATABASE_READERS_EVERY_MS,
    metrics: deps.metrics,
    log,
    now,
  });
  opened('reader watch', () => watching.close());

  const callbacks = deps.metrics.counter(
    'keiro_erase_callbacks_total',
    'Callbacks of processors, by holder and what became of them',
    ['holder', 'outcome'],
  );
  const signed =
    base === undefined
      ? []
      : [
          callbackRoute({
            base,
            holder: (id) => store.holder(id),
            connectors,
            wake: (task) => store.wake(task, now()),
            wakes,
            audit: (entry) => store.tellOnce(entry),
            now,
            onCallback: (holder, outcome) => {
              callbacks.inc({ holder, outcome });
            },
          }),
        ];

  const restores = startRestores({
    store: restoreStore,
    knowledge: createKnowledge({ keys, store: restoreStore, log }),
    connectors,
    retry,
    rowsPerSecond: config.KEIRO_REPLAY_ROWS_PER_SECOND,
    worker,
    leaseMs,
    log,
    now,
    onRows: (holder, pass, rows) => {
      looked.inc({ holder, pass }, rows);
    },
  });
  opened('restores', () => restores.close());
  const onWork = () => {
    restores.wake();
  };
  return {
    routes: [
      ...restoreRoutes({ store: restoreStore, now, random: randomBytes, onWork }),
      ...packRoutes(packs),
      subjectRoute({
        task: (id) => mongo.db.collection<TaskDocument>('tasks').findOne({ _id: id }),
        store,
        keys,
        now,
      }),
    ],
    signed,
    async ready() {
      await mongo.ping();
      if (redis.status !== 'ready') throw new UnavailableError('Redis', `it is ${redis.status}`);
      await checkEviction(redis);
    },
  };
}

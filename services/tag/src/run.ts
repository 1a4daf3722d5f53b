import { randomBytes } from 'node:crypto';
import {
  connectMongo,
  watchLag,
  whileUnavailable,
  type Kafkas,
  type Log,
  type Metrics,
  type Opened,
  type Route,
} from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import { collectionTopics, factTopic, type Policies } from '@keiro/schemas';
import { createKeysClient, createQuarantine, followStanding } from '@keiro/sdk';
import type { Config } from './config.ts';
import { startExpiry } from './expiry-loop.ts';
import { openExpiryStore } from './expiry-store.ts';
import { createFactHandler } from './facts.ts';
import { createHandler } from './handle.ts';
import { createKeeper } from './keep.ts';
import { createTagMetrics } from './metrics.ts';
import { createOperator } from './operator.ts';
import { createPublisher } from './publish.ts';
import { openQuarantineStore } from './quarantine-store.ts';
import { quarantineRoutes } from './routes.ts';
import { openTagStore } from './store.ts';

/** How many partitions are handled at once: while the store takes one batch, the next is decoded and tagged. */
const partitionsAtOnce = 3;
const giveUpAfterMs = 60_000;

/** The tagging pipeline, wired: the process of `main.ts`, or inside a bench. Resolves when it consumes. */
export async function startTag(
  config: Config,
  deps: { policies: Policies; kafka: Kafkas; log: Log; metrics: Metrics; now: () => Date; opened: Opened },
): Promise<{ routes: Route[]; ready: () => Promise<void> }> {
  const { kafka, log, now, opened } = deps;
  const metrics = createTagMetrics(deps.metrics);
  const { KEIRO_GROUP_SUFFIX: suffix, KEIRO_SESSION_TIMEOUT_MS: sessionTimeoutMs } = config;
  const group = `keiro.tag${suffix}`;

  const mongo = await connectMongo({ url: config.KEIRO_MONGO_URL, database: config.KEIRO_DATABASE, log });
  opened('mongo', () => mongo.close());
  const registry = connectRegistry({ url: config.KEIRO_REGISTRY_URL });
  opened('registry', () => registry.close());
  const producer = await kafka.producer();
  opened('producer', () => producer.close());

  const keys = createKeysClient({ url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN });
  const quarantine = createQuarantine({ producer, keys, by: 'tag', now, random: randomBytes });
  // A wrong token shows here, not when the first bad message comes.
  await whileUnavailable({ what: 'the keys service', log, giveUpAfterMs }, () =>
    keys.quarantineKey(now().toISOString().slice(0, 10)),
  );
  const encode = await whileUnavailable({ what: 'the schema registry', log, giveUpAfterMs }, () =>
    registry.encoder('lineage.tagged-value'),
  );
  const standing = await followStanding({ kafka, producer, reader: `tag${suffix}`, log, now });
  opened('standing', () => standing.close());

  const store = openTagStore(mongo.db);
  const handling = {
    registry,
    standing,
    policies: deps.policies,
    store,
    publish: createPublisher(producer, encode),
    metrics,
    now,
  };
  const handle = byTopic(
    createHandler({ ...handling, quarantine }),
    createFactHandler({ ...handling, quarantine }),
  );
  const tagging = await kafka.consume({
    group,
    topics: collectionTopics,
    partitionsAtOnce,
    sessionTimeoutMs,
    onBatch: async (messages) => {
      await handle(messages);
    },
  });
  opened('tagging', () => tagging.close(), { source: true });
  const keeping = await kafka.consume({
    group: `keiro.quarantine${suffix}`,
    topics: ['quarantine'],
    sessionTimeoutMs,
    onBatch: createKeeper({ store, quarantine, metrics }),
  });
  opened('keeping', () => keeping.close(), { source: true });
  const lag = await watchLag({ kafka, group, topics: collectionTopics, metrics: deps.metrics, log });
  opened('lag', () => lag.close());

  const expiry = startExpiry({
    store: openExpiryStore(mongo.db),
    keys,
    policies: deps.policies,
    metrics,
    now,
    log,
  });
  opened('expiry', () => expiry.close());

  const entries = openQuarantineStore(mongo.db);
  // The same handlers, but what is set aside again is in quarantine already.
  const releasing = { ...handling, quarantine: { add: () => Promise.resolve() } };
  const operator = createOperator({
    handle: byTopic(createHandler(releasing), createFactHandler(releasing)),
    recorded: (ids) => store.recorded(ids),
    entries,
    keys,
    now,
    random: randomBytes,
  });
  return {
    routes: quarantineRoutes({ operator, entries, policies: deps.policies, now }),
    ready: async () => {
      standing.assertCurrent();
      await mongo.ping();
    },
  };
}

type Handler = ReturnType<typeof createHandler>;

/** A batch is of one partition, and so of one topic. */
const byTopic =
  (events: Handler, facts: Handler): Handler =>
  (messages) =>
    messages[0]?.topic === factTopic ? facts(messages) : events(messages);

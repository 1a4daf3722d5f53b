import { randomBytes } from 'node:crypto';
import {
  checkEviction,
  connectKafka,
  connectMongo,
  connectRedis,
  countHoldings,
  followPolicies,
  type Log,
  type Metrics,
  type Opened,
  type Route,
} from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import { factTopic, requestOfTask, returnId, type PackDocument } from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { actRoutes } from './act-routes.ts';
import { createActs } from './acts.ts';
import { createAnswers } from './answer-store.ts';
import { startClock } from './clock.ts';
import type { Config } from './config.ts';
import { batchStore } from './batched-store.ts';
import { createConsents, keysOf } from './consents.ts';
import { cutRoutes } from './cut-routes.ts';
import { openCutStore } from './cut-store.ts';
import { createCuts } from './cuts.ts';
import { deskRoutes } from './desk-routes.ts';
import { createDesk } from './desk.ts';
import { createDispatcher } from './dispatch.ts';
import { startDriver } from './driver.ts';
import { createEvidenceFiles } from './evidence-files.ts';
import { startEvidence } from './evidence/start.ts';
import { dryRunRoute } from './dry-run/route.ts';
import { createHandler } from './handle.ts';
import { createHolds } from './holds/holds.ts';
import { createHoldDesk } from './holds/place.ts';
import { holdRoutes } from './holds/routes.ts';
import { openHoldStore } from './holds/store.ts';
import { createIdentityOutcomes } from './identity-outcomes.ts';
import { createCheckedRequests, createPersons } from './identity/requests.ts';
import { startIdentity } from './identity/start.ts';
import { openLinkStore } from './link-store.ts';
import { createKeptSecrets } from './kept-secrets.ts';
import { createLinks } from './links.ts';
import { openPauses } from './pauses.ts';
import { createPeople } from './people.ts';
import { createPublisher } from './policies.ts';
import { policyRoutes } from './policy-routes.ts';
import { openPolicyStore } from './policy-store.ts';
import { readPositions } from './positions.ts';
import { createReaders, parseAck } from './readers.ts';
import { startRelay } from './relay.ts';
import { openBatchStore } from './retention/batch-store.ts';
import { startRetention } from './retention/run.ts';
import { openReturnStore } from './return-store.ts';
import { startReturns } from './returns.ts';
import { requestRoutes } from './routes.ts';
import { createSituations } from './situation.ts';
import { createStamps } from './stamps.ts';
import { checkStanding } from './standing-check.ts';
import { openRequestStore } from './store.ts';
import { watchChanges } from './watch.ts';

/** The request service, wired, but for its HTTP server. Resolves when it drives what is open. */
export async function startRequest(
  config: Config,
  deps: { log: Log; metrics: Metrics; now: () => Date; opened: Opened },
): Promise<{ routes: Route[]; ready: () => Promise<void> }> {
  const { log, now, opened } = deps;
  const suffix = config.KEIRO_GROUP_SUFFIX;
  const moves = deps.metrics.counter(
    'keiro_requests_moved_total',
    'Steps that requests took, by state left',
    ['state'],
  );

  const mongo = await connectMongo({ url: config.KEIRO_MONGO_URL, database: config.KEIRO_DATABASE, log });
  opened('mongo', () => mongo.close());
  const redis = await connectRedis({ url: config.KEIRO_REDIS_URL, log });
  opened('redis', () => {
    redis.disconnect();
    return Promise.resolve();
  });
  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-request', log });
  const { policies, close } = await followPolicies(config, { kafka, reader: 'request', log });
  opened('policies', close);
  // Before anything is published or driven from a database that may be an old copy.
  const ownTopics = suffix === '';
  await checkStanding(config.KEIRO_STANDING_CHECK ?? (ownTopics ? 'check' : 'off'), {
    mongo,
    kafka,
    log,
    now,
  });
  const producer = await kafka.producer();
  opened('producer', () => producer.close());
  const admin = await kafka.admin();
  opened('admin', () => admin.close());

  const store = batchStore(mongo, openRequestStore(mongo));
  const stamp = createStamps(now, await store.newestStamp());
  const keys = createKeysClient({ url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN });
  const people = createPeople(mongo.db, keys);
  const violations = openReturnStore(mongo.db);
  const readers = createReaders(now, ['keys', `tag${suffix}`]);
  const pauses = openPauses(mongo);
  const dispatcher = createDispatcher({ redis, prefix: config.KEIRO_DATABASE, log, now });
  opened('dispatcher', () => dispatcher.close());
  const positions = readPositions({ admin, groupSuffix: suffix, now });
  const relay = startRelay({
    store,
    producer,
    admin,
    log,
    onPublished: (requests) => {
      for (const id of requests) driver.wake(id);
    },
  });
  opened('relay', () => relay.close());
  const onChanged = (requests: readonly string[]): void => {
    relay.wake();
    for (const id of requests) driver.wake(id);
  };
  const consents = createConsents({ store, people, positions, policies, stamp, now, onChanged });
  const registry = connectRegistry({ url: config.KEIRO_REGISTRY_URL });
  opened('registry', () => registry.close());
  const links = createLinks({
    store,
    links: openLinkStore(mongo),
    people,
    consents,
    registry,
    policies,
    stamp,
    now,
    log,
    onChanged,
  });
  let onRoom: () => void = () => undefined;
  const clock = {
    feePeriod: config.KEIRO_FEE_PERIOD,
    warnDays: config.KEIRO_WARN_DAYS,
    undoPeriod: config.KEIRO_UNDO_PERIOD,
  };
  const holdStore = openHoldStore(mongo);
  const holds = createHolds({ store: holdStore, people, now });
  const situations = createSituations({ store, people, policies, clock });
  const kept = createKeptSecrets({ db: mongo.db, keys, log });
  await kept.forgetEnded();
  const acts = createActs({
    store,
    situations,
    stamp,
    now,
    forgetSweep: (id) => keys.forgetSweep(id),
    onMoved: (id) => {
      relay.wake();
      driver.wake(id);
    },
    onEnded: (ended) => kept.forget(ended),
  });
  const answers = createAnswers({ db: mongo.db, policies, now });
  let onEnded: () => void = () => undefined;
  const packs = mongo.db.collection<PackDocument>('packs');
  const driver = startDriver({
    store,
    keys,
    people,
    readers,
    positions,
    violations,
    retention: {
      batches: openBatchStore(mongo.db),
      onEnded: () => {
        onEnded();
      },
    },
    holds,
    dispatcher,
    waits: () => pauses.waits(),
    extend: (ref) => links.extend(ref),
    packOf: (id) => packs.findOne({ _id: id }),
    answer: async (request) => {
      const digest = await answers.digestOf(request);
      await acts.act(request._id, { type: 'answer', digest }, 'request');
    },
    publish: () => {
      relay.wake();
    },
    stamp,
    now,
    log,
    reconcileEveryMs: config.KEIRO_RECONCILE_SECONDS * 1000,
    onMoved: ({ state, type }) => {
      moves.inc({ state });
      // One that has ended makes room for the next.
      if (type === 'return' && state === 'carrying-out') onRoom();
    },
  });
  opened('driver', () => driver.close());
  const publisher = createPublisher({
    store: openPolicyStore(mongo),
    policies,
    holdings: () => countHoldings(mongo.db),
    topic: config.KEIRO_POLICY_TOPIC,
    stamp,
    now,
    onPublished: () => {
      relay.wake();
    },
  });
  await publisher.tellMissing();
  // What a process before this one decided and did not publish.
  relay.wake();

  const acks = await kafka.follow({
    topic: 'rights.acks',
    reader: 'request',
    from: 'now',
    onMessage: ({ offset, value }) => {
      const ack = parseAck(value);
      if (ack === undefined) log.error({ offset }, 'a message of rights.acks is no acknowledgement');
      readers.heard(BigInt(offset), ack);
    },
    onProgress: () => {
      driver.wakeWaiting('readers');
    },
  });
  opened('acks', () => acks.close());
  const returns = startReturns({
    store: violations,
    policies,
    everyMs: config.KEIRO_RECONCILE_SECONDS * 1000,
    now,
    log,
    onCreated: (id) => {
      driver.wake(id);
    },
  });
  opened('returns', () => returns.close());
  onRoom = () => {
    returns.wake();
  };
  const watch = watchChanges({
    db: mongo.db,
    collections: {
      tasks: {
        operations: ['update', 'replace'],
        // A claim and an entry that has reached the audit bring no request on.
        concerns: ({ state }) => state !== undefined && state !== 'running',
        onChange: (task) => {
          driver.wake(requestOfTask(task));
        },
      },
      packs: {
        operations: ['insert'],
        onChange: (id) => {
          driver.wake(id);
        },
      },
      violations: {
        operations: ['insert', 'update'],
        onChange: (id) => {
          returns.wake();
          driver.wake(returnId(id));
        },
      },
    },
    log,
  });
  opened('watch', () => watch.close());

  const following = await kafka.consume({
    group: `keiro.request${suffix}`,
    topics: [factTopic, 'lineage.tagged'],
    sessionTimeoutMs: config.KEIRO_SESSION_TIMEOUT_MS,
    onBatch: async (messages) => {
      if (messages[0]?.topic !== factTopic) return links.follow(messages);
      await consents.follow(messages);
      await links.followFacts(keysOf(messages));
    },
  });
  opened('following', () => following.close());

  const ticking = startClock({
    store,
    acts,
    situations,
    warnDays: clock.warnDays,
    everyMs: config.KEIRO_CLOCK_SECONDS * 1000,
    now,
    log,
  });
  opened('clock', () => ticking.close());
  const retention = await startRetention(config, {
    db: mongo.db,
    kafka,
    registry,
    store,
    positions,
    policies,
    narrowing: () => holds.narrowing(),
    metrics: deps.metrics,
    log,
    now,
    opened,
    onCreated: (id) => {
      driver.wake(id);
    },
  });
  onEnded = retention.ended;

  const handler = createHandler({
    store,
    keys,
    situations,
    stamp,
    now,
    random: randomBytes,
    onAccepted: (id) => {
      relay.wake();
      driver.wake(id);
    },
    onPutBack: (id) => {
      driver.wake(id);
    },
  });
  const identity = startIdentity(config, {
    db: mongo.db,
    keys,
    requests: createCheckedRequests(mongo.db),
    persons: createPersons(situations, people),
    outcomes: createIdentityOutcomes(acts),
    metrics: deps.metrics,
    log,
    now,
    random: randomBytes,
    opened,
  });
  const evidenceFiles = createEvidenceFiles({ db: mongo.db, now, random: randomBytes });
  return {
    routes: [
      ...identity,
      ...requestRoutes({ store, handler, driver, readers, policies, now }),
      ...actRoutes({ store, acts, answers, policies, now }),
      ...retention.routes,
      dryRunRoute({ db: mongo.db, store, keys, situations, holds, now, random: randomBytes }),
      ...holdRoutes({
        desk: createHoldDesk({
          holds: holdStore,
          store,
          people,
          keys,
          now,
          random: randomBytes,
          onChanged: (id) => {
            driver.wake(id);
          },
        }),
        now,
      }),
      ...deskRoutes({
        files: evidenceFiles,
        desk: createDesk({
          mongo,
          store,
          digestOf: (task, evidence) => evidenceFiles.digestOf(task, evidence),
          now,
          onChanged: (id) => {
            driver.wake(id);
          },
        }),
        pauses,
        now,
      }),
      ...startEvidence(config, { db: mongo.db, producer, log, now, opened }),
      ...policyRoutes({ publisher, policies, now }),
      ...cutRoutes(createCuts({ cuts: openCutStore(mongo, store), store, people, keys, now })),
    ],
    async ready() {
      await mongo.ping();
      // Without Redis requests are taken all the same; with one that evicts, jobs would go unseen.
      if (redis.status === 'ready') await checkEviction(redis);
    },
  };
}

import { randomBytes } from 'node:crypto';
import {
  appendAudit,
  connectKafka,
  connectMongo,
  createLog,
  createMetrics,
  followPolicies,
  loadClients,
  readConfig,
  runService,
  serveHttp,
  watchLag,
  whileUnavailable,
} from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import { custodyTopics } from '@keiro/schemas';
import { createKeysClient, createProvisionIdentities, createQuarantine } from '@keiro/sdk';
import { authoriseRoute } from './authorise-route.ts';
import { configSchema } from './config.ts';
import { custodyRoutes, reportsBodyLimit } from './custody-routes.ts';
import { followErased } from './erased.ts';
import { createHandler } from './handle.ts';
import { holderRoutes } from './holder-routes.ts';
import { openHolderStore } from './holder-store.ts';
import { createHolders } from './holders.ts';
import { createKeep } from './keep.ts';
import { createTransferMetrics } from './metrics.ts';
import { openPeople } from './people.ts';
import { openProvisionEndStore } from './provision-end-store.ts';
import { startProvisionEnds } from './provision-loop.ts';
import { createProofs } from './proofs.ts';
import { provisionRoute } from './provision-route.ts';
import { openProvisionStore } from './provision-store.ts';
import { publishRegister } from './publish.ts';
import { readerRoutes } from './reader-routes.ts';
import { watchReaders } from './reader-watch.ts';
import { registerFromFile } from './register-file.ts';
import { openTransferStore } from './store.ts';
import { violationRoute } from './violation-routes.ts';
import { openViolationStore } from './violation-store.ts';

const log = createLog('transfer');

await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const now = () => new Date();
  const clients = loadClients(config.KEIRO_CLIENTS_FILE);
  const metrics = createMetrics('transfer');
  const group = `keiro.transfer${config.KEIRO_GROUP_SUFFIX}`;
  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-transfer', log });
  const { policies, close } = await followPolicies(config, { kafka, reader: 'transfer', log });
  opened('policies', close);

  const mongo = await connectMongo({ url: config.KEIRO_MONGO_URL, database: config.KEIRO_DATABASE, log });
  opened('mongo', () => mongo.close());
  const store = openTransferStore(mongo.db);
  const register = openHolderStore(mongo.db);
  if (config.KEIRO_HOLDERS_FILE !== undefined) {
    const registered = await registerFromFile(config.KEIRO_HOLDERS_FILE, register, policies, now());
    log.info(registered, 'holders registered');
  }
  const people = openPeople(mongo.db);
  const violations = await openViolationStore(mongo.db, metrics, log);
  const holders = await createHolders(() => register.all(), now);

  const registry = connectRegistry({ url: config.KEIRO_REGISTRY_URL });
  opened('registry', () => registry.close());
  const producer = await kafka.producer();
  opened('producer', () => producer.close());
  // Topics are shared: a second pipeline leaves the register of the first one alone.
  const publish = () =>
    config.KEIRO_GROUP_SUFFIX === '' ? publishRegister(register, producer) : Promise.resolve();
  await publish();
  const keys = createKeysClient({ url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN });
  // A wrong token shows here, not when the first bad message comes.
  await whileUnavailable({ what: 'the keys service', log, giveUpAfterMs: 60_000 }, () =>
    keys.quarantineKey(now().toISOString().slice(0, 10)),
  );

  const counted = createTransferMetrics(metrics);
  const erased = await followErased({ kafka, db: mongo.db });
  opened('erased lives', () => erased.close());
  const keep = createKeep({ store, violations, people, erased, policies, metrics: counted });
  const receiving = await kafka.consume({
    group,
    topics: custodyTopics,
    partitionsAtOnce: 2,
    sessionTimeoutMs: config.KEIRO_SESSION_TIMEOUT_MS,
    onBatch: createHandler({
      registry,
      holders,
      keep,
      proofs: createProofs(keys),
      mode: config.KEIRO_CUSTODY_PROOFS,
      quarantine: createQuarantine({ producer, keys, by: 'transfer', now, random: randomBytes }),
      metrics: counted,
      now,
    }),
  });
  opened('receiving', () => receiving.close());
  const lag = await watchLag({ kafka, group, topics: custodyTopics, metrics, log });
  opened('lag', () => lag.close());
  const watching = await watchReaders({
    kafka,
    db: mongo.db,
    suffix: config.KEIRO_GROUP_SUFFIX,
    everyMs: config.KEIRO_READERS_EVERY_MS,
    metrics,
    log,
    now,
  });
  opened('reader watch', () => watching.close());

  const identities = createProvisionIdentities({ url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN });
  const ends = startProvisionEnds({ store: openProvisionEndStore(mongo.db), identities, policies, now, log });
  opened('ends of provision records', () => ends.close());

  const http = await serveHttp({
    service: 'transfer',
    host: config.KEIRO_HOST,
    port: config.KEIRO_TRANSFER_PORT,
    log,
    metrics,
    clients,
    bodyLimit: reportsBodyLimit,
    routes: [
      ...holderRoutes({
        store: register,
        policies,
        async onChanged() {
          await holders.reload();
          await publish();
        },
        now,
      }),
      authoriseRoute({
        holders,
        people,
        policies,
        audit: (entries) => appendAudit(mongo.db, entries),
        random: randomBytes,
        now,
      }),
      provisionRoute({
        holders,
        people,
        policies,
        provisions: openProvisionStore(mongo.db),
        identities,
        random: randomBytes,
        now,
      }),
      ...custodyRoutes({ holders, keep, metrics: counted, now }),
      violationRoute(violations, now),
      ...readerRoutes({ mongo, now }),
    ],
    ready: () => mongo.ping(),
  });
  opened('http', () => http.close());
});

import { randomBytes, randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import {
  connectKafka,
  connectMongo,
  createLog,
  createMetrics,
  followPolicies,
  loadClients,
  readConfig,
  runService,
  serveHttp,
} from '@keiro/runtime';
import type { Ref } from '@keiro/schemas';
import { followHolders, followStanding } from '@keiro/sdk';
import { configSchema } from './config.ts';
import { contactRoutes } from './contacts.ts';
import { createFloorKeys } from './floor-keys.ts';
import { kekRoutes } from './kek-routes.ts';
import { joinKeks } from './kek-instance.ts';
import { openKekStore } from './kek-store.ts';
import { backupsEnd } from './kek-decide.ts';
import { createKekWork } from './kek-work.ts';
import { openKeks } from './keks.ts';
import { createKeyAudit } from './key-audit.ts';
import { readKeyFile } from './key-file.ts';
import { openProvider } from './provider.ts';
import { createProvisionKeys } from './provision-keys.ts';
import { provisionRoutes } from './provision-routes.ts';
import { createQuarantineKeys } from './quarantine-keys.ts';
import { readReleases } from './releases.ts';
import { openRetireStore } from './retire.ts';
import { createKeyRings } from './rings.ts';
import { createReportKeys } from './report-keys.ts';
import { reportRoutes } from './report-routes.ts';
import { keysRoutes } from './routes.ts';
import { checkStanding } from './standing-check.ts';
import { openSigningFile } from './signing-file.ts';
import { signingRoutes } from './signing-routes.ts';
import { openKeyStore } from './store.ts';
import { openWrappedStore } from './wrapped-store.ts';

const log = createLog('keys');

await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const now = () => new Date();
  const metrics = createMetrics('keys');
  const clients = loadClients(config.KEIRO_CLIENTS_FILE);
  const pepper = Buffer.from(readKeyFile(config.KEIRO_KEY_FILE).pepper, 'base64');
  const keyring = openSigningFile(
    config.KEIRO_SIGNING_KEY_FILE ?? join(dirname(config.KEIRO_KEY_FILE), 'signing.json'),
    now,
  );
  const provider = await openProvider(config, { log, random: randomBytes });

  const mongo = await connectMongo({
    url: config.KEIRO_KEYS_MONGO_URL,
    database: config.KEIRO_KEYS_DATABASE,
    log,
  });
  opened('mongo', () => mongo.close());
  const store = openKeyStore(mongo.db);
  const instanceId = randomUUID();
  const audit = createKeyAudit({ db: mongo.db, instance: instanceId, log, now });
  opened('audit', () => audit.close());

  const kekStore = openKekStore(mongo.db);
  const keks = await openKeks(provider, now);
  const instance = await joinKeks({
    id: instanceId,
    store: kekStore,
    provider,
    keks,
    log,
    now,
  });
  opened('keks', () => instance.close());
  const onKeks = {
    store: kekStore,
    wrapped: openWrappedStore(mongo.db),
    provider,
    keks,
    instance,
    metrics,
    log,
    now,
    random: randomBytes,
    perSecond: config.KEIRO_KEK_REWRAP_PER_SECOND,
  };
  const work = createKekWork(onKeks);
  opened('work on keks', () => work.close());
  instance.keepFollowing(() => {
    work.goOn();
  });
  const rings = createKeyRings(store, keks);

  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-keys', log });
  const { policies, close } = await followPolicies(config, { kafka, reader: 'keys', log });
  opened('policies', close);
  const producer = await kafka.producer();
  opened('producer', () => producer.close());
  const standing = await followStanding({ kafka, producer, reader: 'keys', log, now });
  opened('standing', () => standing.close());
  standing.onChange(({ ref }) => {
    rings.forget(ref);
  });
  // Before anything is released from a database that may be an old copy.
  await checkStanding(config.KEIRO_STANDING_CHECK, { standings: standing.all(), store, audit, log, now });

  const holders = await followHolders({ kafka, reader: 'keys', policies, log, now });
  opened('holders', () => holders.close());

  const standingOf = (ref: Ref) => {
    // Behind, it would release what it must refuse.
    standing.assertCurrent();
    return standing.get(ref);
  };
  const routes = keysRoutes({
    pepper,
    keks,
    store,
    rings,
    floorKeys: createFloorKeys({ db: mongo.db, keks, rings, random: randomBytes, now }),
    retire: openRetireStore(mongo.db),
    policies,
    metrics,
    audit,
    backupsEnd: async () => backupsEnd(await kekStore.epochs(), config.KEIRO_KEK_MAX_DAYS, now()),
    releasesIn: (asked) => readReleases(mongo.db, asked, now()),
    now,
    random: randomBytes,
    quarantineKeys: createQuarantineKeys({ db: mongo.db, keks, random: randomBytes, now }),
    standingOf,
    isCarried: (holder, purpose) => holders.verdict(holder, purpose).allowed,
  });
  const http = await serveHttp({
    service: 'keys',
    host: config.KEIRO_HOST,
    port: config.KEIRO_KEYS_PORT,
    log,
    metrics,
    clients,
    routes: [
      ...routes,
      ...contactRoutes({ rings, standingOf, audit }),
      ...provisionRoutes({
        rings,
        standingOf,
        provisionKeys: createProvisionKeys({ db: mongo.db, keks, random: randomBytes, now }),
        policies,
        metrics,
        audit,
        random: randomBytes,
        now,
      }),
      ...reportRoutes({
        reportKeys: createReportKeys({ db: mongo.db, keks, random: randomBytes, now }),
      }),
      ...signingRoutes({ keyring, audit, now }),
      ...kekRoutes({ ...onKeks, work, audit, maxDays: config.KEIRO_KEK_MAX_DAYS }),
    ],
    ready: async () => {
      standing.assertCurrent();
      await mongo.ping();
    },
  });
  opened('http', () => http.close());
});

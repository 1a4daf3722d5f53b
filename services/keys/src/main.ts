import { randomBytes } from 'node:crypto';
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
import { followHolders, followStanding } from '@keiro/sdk';
import { configSchema } from './config.ts';
import { readKeyFile } from './key-file.ts';
import { createQuarantineKeys } from './quarantine-keys.ts';
import { createKeyRings } from './rings.ts';
import { keysRoutes } from './routes.ts';
import { openKeyStore } from './store.ts';

const log = createLog('keys');

await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const now = () => new Date();
  const metrics = createMetrics('keys');
  const clients = loadClients(config.KEIRO_CLIENTS_FILE);
  const { pepper, provider } = readKeyFile(config.KEIRO_KEY_FILE);

  const mongo = await connectMongo({
    url: config.KEIRO_KEYS_MONGO_URL,
    database: config.KEIRO_KEYS_DATABASE,
    log,
  });
  opened('mongo', () => mongo.close());
  const store = openKeyStore(mongo.db);
  const rings = createKeyRings(store, provider);

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

  const holders = await followHolders({ kafka, reader: 'keys', policies, log, now });
  opened('holders', () => holders.close());

  const routes = keysRoutes({
    pepper,
    provider,
    store,
    rings,
    policies,
    metrics,
    now,
    random: randomBytes,
    quarantineKeys: createQuarantineKeys({ db: mongo.db, provider, random: randomBytes, now }),
    standingOf: (ref) => {
      // Behind, it would release what it must refuse.
      standing.assertCurrent();
      return standing.get(ref);
    },
    isCarried: (holder, purpose) => holders.verdict(holder, purpose).allowed,
  });
  const http = await serveHttp({
    service: 'keys',
    host: config.KEIRO_HOST,
    port: config.KEIRO_KEYS_PORT,
    log,
    metrics,
    clients,
    routes,
    ready: async () => {
      standing.assertCurrent();
      await mongo.ping();
    },
  });
  opened('http', () => http.close());
});

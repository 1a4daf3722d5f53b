import {
  connectKafka,
  connectMongo,
  createLog,
  createMetrics,
  loadClients,
  readConfig,
  readPublishedPolicies,
  runService,
  serveHttp,
} from '@keiro/runtime';
import { createKeysClient } from '@keiro/sdk/keys-client';
import { breachRoutes } from './breach-routes.ts';
import { createBreachStore } from './breach-store.ts';
import { configSchema } from './config.ts';
import { createCounts } from './counts.ts';
import { drRoute } from './dr-route.ts';
import { createDrStore } from './dr-store.ts';
import { queryRoutes } from './handle.ts';
import { createProgressReader } from './progress.ts';
import { provisionRoutes } from './provision-routes.ts';
import { readersRoutes } from './readers.ts';
import { createStore } from './store.ts';
import { todayRoute } from './today-route.ts';
import { violationsRoute } from './violations.ts';

const log = createLog('query');

await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const now = () => new Date();
  const clients = loadClients(config.KEIRO_CLIENTS_FILE);
  const mongo = await connectMongo({ url: config.KEIRO_MONGO_URL, database: config.KEIRO_DATABASE, log });
  opened('mongo', () => mongo.close());
  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-query', log });
  const { policies, close } = await readPublishedPolicies(config, { db: mongo.db, log });
  opened('policies', close);
  const progress = createProgressReader({ kafka, groupSuffix: config.KEIRO_GROUP_SUFFIX, log, now });
  opened('kafka', () => progress.close());
  // To connect takes longer than an answer waits: so begin now. It waits for nobody, and never throws.
  void progress.read();
  const keys = createKeysClient({ url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN });

  const store = createStore(mongo.db);
  const counts = createCounts(mongo.db);
  const http = await serveHttp({
    service: 'query',
    host: config.KEIRO_HOST,
    port: config.KEIRO_QUERY_PORT,
    log,
    metrics: createMetrics('query'),
    clients,
    routes: [
      ...readersRoutes({ db: mongo.db, now }),
      ...breachRoutes({
        db: mongo.db,
        store,
        breaches: createBreachStore(mongo.db),
        progress,
        policies,
        now,
      }),
      ...queryRoutes({
        store,
        counts,
        keys,
        progress,
        policies,
        now,
        log,
      }),
      violationsRoute(mongo.db, now),
      ...provisionRoutes({ db: mongo.db, store, keys, policies, now }),
      drRoute({ store: createDrStore(mongo.db), now }),
      todayRoute({ db: mongo.db, counts, policies, now }),
    ],
    ready: () => mongo.ping(),
  });
  opened('http', () => http.close());
});

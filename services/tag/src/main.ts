import {
  connectKafka,
  createLog,
  createMetrics,
  followPolicies,
  loadClients,
  readConfig,
  runService,
  serveHttp,
} from '@keiro/runtime';
import { configSchema } from './config.ts';
import { startTag } from './run.ts';

const log = createLog('tag');

await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const metrics = createMetrics('tag');
  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-tag', log });
  const { policies, close } = await followPolicies(config, { kafka, reader: 'tag', log });
  opened('policies', close);
  const clients = loadClients(config.KEIRO_CLIENTS_FILE);
  const { routes, ready } = await startTag(config, {
    policies,
    kafka,
    log,
    metrics,
    now: () => new Date(),
    opened,
  });
  const http = await serveHttp({
    service: 'tag',
    host: config.KEIRO_HOST,
    port: config.KEIRO_TAG_PORT,
    log,
    metrics,
    clients,
    routes,
    ready,
  });
  opened('http', () => http.close());
});

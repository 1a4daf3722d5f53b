import {
  connectKafka,
  createLog,
  createMetrics,
  loadPolicies,
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
  const policies = loadPolicies(config.KEIRO_POLICY_FILE);
  const metrics = createMetrics('tag');
  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-tag', log });
  const { ready } = await startTag(config, {
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
    ready,
  });
  opened('http', () => http.close());
});

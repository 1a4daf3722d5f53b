import { createLog, createMetrics, loadClients, readConfig, runService, serveHttp } from '@keiro/runtime';
import { configSchema } from './config.ts';
import { startRequest } from './run.ts';

const log = createLog('request');

await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const now = () => new Date();
  const metrics = createMetrics('request');
  const clients = loadClients(config.KEIRO_CLIENTS_FILE);
  const { routes, ready } = await startRequest(config, { log, metrics, now, opened });
  const http = await serveHttp({
    service: 'request',
    host: config.KEIRO_HOST,
    port: config.KEIRO_REQUEST_PORT,
    log,
    metrics,
    clients,
    routes,
    ready,
  });
  opened('http', () => http.close());
});

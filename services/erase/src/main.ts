import { createLog, createMetrics, loadClients, readConfig, runService, serveHttp } from '@keiro/runtime';
import { configSchema, holderSettings } from './config.ts';
import { startErase } from './run.ts';

const log = createLog('erase');

await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const metrics = createMetrics('erase');
  const settings = holderSettings();
  const clients = loadClients(config.KEIRO_CLIENTS_FILE);
  const { routes, signed, ready } = await startErase(config, {
    log,
    metrics,
    settings,
    now: () => new Date(),
    opened,
  });
  const http = await serveHttp({
    service: 'erase',
    host: config.KEIRO_HOST,
    port: config.KEIRO_ERASE_PORT,
    log,
    metrics,
    clients,
    routes,
    signed,
    ready,
  });
  opened('http', () => http.close());
});

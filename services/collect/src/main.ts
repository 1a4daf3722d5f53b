import { randomBytes } from 'node:crypto';
import {
  callJson,
  connectKafka,
  createLog,
  createMetrics,
  followPolicies,
  loadClients,
  readConfig,
  runService,
  serveHttp,
} from '@keiro/runtime';
import { createEmitter } from '@keiro/sdk';
import { z } from 'zod';
import { configSchema } from './config.ts';
import { createCollect } from './handle.ts';
import { collectRoutes, eventTypesOfContent } from './routes.ts';

const log = createLog('collect');

await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const metrics = createMetrics('collect');
  const clients = loadClients(config.KEIRO_CLIENTS_FILE);
  const keys = { url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN };

  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-collect', log });
  const { policies, close } = await followPolicies(config, { kafka, reader: 'collect', log });
  opened('policies', close);
  const admin = await kafka.admin();
  opened('admin', () => admin.close());
  const emitter = await createEmitter({
    kafka: { brokers: config.KEIRO_KAFKA_BROKERS },
    registryUrl: config.KEIRO_REGISTRY_URL,
    keys,
    source: '*',
    sites: config.KEIRO_SITES,
    policies,
    clientId: 'keiro-collect',
    maxBuffered: config.KEIRO_COLLECT_BUFFER,
    log,
    now: () => new Date(),
    random: randomBytes,
  });
  opened('emitter', () => emitter.close());

  const http = await serveHttp({
    service: 'collect',
    host: config.KEIRO_HOST,
    port: config.KEIRO_COLLECT_PORT,
    log,
    metrics,
    clients,
    routes: collectRoutes(createCollect({ emitter, metrics })),
    jsonTypes: eventTypesOfContent,
    ready: async () => {
      await admin.topics();
      await callJson(
        keys,
        { method: 'GET', path: '/health/ready' },
        z.object({ status: z.literal('ready') }),
      );
    },
  });
  opened('http', () => http.close());
});

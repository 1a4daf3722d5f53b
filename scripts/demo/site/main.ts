import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  connectKafka,
  createLog,
  createMetrics,
  followPolicies,
  readConfig,
  runService,
} from '@keiro/runtime';
import type { CollectionEvent, Fact } from '@keiro/schemas';
import { createEmitter } from '@keiro/sdk';
import { measurementId } from '../analytics/property.ts';
import { ensureSeal } from '../opendsr/ensure-seal.ts';
import { accessLogTo } from './access-log.ts';
import { createSite } from './app.ts';
import { configSchema } from './config.ts';
import { createMembers } from './members.ts';
import { createSubmissions } from './submit.ts';

const log = createLog('demo-site');

await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const now = () => new Date();
  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'demo-site', log });
  const { policies, close } = await followPolicies(config, { kafka, reader: 'demo-site', log });
  opened('policies', close);
  mkdirSync(dirname(config.DEMO_ACCESS_LOG), { recursive: true });
  const metrics = createMetrics('demo-site');
  const emitted = metrics.counter(
    'demo_site_events_emitted_total',
    'events and facts that the pipeline has taken',
    ['type'],
  );

  const emitter = await createEmitter({
    kafka: { brokers: config.KEIRO_KAFKA_BROKERS },
    registryUrl: config.KEIRO_REGISTRY_URL,
    keys: { url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN },
    source: 'demo-site',
    sites: [config.DEMO_SITE_NAME],
    policies,
    clientId: 'demo-site',
    log,
    now,
    random: randomBytes,
  });
  opened('emitter', () => emitter.close());

  async function emit(events: readonly (CollectionEvent | Fact)[]): Promise<void> {
    await emitter.emitBatch(events);
    for (const { type } of events) emitted.inc({ type });
  }

  const app = await createSite({
    members: createMembers({ random: randomBytes, now }),
    submissions: createSubmissions({ random: randomBytes, emit }),
    emit,
    analytics: { collector: `${config.DEMO_ANALYTICS_URL}/g/collect`, id: measurementId },
    accessLog: accessLogTo(config.DEMO_ACCESS_LOG),
    metrics,
    log,
    now,
    random: randomBytes,
    site: config.DEMO_SITE_NAME,
    policy: () => policies.inForce(now()),
    privacy: {
      token: config.DEMO_PRIVACY_TOKEN,
      seal: ensureSeal(config.DEMO_SITE_SEAL, config.DEMO_SITE_DOMAIN, now()),
    },
  });
  await app.listen({ host: config.KEIRO_HOST, port: config.DEMO_SITE_PORT });
  opened('http', () => app.close());
});

import { randomBytes } from 'node:crypto';
import {
  connectKafka,
  createLog,
  createMetrics,
  followPolicies,
  KeiroError,
  readConfig,
  runService,
  serveHttp,
} from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import { createGateClient, createGuardedConsumer, createKeysClient } from '@keiro/sdk';
import { billing } from './billing.ts';
import { configSchema } from './config.ts';
import { crm } from './crm.ts';
import { mailer } from './mailer.ts';
import { newsletter } from './newsletter.ts';
import { sessions } from './sessions.ts';
import { statistics } from './statistics.ts';

/** The stores that this program can be; the first argument says which. */
const stores = [crm, billing, sessions, mailer, newsletter, statistics];

const wanted = process.argv[2];
const log = createLog(`demo-${wanted ?? 'store'}`);

await runService(log, async (opened) => {
  const store = stores.find(({ holder }) => holder === wanted);
  if (store === undefined) {
    throw new KeiroError('configuration', `name a store: ${stores.map(({ holder }) => holder).join(', ')}`, {
      retryable: false,
    });
  }
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const metrics = createMetrics(log.bindings()['name'] as string);
  const counter = metrics.counter('demo_store_items_total', 'items written or handed on');

  const open = await store.open({
    config,
    log,
    counted(items) {
      counter.inc(items);
    },
  });
  opened('store', open.close);
  const registry = connectRegistry({ url: config.KEIRO_REGISTRY_URL });
  opened('registry', () => registry.close());
  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: `demo-${store.holder}`, log });
  const { policies, close } = await followPolicies(config, { kafka, reader: store.holder, log });
  opened('policies', close);
  const consumer = await createGuardedConsumer({
    kafka,
    registry,
    keys: createKeysClient({ url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN }),
    holder: store.holder,
    purpose: store.purpose,
    categories: store.categories,
    policies,
    handle: open.handle,
    ...(open.directives === undefined ? {} : { directives: open.directives }),
    gate: createGateClient({ url: config.KEIRO_ERASE_URL, token: config.KEIRO_TOKEN }),
    log,
    now: () => new Date(),
    random: randomBytes,
  });
  opened('consumer', () => consumer.close());
  const http = await serveHttp({
    service: `demo-${store.holder}`,
    host: config.KEIRO_HOST,
    port: config.DEMO_STORE_PORT,
    log,
    metrics,
    ready: open.ready,
  });
  opened('http', () => http.close());
});

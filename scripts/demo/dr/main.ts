import { setTimeout as delay } from 'node:timers/promises';
import {
  commonConfig,
  connectKafka,
  connectMongo,
  createLog,
  createMetrics,
  kafkaConfig,
  keysConfig,
  port,
  readConfig,
  registryConfig,
  runService,
  serveHttp,
  tokenConfig,
  whileUnavailable,
} from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import { createKeysClient, createReportProver, followStanding } from '@keiro/sdk';
import { z } from 'zod';
import { connectPostgres } from '../postgres.ts';
import { billingDatabase } from '../stores/billing.ts';
import { crmDatabase } from '../stores/crm.ts';
import { billingCopy, crmCopy } from './copies.ts';
import { createSnapshotJob } from './snapshot.ts';

const holder = 'dr-singapore';
const configSchema = z.object({
  ...commonConfig,
  ...kafkaConfig,
  ...registryConfig,
  ...keysConfig,
  /** Right `custody:report`. */
  ...tokenConfig,
  DEMO_MONGO_URL: z.string().min(1),
  DEMO_POSTGRES_URL: z.string().min(1),
  DEMO_DR_PORT: port(0),
  /** Seconds between snapshots; SIGHUP asks for one at once. */
  DEMO_DR_EVERY: z.coerce.number().int().min(1).default(60),
});

const log = createLog('demo-dr-singapore');

/** The overseas disaster-recovery site: copies the CRM and billing, again and again, and reports each snapshot. */
await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const now = () => new Date();
  const metrics = createMetrics(`demo-${holder}`);
  const rowsGauge = metrics.gauge('demo_dr_rows', 'rows in the last snapshot', ['store']);
  const taken = metrics.counter('demo_dr_snapshots_total', 'snapshots of all stores that were reported');

  const mongo = await connectMongo({ url: config.DEMO_MONGO_URL, database: 'dr_crm', log });
  opened('mongo', () => mongo.close());
  const source = await connectPostgres({ url: config.DEMO_POSTGRES_URL, database: billingDatabase, log });
  opened('billing', () => source.end());
  const site = await connectPostgres({ url: config.DEMO_POSTGRES_URL, database: 'dr_billing', log });
  opened('dr-billing', () => site.end());
  const registry = connectRegistry({ url: config.KEIRO_REGISTRY_URL });
  opened('registry', () => registry.close());
  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: `demo-${holder}`, log });
  const producer = await kafka.producer();
  opened('producer', () => producer.close());
  const standing = await followStanding({ kafka, producer, reader: holder, log, now });
  opened('standing', () => standing.close());

  const keys = createKeysClient({ url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN });
  const job = createSnapshotJob({
    holder,
    stores: {
      crm: crmCopy(mongo.client.db(crmDatabase), mongo.db),
      billing: await billingCopy(source, site),
    },
    standing,
    producer,
    encode: await registry.encoder('custody.snapshots-value'),
    prove: createReportProver(() => keys.reportKey(holder)),
    now,
  });

  const stop = new AbortController();
  let wake = new AbortController();
  process.on('SIGHUP', () => {
    wake.abort();
  });
  const loop = (async () => {
    while (!stop.signal.aborted) {
      // Asked for while a snapshot is under way: another one follows, because that one may have read before.
      wake = new AbortController();
      const rows = await whileUnavailable(
        { what: 'a server of the snapshot', log, signal: stop.signal },
        () => job.run(),
      );
      for (const [store, count] of Object.entries(rows)) rowsGauge.set({ store }, count);
      taken.inc();
      log.info({ rows }, 'snapshot taken');
      await pause(config.DEMO_DR_EVERY * 1000, AbortSignal.any([wake.signal, stop.signal]));
    }
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  opened('loop', async () => {
    stop.abort();
    await loop;
  });
  const http = await serveHttp({
    service: `demo-${holder}`,
    host: config.KEIRO_HOST,
    port: config.DEMO_DR_PORT,
    log,
    metrics,
    ready: () => mongo.ping(),
  });
  opened('http', () => http.close());
});

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

import { commonConfig, createLog, port, readConfig, runService } from '@keiro/runtime';
import { z } from 'zod';
import { createAnalytics } from './app.ts';
import { createHits } from './hits.ts';
import { measurementId, propertyNumber } from './property.ts';

const configSchema = z.object({
  ...commonConfig,
  DEMO_ANALYTICS_PORT: port(17_019),
  /** With which its Admin API is called. */
  DEMO_ANALYTICS_TOKEN: z.string().min(16),
});

const log = createLog('demo-analytics');

await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const app = createAnalytics({
    hits: createHits(measurementId),
    property: propertyNumber,
    token: config.DEMO_ANALYTICS_TOKEN,
    now: () => new Date(),
  });
  await app.listen({ host: config.KEIRO_HOST, port: config.DEMO_ANALYTICS_PORT });
  opened('http', () => app.close());
});

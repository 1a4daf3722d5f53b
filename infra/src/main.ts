import {
  connectKafka,
  createLog,
  commonConfig,
  kafkaConfig,
  messageOf,
  mongoConfig,
  readConfig,
  registryConfig,
} from '@keiro/runtime';
import { z } from 'zod';
import { provision } from './provision.ts';

/* Makes topics, schemas and indexes what the code says they are, and ends: docker compose runs it once before the services. */
const configSchema = z.object({
  ...commonConfig,
  ...kafkaConfig,
  ...registryConfig,
  ...mongoConfig,
  KEIRO_KEYS_MONGO_URL: z.string().min(1),
  KEIRO_KEYS_DATABASE: z.string().default('keiro_keys'),
});

try {
  const config = readConfig(configSchema);
  const log = createLog('provision', config.KEIRO_LOG_LEVEL);
  const made = await provision({
    kafka: connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-provision', log }),
    registryUrl: config.KEIRO_REGISTRY_URL,
    mongoUrl: config.KEIRO_MONGO_URL,
    database: config.KEIRO_DATABASE,
    keysMongoUrl: config.KEIRO_KEYS_MONGO_URL,
    keysDatabase: config.KEIRO_KEYS_DATABASE,
    log,
  });
  log.info({ topicsCreated: made.topicsCreated.length, subjects: made.subjects }, 'provisioned');
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

import { provision } from '@keiro/infra/provision';
import { connectKafka, createLog, type Log } from '@keiro/runtime';
import type { StackEnvironment } from './services.ts';

/** Makes topics, schemas and indexes of a stack what the code says they are. Idempotent. */
export async function prepare(
  env: StackEnvironment,
  log: Log = createLog('prepare', 'warn'),
): Promise<{ topicsCreated: string[]; subjects: number }> {
  const of = (name: string): string => env[name] ?? '';
  return provision({
    kafka: connectKafka({ brokers: of('KEIRO_KAFKA_BROKERS').split(','), clientId: 'keiro-prepare', log }),
    registryUrl: of('KEIRO_REGISTRY_URL'),
    mongoUrl: of('KEIRO_MONGO_URL'),
    database: 'keiro',
    keysMongoUrl: of('KEIRO_KEYS_MONGO_URL'),
    keysDatabase: 'keiro_keys',
    log,
  });
}

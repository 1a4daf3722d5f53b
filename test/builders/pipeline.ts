import { randomBytes } from 'node:crypto';
import {
  connectKafka,
  connectMongo,
  createLog,
  reached,
  until,
  type Admin,
  type Mongo,
  type Positions,
  type Producer,
} from '@keiro/runtime';
import { connectRegistry, type Registry } from '@keiro/runtime/registry';
import { env } from './environment.ts';
import { startService, type ServiceProcess } from './service-process.ts';

/**
 * A second pipeline on the shared servers: a database, and consumer groups, of its own. Its services start to
 * read at the moment when it was made.
 */
export interface Pipeline {
  readonly kafka: ReturnType<typeof connectKafka>;
  readonly producer: Producer;
  readonly admin: Admin;
  readonly registry: Registry;
  readonly mongo: Mongo;
  /** Appended to consumer groups. */
  readonly suffix: string;
  /** Starts a service as part of it, with the token of its name; it ends with the pipeline at the latest. */
  start(service: string, variables?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  /** What a service needs in its environment to be part of it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Makes a group start to read at these positions. It must have no members. */
  startAt(group: string, positions: Positions): Promise<void>;
  /** Waits until a group has committed all that is in these topics now. */
  passed(group: string, topics: readonly string[], timeoutMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** For what a test kills: what it held goes to the next one soon. */
export const soonGone = { KEIRO_SESSION_TIMEOUT_MS: '3000', KEIRO_TASK_LEASE_MS: '3000' };

export async function createPipeline(
  name: string,
  groups: readonly { group: string; topics: readonly string[] }[],
): Promise<Pipeline> {
  const suffix = `-${name}-${randomBytes(4).toString('hex')}`;
  const database = `test${suffix.replaceAll('-', '_')}`;
  const log = createLog(`test-${name}`, 'warn');
  const kafka = connectKafka({
    brokers: env('KEIRO_KAFKA_BROKERS').split(','),
    clientId: `test${suffix}`,
    log,
  });
  const producer = await kafka.producer();
  const admin = await kafka.admin();
  const registry = connectRegistry({ url: env('KEIRO_REGISTRY_URL') });
  const mongo = await connectMongo({ url: env('KEIRO_MONGO_URL'), database, log });
  for (const { group, topics } of groups)
    await admin.setCommitted(`${group}${suffix}`, await admin.endOffsets(topics));

  const variables = {
    KEIRO_DATABASE: database,
    KEIRO_GROUP_SUFFIX: suffix,
    // Nobody takes anything back, but where a test is about that.
    KEIRO_UNDO_PERIOD: 'PT0S',
    // All readers of standing speak every two seconds.
    KEIRO_STANDING_LISTEN_MS: '2500',
  };
  const started: ServiceProcess[] = [];
  return {
    kafka,
    producer,
    admin,
    registry,
    mongo,
    suffix,
    variables,
    async start(service, more = {}) {
      const token = env(`KEIRO_TOKEN_${service.toUpperCase()}`);
      const process = await startService(service, { ...variables, KEIRO_TOKEN: token, ...more });
      started.push(process);
      return process;
    },
    startAt: (group, positions) => admin.setCommitted(`${group}${suffix}`, positions),
    async passed(group, topics, timeoutMs = 30_000) {
      const ends = await admin.endOffsets(topics);
      await until(async () => reached(ends, await admin.committed(`${group}${suffix}`, topics)), {
        what: `${group} has read all`,
        timeoutMs,
      });
    },
    async close() {
      await Promise.all(started.map((process) => process.end()));
      await mongo.db.dropDatabase();
      await Promise.all([mongo.close(), producer.close(), admin.close(), registry.close()]);
    },
  };
}

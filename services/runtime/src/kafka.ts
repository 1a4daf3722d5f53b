/* The only file that imports kafkajs, which is unmaintained: whatever replaces it replaces this file. */
import kafkajs from 'kafkajs';
import type {
  Consumer,
  Kafka,
  KafkaMessage,
  logCreator,
  Message as KafkaJsMessage,
  Producer as KafkaProducer,
} from 'kafkajs';
import { isRetryable, KeiroError, UnavailableError } from './errors.ts';
import type {
  Admin,
  ConsumeOptions,
  FollowOptions,
  Kafkas,
  Message,
  OutgoingMessage,
  Positions,
  Producer,
  Running,
} from './kafka-types.ts';
import type { Log } from './log.ts';
import { partitionOf } from './partition.ts';
import { whileUnavailable } from './wait.ts';

export function connectKafka(options: { brokers: readonly string[]; clientId: string; log: Log }): Kafkas {
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
  const { log } = options;
  const kafka = new kafkajs.Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: 3000,
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 8 },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: toPino(log),
  });
  return {
    producer: () => openProducer(kafka, log),
    consume: (consume) => openConsumer(kafka, log, consume),
    follow: (follow) => openFollower(kafka, log, options.clientId, follow),
    admin: () => openAdmin(kafka, log),
  };
}

async function openProducer(kafka: Kafka, log: Log): Promise<Producer> {
  let closed = false;
  let current: Promise<KafkaProducer> | undefined;

  const connected = (): Promise<KafkaProducer> => (current ??= connectProducer(kafka));
  /** After it, the next send connects anew. */
  async function discard(broken: Promise<KafkaProducer>): Promise<void> {
    if (current === broken) current = undefined;
    await broken
      .then((producer) => producer.disconnect())
      .catch((error: unknown) => {
        log.debug({ err: error }, 'a producer that failed did not disconnect');
      });
  }
  await whileUnavailable({ what: 'Kafka', log, giveUpAfterMs: 60_000 }, async () => {
    const mine = connected();
    await mine.catch((error: unknown) => discard(mine).then(() => rethrow('Kafka')(error)));
  });

  return {
    async send(batches) {
      if (closed) throw new KeiroError('closed', 'this producer is closed', { retryable: false });
      const mine = connected();
      try {
        const producer = await mine;
        const topicMessages = batches.map(({ topic, messages }) => ({
          topic,
          messages: messages.map(placeable),
        }));
        const answer = await producer.sendBatch({ acks: -1, topicMessages });
        const next = new Map(
          answer.map((one) => [`${one.topicName}/${String(one.partition)}`, Number(one.baseOffset)]),
        );
        return topicMessages.map(({ topic, messages }) =>
          messages.map(({ placed }) => {
            const at = `${topic}/${String(placed)}`;
            const offset = next.get(at) ?? Number.NaN;
            next.set(at, offset + 1);
            return { partition: placed, offset: String(offset) };
          }),
        );
      } catch (error) {
        // The client takes the sequence numbers of a failed batch back and gives them to the next one. Had the
        // broker written the first after all, it would drop the next as a repetition: so, a new producer.
        await discard(mine);
        return rethrow('Kafka')(error);
      }
    },
    async close() {
      closed = true;
      if (current !== undefined) await discard(current);
    },
  };
}

/** What the client is given: the partitioner notes on it where it went, which the client does not tell. */
interface Placeable extends KafkaJsMessage {
  placed: number;
}

const placeable = ({ key, value, headers, partition }: OutgoingMessage): Placeable => ({
  key,
  value,
  placed: -1,
  ...(headers === undefined ? {} : { headers }),
  ...(partition === undefined ? {} : { partition }),
});

async function connectProducer(kafka: Kafka): Promise<KafkaProducer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message, partitionMetadata }) => {
        const partition = message.partition ?? partitionOf(String(message.key), partitionMetadata.length);
        (message as Placeable).placed = partition;
        return partition;
      },
  });
  await producer.connect();
  return producer;
}

async function openConsumer(kafka: Kafka, log: Log, options: ConsumeOptions): Promise<Running> {
  const stop = new AbortController();
  const { maxBatch = 1000, sessionTimeoutMs = 30_000 } = options;
  const consumer = kafka.consumer({
    groupId: options.group,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: sessionTimeoutMs / 10,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: options.maxWaitMs ?? 1000,
    maxBytesPerPartition: options.maxBytesPerPartition ?? 196_608,
    maxBytes: options.maxBytes ?? 1_048_576,
    // A consumer never gives up: a supervisor could do nothing better than start it again.
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 2000,
      retries: 8,
      restartOnFailure: () => Promise.resolve(true),
    },
  });
  await connectConsumer(consumer, log, options.topics, true);
  await consumer.run({
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: options.partitionsAtOnce ?? 1,
    eachBatch: async (payload) => {
      const { batch } = payload;
      const end = options.until?.[batch.topic]?.[batch.partition];
      const wanted =
        end === undefined
          ? batch.messages
          : batch.messages.filter(({ offset }) => BigInt(offset) < BigInt(end));
      if (wanted.length === 0 && batch.messages.length > 0) {
        consumer.pause([{ topic: batch.topic, partitions: [batch.partition] }]);
        return;
      }
      for (const slice of batchesOf(wanted, maxBatch)) {
        if (!payload.isRunning() || payload.isStale()) return;
        const messages = slice.map((message) => toMessage(batch.topic, batch.partition, message));
        await whileUnavailable(
          {
            what: `a server that ${options.group} needs`,
            log,
            onWait: () => payload.heartbeat(),
            signal: stop.signal,
          },
          () => options.onBatch(messages),
        );
        const last = slice.at(-1);
        if (last !== undefined) payload.resolveOffset(last.offset);
        await payload.heartbeat();
      }
    },
  });
  return {
    async close() {
      stop.abort();
      await consumer.disconnect();
    },
  };
}

/** Bytes of values that are handled at once: parsed, they take several times as much memory. */
const maxBatchBytes = 4 * 1024 * 1024;

/** In order; one that is too large by itself comes alone. */
function* batchesOf(messages: readonly KafkaMessage[], most: number): Generator<readonly KafkaMessage[]> {
  let batch: KafkaMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.value?.length ?? 0;
    if (batch.length > 0 && (batch.length === most || bytes + size > maxBatchBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function openFollower(
  kafka: Kafka,
  log: Log,
  clientId: string,
  options: FollowOptions,
): Promise<Running & { caughtUp: Promise<void> }> {
  let closed = false;
  const groupId = `keiro.follow.${options.reader}.${clientId}.${crypto.randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 1000,
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 2000,
      retries: 8,
      // What fails because it was closed would come back to life.
      restartOnFailure: () => Promise.resolve(!closed),
    },
  });
  const admin = await openAdmin(kafka, log);
  const ends = (await admin.endOffsets([options.topic]))[options.topic] ?? {};
  await admin.close();
  const end = BigInt(ends[0] ?? '0');
  await connectConsumer(consumer, log, [options.topic], options.from === 'beginning');

  let resolveCaughtUp: () => void = () => undefined;
  const caughtUp = new Promise<void>((resolve) => {
    resolveCaughtUp = resolve;
  });
  if (end === 0n || options.from === 'now') resolveCaughtUp();

  await consumer.run({
    autoCommit: false,
    eachBatch: (payload) => {
      const { batch } = payload;
      for (const message of batch.messages)
        options.onMessage(toMessage(batch.topic, batch.partition, message));
      const next = BigInt(batch.lastOffset()) + 1n;
      options.onProgress?.(next);
      if (next >= end) resolveCaughtUp();
      return payload.heartbeat();
    },
  });
  return {
    caughtUp,
    close() {
      closed = true;
      return consumer.disconnect();
    },
  };
}

async function connectConsumer(
  consumer: Consumer,
  log: Log,
  topics: readonly string[],
  fromBeginning: boolean,
): Promise<void> {
  await whileUnavailable({ what: 'Kafka', log, giveUpAfterMs: 60_000 }, async () => {
    await consumer.connect().catch(rethrow('Kafka'));
    await consumer.subscribe({ topics: [...topics], fromBeginning }).catch(rethrow('Kafka'));
  });
}

async function openAdmin(kafka: Kafka, log: Log): Promise<Admin> {
  const admin = kafka.admin();
  await whileUnavailable({ what: 'Kafka', log, giveUpAfterMs: 60_000 }, () =>
    admin.connect().catch(rethrow('Kafka')),
  );
  async function offsetsOf(
    topics: readonly string[],
    pick: (partition: { low: string; high: string }) => string,
  ): Promise<Positions> {
    const ends = await Promise.all(
      topics.map(async (topic) => {
        const partitions = await admin.fetchTopicOffsets(topic).catch(rethrow('Kafka'));
        return [topic, Object.fromEntries(partitions.map((one) => [one.partition, pick(one)]))] as const;
      }),
    );
    return Object.fromEntries(ends);
  }
  return {
    async createTopics(topics) {
      const existing = new Set(await admin.listTopics().catch(rethrow('Kafka')));
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length > 0) {
        await admin
          .createTopics({
            waitForLeaders: true,
            topics: missing.map(({ name, partitions, config }) => ({
              topic: name,
              numPartitions: partitions,
              configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
            })),
          })
          .catch(rethrow('Kafka'));
      }
      return missing.map(({ name }) => name);
    },
    topics: () => admin.listTopics().catch(rethrow('Kafka')),
    endOffsets: (topics) => offsetsOf(topics, ({ high }) => high),
    unreadEnds: (topics) => offsetsOf(topics, ({ low, high }) => (low === high ? '0' : high)),
    async committed(group, topics) {
      const answer = await admin
        .fetchOffsets({ groupId: group, topics: [...topics] })
        .catch(rethrow('Kafka'));
      return Object.fromEntries(
        answer.map(({ topic, partitions }) => [
          topic,
          Object.fromEntries(
            partitions.map((one) => [one.partition, one.offset.startsWith('-') ? '0' : one.offset]),
          ),
        ]),
      );
    },
    async setCommitted(group, positions) {
      const { groups } = await admin.describeGroups([group]).catch(rethrow('Kafka'));
      if (groups.some(({ members }) => members.length > 0)) {
        throw new KeiroError('group-in-use', `group ${group} has members`, { retryable: false });
      }
      await commitAs(kafka, log, group, positions);
    },
    close: () => admin.disconnect(),
  };
}

/** Joins a group once to commit for it: the client's own way joins once per topic, which takes seconds. */
async function commitAs(kafka: Kafka, log: Log, group: string, positions: Positions): Promise<void> {
  const consumer = kafka.consumer({ groupId: group, allowAutoTopicCreation: false, maxWaitTimeInMs: 50 });
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  });
  await connectConsumer(consumer, log, Object.keys(positions), true);
  try {
    await consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() });
    await joined;
    const offsets = Object.entries(positions).flatMap(([topic, partitions]) =>
      Object.entries(partitions).map(([partition, offset]) => ({
        topic,
        partition: Number(partition),
        offset,
      })),
    );
    await consumer.commitOffsets(offsets).catch(rethrow('Kafka'));
  } finally {
    await consumer.disconnect();
  }
}

function toMessage(topic: string, partition: number, message: KafkaMessage): Message {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    headers[name] = first?.toString();
  }
  return {
    topic,
    partition,
    offset: message.offset,
    timestamp: Number(message.timestamp),
    key: message.key?.toString(),
    headers,
    value: message.value,
  };
}

const passingNames = new Set([
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSConnectionError',
  'KafkaJSRequestTimeoutError',
]);

/** kafkajs marks its own errors; what it calls retriable, gave up retrying, or lost the connection over may pass later. */
function rethrow(what: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof KeiroError) throw error;
    throw isPassing(error) ? new UnavailableError(what, error) : error;
  };
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { retriable } = error as { retriable?: boolean };
  return retriable === true || passingNames.has(error.name) || isRetryable(error) || isPassing(error.cause);
}

/**
 * What kafkajs calls errors but repeats by itself: a fresh broker's "coordinator is loading", a broker that is
 * away. Whoever waits for it says so once, through `whileUnavailable`.
 */
const repeated =
  /coordinator is (loading|not available)|does not host this topic-partition|not the leader|connection (error|timeout)|seed broker|rebalanc/i;
const restarting = /crash|restarting the consumer/i;

function toPino(log: Log): logCreator {
  return () =>
    ({ level, log: entry }) => {
      const detail: unknown = entry['error'];
      const fields = { kafka: entry.message, ...(typeof detail === 'string' ? { error: detail } : {}) };
      const text = typeof detail === 'string' ? `${entry.message} ${detail}` : entry.message;
      if (restarting.test(text)) log.warn(fields, 'kafka client');
      else if (level === kafkajs.logLevel.ERROR && !repeated.test(text)) log.error(fields, 'kafka client');
      else log.debug(fields, 'kafka client');
    };
}

/* The only file that imports kafkajs, which is unmaintained: whatever replaces it replaces this file. */
import kafkajs from 'kafkajs';
import type { Consumer, Kafka, KafkaMessage, Producer as KafkaProducer } from 'kafkajs';
import { openAdmin } from './kafka-admin.ts';
import { batchesOf } from './kafka-batches.ts';
import { rethrow } from './kafka-errors.ts';
import { toPino } from './kafka-log.ts';
import { openProducer, type Placeable } from './kafka-producer.ts';
import type {
  Admin,
  ConsumeOptions,
  FollowOptions,
  Kafkas,
  Message,
  Positions,
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
    logCreator: toPino(log, kafkajs.logLevel.ERROR),
  });
  return {
    producer: () => openProducer(() => connectProducer(kafka), log),
    consume: (consume) => openConsumer(kafka, log, consume),
    follow: (follow) => openFollower(kafka, log, options.clientId, follow),
    admin: () => connectAdmin(kafka, log),
  };
}

function connectAdmin(kafka: Kafka, log: Log): Promise<Admin> {
  return openAdmin(
    {
      open: () => kafka.admin(),
      topicsIn: (assignment) =>
        Object.keys(kafkajs.AssignerProtocol.MemberAssignment.decode(assignment)?.assignment ?? {}),
      commitAs: (group, positions) => commitAs(kafka, log, group, positions),
    },
    log,
  );
}

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
  const admin = await connectAdmin(kafka, log);
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

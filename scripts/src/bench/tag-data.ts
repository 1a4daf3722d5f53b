import { randomBytes } from 'node:crypto';
import {
  connectKafka,
  reached,
  until,
  type Kafkas,
  type Log,
  type Message,
  type Positions,
} from '@keiro/runtime';
import { connectRegistry, type Registry } from '@keiro/runtime/registry';
import {
  collectionTopics,
  eventTypes,
  shippedPolicies,
  wireSubject,
  type EventType,
  type RecordDocument,
} from '@keiro/schemas';
import { read } from '@keiro/tag/read';
import { tag } from '@keiro/tag/tag';
import { lifeOf, wireEvent } from './wire-events.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Messages on the collection topics from `starts` to `ends`, and the record that tagging makes of each. */
export type TopicData = Awaited<ReturnType<typeof prepareTopicData>>;

export async function prepareTopicData(env: Environment, log: Log, events: number) {
  const brokers = needed(env, 'KEIRO_KAFKA_BROKERS').split(',');
  const kafka = connectKafka({ brokers, clientId: 'keiro-bench-tag', log });
  const admin = await kafka.admin();
  const registry = connectRegistry({ url: needed(env, 'KEIRO_REGISTRY_URL') });
  const starts = await admin.endOffsets(collectionTopics);
  await produceEvents(kafka, registry, events);
  const ends = await admin.endOffsets(collectionTopics);
  const documents = await documentsOf(kafka, admin, registry, starts, ends);
  return {
    kafka,
    admin,
    registry,
    log,
    starts,
    ends,
    documents,
    count: documents.size,
    mongoUrl: needed(env, 'KEIRO_MONGO_URL'),
    close: () => Promise.all([admin.close(), registry.close()]),
  };
}

function needed(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined) throw new Error(`${name} is not set: eval "$(npm run -s stack -- env)"`);
  return value;
}

/** Two refs an event, one event in ten by somebody new, all types. */
async function produceEvents(kafka: Kafkas, registry: Registry, events: number): Promise<void> {
  const producer = await kafka.producer();
  const run = randomBytes(4).toString('hex');
  for (const [position, type] of eventTypes.entries()) {
    const encode = await registry.encoder(wireSubject(type));
    const share = Math.floor((events + position) / eventTypes.length);
    const messages = Array.from({ length: share }, (_, number) => {
      const event = eventOf(type, run, number, Math.ceil(share / 10));
      return { key: event.key, headers: event.headers, value: encode(event.value) };
    });
    for (let from = 0; from < messages.length; from += 500) {
      await producer.send([{ topic: `collection.${type}`, messages: messages.slice(from, from + 500) }]);
    }
  }
  await producer.close();
}

function eventOf(type: EventType, run: string, number: number, people: number) {
  const person = `${run}-${type}-${String(number % people)}`;
  const refs = [lifeOf('member', person), lifeOf('email', person)];
  return wireEvent({ type, id: `${run}-${String(number)}`, refs }, randomBytes);
}

export const placeOf = ({ topic, partition, offset }: Pick<Message, 'topic' | 'partition' | 'offset'>) =>
  `${topic}/${String(partition)}/${offset}`;

/** What tagging makes of each message, worked out beforehand, so that the bare loop inserts the same documents. */
async function documentsOf(
  kafka: Kafkas,
  admin: Awaited<ReturnType<Kafkas['admin']>>,
  registry: Registry,
  starts: Positions,
  ends: Positions,
): Promise<Map<string, RecordDocument>> {
  const documents = new Map<string, RecordDocument>();
  const policies = shippedPolicies();
  const group = `keiro.bench-read-${randomBytes(4).toString('hex')}`;
  await admin.setCommitted(group, starts);
  const running = await kafka.consume({
    group,
    topics: collectionTopics,
    until: ends,
    onBatch: async (messages) => {
      const decoded = await registry.decodeAll(messages.map(({ value }) => value));
      for (const [position, message] of messages.entries()) {
        const event = read(message, decoded[position]);
        if ('reason' in event) continue;
        const { topic, partition, offset } = message;
        const { envelope, wire } = event;
        const tagged = tag(
          envelope,
          wire,
          { topic, partition, offset },
          policies.get(envelope.policyversion),
          new Date(),
        );
        if ('record' in tagged) documents.set(placeOf(message), tagged.record);
      }
    },
  });
  await until(async () => reached(ends, await admin.committed(group, collectionTopics)), {
    what: 'reading',
    timeoutMs: 120_000,
  });
  await running.close();
  return documents;
}

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { connectKafka, createLog, isRetryable, type Message } from '@keiro/runtime';
import type { Emitted, Emitter } from '@keiro/sdk';
import { collectionTopics, type CollectionEvent } from '@keiro/schemas';
import { cookieOf, newPerson, openEmitter } from '../builders/emitting.ts';
import { readTopics } from '../builders/kafka-reader.ts';
import { privateKafka, type PrivateKafka } from '../builders/private-kafka.ts';
import { freePort } from '../builders/service-process.ts';

// A broker that has to start three times.
jest.setTimeout(300_000);

const log = createLog('test-kill', 'fatal');
const people = Array.from({ length: 50 }, newPerson);
let broker: PrivateKafka;
let emitter: Emitter;

beforeAll(async () => {
  broker = privateKafka(await freePort());
  await broker.start();
  const admin = await connectKafka({ brokers: [broker.address], clientId: 'test-kill', log }).admin();
  await admin.createTopics(collectionTopics.map((name) => ({ name, partitions: 3, config: {} })));
  await admin.close();
  emitter = await openEmitter({ kafka: { brokers: [broker.address] }, log });
});
afterAll(async () => {
  await emitter.close();
  await broker.remove();
});

/** What was promised, and what was refused. */
interface Outcome {
  readonly promised: Map<string, Emitted>;
  readonly refused: CollectionEvent[];
}

let number = 0;
const nextEvent = (): CollectionEvent => {
  const person = people[number % people.length] ?? newPerson();
  return cookieOf({ member: person.member }, `/${String(number++)}`);
};

/** Emits without a pause, 200 events ahead, until told to stop; every refusal must say that it may be tried again. */
async function emitUntil(isTime: (outcome: Outcome) => boolean, outcome: Outcome): Promise<void> {
  while (!isTime(outcome)) await emitAll(Array.from({ length: 200 }, nextEvent), outcome);
}

async function emitAll(events: readonly CollectionEvent[], { promised, refused }: Outcome): Promise<void> {
  await Promise.all(
    events.map((event) =>
      emitter.emit(event).then(
        (emitted) => promised.set(event.id, emitted),
        (error: unknown) => {
          if (!isRetryable(error)) throw error;
          refused.push(event);
        },
      ),
    ),
  );
}

describe('kill -9 of Kafka while events are emitted', () => {
  it('loses no event that was promised, hangs nobody, and takes the refused ones when it is back', async () => {
    const outcome: Outcome = { promised: new Map(), refused: [] };
    await emitUntil(({ promised }) => promised.size >= 2000, outcome);

    // Killed in the middle of sends, and away for longer than the client tries.
    const emitting = emitUntil(({ refused }) => refused.length > 0, outcome);
    await broker.kill();
    await emitting;
    expect(outcome.refused.length).toBeGreaterThan(0);

    await broker.start();
    // New events first: they must not be taken for repetitions of those whose fate is unknown.
    const late: Outcome = { promised: outcome.promised, refused: [] };
    await emitUntil(({ promised }) => promised.size >= 3000, late);
    while (outcome.refused.length > 0) await emitAll(outcome.refused.splice(0), outcome);
    while (late.refused.length > 0) await emitAll(late.refused.splice(0), late);
    expect(outcome.promised.size).toBe(number);

    const messages = await everything();
    const at = new Map(messages.map((one) => [`${one.topic}/${String(one.partition)}/${one.offset}`, one]));
    for (const [id, { topic, partition, offset }] of outcome.promised) {
      expect(at.get(`${topic}/${String(partition)}/${offset}`)?.headers['ce_id']).toBe(id);
    }
  });
});

async function everything(): Promise<Message[]> {
  const kafka = connectKafka({ brokers: [broker.address], clientId: 'test-kill', log });
  const reader = await readTopics(kafka, ['collection.cookie'], 'beginning');
  try {
    return await reader.all(() => true);
  } finally {
    await reader.close();
  }
}

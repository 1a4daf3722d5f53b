import { KeiroError, whileUnavailable, type Admin, type Log, type Producer } from '@keiro/runtime';
import type { OutboxDocument } from '@keiro/schemas';
import { createLoop, type Loop } from './loop.ts';
import type { RequestStore } from './store.ts';

const batchSize = 500;
const standingTopic = 'rights.standing';

/**
 * Carries what was decided from the outbox to its topics, in order. Requests wait for the offset in `rights.standing`. A message leaves the outbox only when
 * Kafka has it; killed in between, it is published again, which changes nothing.
 *
 * One process publishes: two of them could put an older standing after a newer one.
 */
export function startRelay(options: {
  store: RequestStore;
  producer: Producer;
  admin: Admin;
  log: Log;
  /** Called with the requests of which Kafka has further messages now. */
  onPublished: (requests: readonly string[]) => void;
}): Loop {
  const { store, producer, admin, log } = options;

  async function publish(): Promise<boolean> {
    const messages = await store.outbox(batchSize);
    if (messages.length === 0) return false;
    const outgoing = newestPerKey(messages);
    await producer.send(
      [...new Set(outgoing.map(({ topic }) => topic))].map((topic) => ({
        topic,
        messages: outgoing
          .filter((message) => message.topic === topic)
          .map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) })),
      })),
    );
    const waiting = [...new Set(messages.flatMap(({ request }) => request ?? []))];
    await store.published(messages, waiting.length === 0 ? undefined : await standingEnd());
    options.onPublished(waiting);
    return messages.length === batchSize;
  }

  /** Asked for after the broker has taken them, so it can't lie before the last of them. */
  async function standingEnd(): Promise<string> {
    const end = (await admin.endOffsets([standingTopic]))[standingTopic]?.[0];
    if (end === undefined)
      throw new KeiroError('no-topic', `${standingTopic} has no partition`, { retryable: false });
    return end;
  }

  return createLoop(async (signal) => {
    const waiting = { what: 'Kafka or MongoDB, which the outbox needs,', log, signal };
    while (await whileUnavailable(waiting, publish));
  });
}

/**
 * Of several messages of one topic and key only the newest goes out: were an older one published again after a crash,
 * readers would see a state come back for a moment. Pure.
 */
export function newestPerKey(messages: readonly OutboxDocument[]): OutboxDocument[] {
  const keyOf = ({ topic, key }: OutboxDocument) => `${topic} ${key}`;
  const newest = new Map(messages.map((message) => [keyOf(message), message._id]));
  return messages.filter((message) => newest.get(keyOf(message)) === message._id);
}

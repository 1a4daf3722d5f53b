import { KeiroError, whileUnavailable, type Admin, type Log, type Producer } from '@keiro/runtime';
import type { OutboxDocument } from '@keiro/schemas';
import { createLoop, type Loop } from './loop.ts';
import type { RequestStore } from './store.ts';

const batchSize = 500;
const topic = 'rights.standing';

/**
 * Carries what was decided from the outbox to `rights.standing`, in order. A message leaves the outbox only when
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
    const outgoing = newestPerKey(messages).map(({ key, value }) => ({
      key,
      value: value === null ? null : Buffer.from(value),
    }));
    await producer.send([{ topic, messages: outgoing }]);
    // Asked for after the broker has taken them, so it can't lie before the last of them.
    const end = (await admin.endOffsets([topic]))[topic]?.[0];
    if (end === undefined)
      throw new KeiroError('no-topic', `${topic} has no partition`, { retryable: false });
    await store.published(messages, end);
    options.onPublished([...new Set(messages.map(({ request }) => request))]);
    return messages.length === batchSize;
  }

  return createLoop(async (signal) => {
    const waiting = { what: 'Kafka or MongoDB, which the outbox needs,', log, signal };
    while (await whileUnavailable(waiting, publish));
  });
}

/**
 * Of several messages about one ref only the newest goes out: were an older one published again after a crash,
 * readers would see a state come back for a moment. Pure.
 */
export function newestPerKey(messages: readonly OutboxDocument[]): OutboxDocument[] {
  const newest = new Map(messages.map((message) => [message.key, message._id]));
  return messages.filter((message) => newest.get(message.key) === message._id);
}

import type { Message, Producer } from '@keiro/runtime';
import { topics } from '@keiro/schemas';
import { randomFrom } from './random.ts';

/** Messages in another order, each on any partition of its topic; the same for the same seed. Pure. */
export function shuffled(messages: readonly Message[], seed: number): Message[] {
  const random = randomFrom(seed);
  const left = [...messages];
  return messages.flatMap(() =>
    left.splice(random(left.length), 1).map((message) => ({
      ...message,
      partition: random(topics.find(({ name }) => name === message.topic)?.partitions ?? 1),
    })),
  );
}

/** Sends messages that were read once more, byte for byte, one after the other to the partitions that they name. */
export async function sendEach(producer: Producer, messages: readonly Message[]): Promise<void> {
  for (const { topic, partition, key = '', headers, value } of messages) {
    const given = Object.entries(headers).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, text]],
    );
    const message = { key, value, headers: Object.fromEntries(given) as Record<string, string>, partition };
    await producer.send([{ topic, messages: [message] }]);
  }
}

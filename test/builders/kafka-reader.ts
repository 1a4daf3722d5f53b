import { randomUUID } from 'node:crypto';
import { reached, until, type Kafkas, type Message } from '@keiro/runtime';

/** Everything that arrives on some topics, from now on or from the beginning. */
export interface KafkaReader {
  /** Waits for the message at a position. */
  at(position: { topic: string; partition: number; offset: string }): Promise<Message>;
  /** Reads all that is there by now, and answers with what fulfils a condition, per partition in order. */
  all(condition: (message: Message) => boolean): Promise<Message[]>;
  close(): Promise<void>;
}

export async function readTopics(
  kafka: Kafkas,
  topics: readonly string[],
  from: 'now' | 'beginning' = 'now',
): Promise<KafkaReader> {
  const group = `test.reader.${randomUUID()}`;
  const admin = await kafka.admin();
  if (from === 'now') await admin.setCommitted(group, await admin.endOffsets(topics));
  const arrived: Message[] = [];
  const running = await kafka.consume({
    group,
    topics,
    onBatch: (messages) => {
      arrived.push(...messages);
      return Promise.resolve();
    },
  });

  async function all(condition: (message: Message) => boolean): Promise<Message[]> {
    const ends = await admin.endOffsets(topics);
    await until(async () => reached(ends, await admin.committed(group, topics)), {
      what: `all of ${topics.join(', ')}`,
      timeoutMs: 30_000,
    });
    return arrived.filter(condition);
  }

  return {
    async at(position) {
      const isThere = ({ topic, partition, offset }: Message) =>
        topic === position.topic && partition === position.partition && offset === position.offset;
      const [found] = await all(isThere);
      if (found === undefined) throw new Error(`nothing at ${JSON.stringify(position)}`);
      return found;
    },
    all,
    async close() {
      await running.close();
      await admin.close();
    },
  };
}

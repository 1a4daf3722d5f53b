import { KeiroError } from './errors.ts';
import { rethrow } from './kafka-errors.ts';
import type { OutgoingMessage, Producer } from './kafka-types.ts';
import type { Log } from './log.ts';
import { whileUnavailable } from './wait.ts';

/** What is wanted of the client's producer. */
interface ClientProducer {
  sendBatch(batch: {
    acks: number;
    topicMessages: { topic: string; messages: Placeable[] }[];
  }): Promise<{ topicName: string; partition: number; baseOffset?: string }[]>;
  disconnect(): Promise<void>;
}

export async function openProducer(connect: () => Promise<ClientProducer>, log: Log): Promise<Producer> {
  let closed = false;
  let current: Promise<ClientProducer> | undefined;

  const connected = (): Promise<ClientProducer> => (current ??= connect());
  /** After it, the next send connects anew. */
  async function discard(broken: Promise<ClientProducer>): Promise<void> {
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
export interface Placeable {
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers?: Record<string, string>;
  readonly partition?: number;
  placed: number;
}

const placeable = ({ key, value, headers, partition }: OutgoingMessage): Placeable => ({
  key,
  value,
  placed: -1,
  ...(headers === undefined ? {} : { headers }),
  ...(partition === undefined ? {} : { partition }),
});

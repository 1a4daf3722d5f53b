import { isRetryable, type OutgoingMessage, type Position, type Producer } from '@keiro/runtime';
import { sendBytes } from './chunks.ts';

/** A message that waits to be sent, and who wants to know. */
export interface Pending {
  readonly topic: string;
  readonly message: OutgoingMessage & { readonly value: Buffer };
  readonly resolve: (position: Position) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers messages and sends them in order, one send at a time: kafkajs reaches 2,000 messages a second one by one and
 * 90,000 in batches. A send starts when `maxBatch` messages wait, or the oldest has waited for `lingerMs`.
 */
export interface SendBuffer {
  add(messages: readonly Pending[]): void;
  /** Sends what waits without lingering; resolves when all that was added before has been answered either way. */
  drain(): Promise<void>;
}

export interface SendBufferOptions {
  readonly producer: Pick<Producer, 'send'>;
  readonly lingerMs: number;
  readonly maxBatch: number;
}

/** What a record has besides its value: key, headers, framing. */
const recordOverhead = 512;

export function createSendBuffer(options: SendBufferOptions): SendBuffer {
  const { producer, lingerMs, maxBatch } = options;
  let queue: Pending[] = [];
  let isSending = false;
  let timer: NodeJS.Timeout | undefined;
  let isDue = false;
  /** Counts since the beginning, in the order of the queue. */
  let added = 0;
  let answered = 0;
  let drainUntil = 0;
  let drains: { readonly until: number; readonly resolve: () => void }[] = [];

  /** The timer runs on while a send is under way: what it covers goes with the next one. */
  function startTimer(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      isDue = true;
      schedule();
    }, lingerMs);
  }

  function schedule(): void {
    if (queue.length === 0) return;
    const isTime = queue.length >= maxBatch || isDue || answered < drainUntil;
    if (!isTime) startTimer();
    else if (!isSending) void sendNext();
  }

  /** Never rejects: whoever added a message hears how it went. */
  async function sendNext(): Promise<void> {
    const count = countOfNext(queue, maxBatch);
    if (count === 0) return;
    isSending = true;
    const batch = queue.slice(0, count);
    queue = queue.slice(count);
    clearTimeout(timer);
    timer = undefined;
    isDue = false;
    if (queue.length > 0) startTimer();
    try {
      await sendBatch(batch);
    } catch (error) {
      for (const { reject } of batch) reject(error);
      answered += batch.length;
      // What waits behind has waited through the same outage: to try on for each batch would keep it for minutes.
      if (isRetryable(error)) {
        answered += queue.length;
        for (const { reject } of queue.splice(0)) reject(error);
      }
    }
    isSending = false;
    drains = drains.filter(({ until, resolve }) => {
      if (answered < until) return true;
      resolve();
      return false;
    });
    schedule();
  }

  async function sendBatch(batch: readonly Pending[]): Promise<void> {
    const byTopic = new Map<string, Pending[]>();
    for (const one of batch) {
      const list = byTopic.get(one.topic);
      if (list === undefined) byTopic.set(one.topic, [one]);
      else list.push(one);
    }
    const groups = [...byTopic];
    const positions = await producer.send(
      groups.map(([topic, list]) => ({ topic, messages: list.map(({ message }) => message) })),
    );
    for (const [group, [, list]] of groups.entries()) {
      for (const [index, { resolve, reject }] of list.entries()) {
        const position = positions[group]?.[index];
        if (position === undefined) reject(new Error('the producer did not say where a message went'));
        else resolve(position);
      }
    }
    answered += batch.length;
  }

  return {
    add(messages) {
      queue.push(...messages);
      added += messages.length;
      schedule();
    },
    drain() {
      if (answered === added) return Promise.resolve();
      drainUntil = added;
      const drained = new Promise<void>((resolve) => {
        drains.push({ until: added, resolve });
      });
      schedule();
      return drained;
    },
  };
}

/** How many messages, from the first on, go into one send: by number, and by bytes as a broker takes them. */
function countOfNext(queue: readonly Pending[], maxBatch: number): number {
  let bytes = 0;
  let count = 0;
  for (const { message } of queue) {
    bytes += message.value.length + recordOverhead;
    if (count > 0 && bytes > sendBytes) break;
    count++;
    if (count === maxBatch) break;
  }
  return count;
}

import type { Kafkas, Log, Producer, Running } from '@keiro/runtime';
import {
  answerTopic,
  directiveAnswerSchema,
  directiveTopic,
  type DirectiveAnswer,
  type DirectiveMessage,
} from '@keiro/schemas';

/** Tells holders that own their store what to do, and hears what they answer. */
export interface DirectiveChannel {
  /**
   * Sends one directive and resolves with the first answer to it that `isProven` believes. Rejects when the signal is
   * aborted. What nobody here waits for is passed over.
   */
  ask(
    directive: DirectiveMessage,
    options: { readonly isProven: (answer: DirectiveAnswer) => boolean; readonly signal: AbortSignal },
  ): Promise<DirectiveAnswer>;
  close(): Promise<void>;
}

interface Waiting {
  readonly isProven: (answer: DirectiveAnswer) => boolean;
  readonly resolve: (answer: DirectiveAnswer) => void;
}

/** Connects when it is first used: most companies have few such holders, or none. */
export function createDirectiveChannel(options: {
  readonly kafka: Kafkas;
  readonly log: Log;
  readonly onForged: (holder: string) => void;
}): DirectiveChannel {
  const { kafka, log } = options;
  const waiting = new Map<string, Set<Waiting>>();
  let connected: Promise<{ producer: Producer; follower: Running }> | undefined;

  async function connect(): Promise<{ producer: Producer; follower: Running }> {
    const producer = await kafka.producer();
    // From the beginning, because a reader that begins at the end may begin after the answer it waits for.
    const follower = await kafka.follow({
      topic: answerTopic,
      reader: 'erase',
      from: 'beginning',
      onMessage: ({ offset, value }) => {
        const answer = answerOf(value);
        if (answer === undefined) log.error({ offset }, 'a message of rights.answers is no answer');
        else hear(answer);
      },
    });
    await follower.caughtUp;
    return { producer, follower };
  }

  function hear(answer: DirectiveAnswer): void {
    for (const one of waiting.get(answer.id) ?? []) {
      if (one.isProven(answer)) one.resolve(answer);
      else {
        log.warn({ holder: answer.holder }, 'an answer to a directive that its key does not prove');
        options.onForged(answer.holder);
      }
    }
  }

  return {
    async ask(directive, { isProven, signal }) {
      signal.throwIfAborted();
      connected ??= connect().catch((error: unknown) => {
        // The next attempt connects anew.
        connected = undefined;
        throw error;
      });
      const { producer } = await connected;
      const value = Buffer.from(JSON.stringify(directive));
      let forget: () => void = () => undefined;
      const answered = new Promise<DirectiveAnswer>((resolve, reject) => {
        const mine: Waiting = { isProven, resolve };
        const all = waiting.get(directive.id) ?? new Set();
        waiting.set(directive.id, all.add(mine));
        const abort = () => {
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', abort, { once: true });
        forget = () => {
          signal.removeEventListener('abort', abort);
          all.delete(mine);
          if (all.size === 0) waiting.delete(directive.id);
        };
      });
      try {
        // Both at once: an answer may come before Kafka has said that it took the directive.
        const sent = producer.send([{ topic: directiveTopic, messages: [{ key: directive.holder, value }] }]);
        const [answer] = await Promise.all([answered, sent]);
        return answer;
      } finally {
        forget();
      }
    },
    async close() {
      const open = await connected?.catch(() => undefined);
      await open?.follower.close();
      await open?.producer.close();
    },
  };
}

function answerOf(value: Buffer | null): DirectiveAnswer | undefined {
  if (value === null) return undefined;
  try {
    return directiveAnswerSchema.parse(JSON.parse(value.toString()));
  } catch {
    return undefined;
  }
}

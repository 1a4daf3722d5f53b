import { randomBytes } from 'node:crypto';
import {
  PoisonError,
  type Kafkas,
  type Log,
  type Message,
  type Producer,
  type Running,
} from '@keiro/runtime';
import {
  answerTopic,
  directiveSchema,
  directiveTopic,
  type DirectiveAnswer,
  type DirectiveMessage,
  type DirectiveSubject,
} from '@keiro/schemas';
import { carryOut, type DirectiveHandlers } from './directive-handlers.ts';
import { openSubject, proofOf } from './directive-seal.ts';
import type { KeysClient } from './keys-client.ts';

/**
 * Receives what this holder is told on `rights.directives`, carries it out in order, and answers on `rights.answers`
 * before it goes on: a crash in between repeats both. One a holder, however many guarded consumers it has.
 */
export async function receiveDirectives(options: {
  readonly kafka: Kafkas;
  readonly keys: Pick<KeysClient, 'directiveKey'>;
  readonly holder: string;
  readonly handlers: DirectiveHandlers;
  readonly log: Log;
  readonly now: () => Date;
  readonly groupSuffix?: string;
}): Promise<Running> {
  const { kafka, keys, holder, handlers, log, now } = options;
  const producer = await kafka.producer();

  async function receive(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      if (message.key !== holder) continue;
      const directive = directiveOf(message);
      if (directive?.holder !== holder) {
        log.error({ offset: message.offset }, 'a message of rights.directives is no directive for us');
        continue;
      }
      await obey(directive);
    }
  }

  async function obey(directive: DirectiveMessage): Promise<void> {
    const key = await keys.directiveKey(directive.request, holder);
    // The request is over: nobody waits for an answer, and nobody could be found by it.
    if (key === undefined) return;
    const subject = opened(key, directive);
    if (subject === undefined) {
      log.error({ id: directive.id }, 'a directive that its key does not open');
      return;
    }
    await answer(producer, key, {
      id: directive.id,
      holder,
      ...(await carryOut(directive, subject, { key, handlers, log, random: randomBytes })),
      at: now().toISOString(),
    });
  }

  const running = await kafka.consume({
    group: `keiro.directives.${holder}${options.groupSuffix ?? ''}`,
    topics: [directiveTopic],
    maxBatch: 50,
    maxWaitMs: 100,
    onBatch: receive,
  });
  return {
    async close() {
      await running.close();
      await producer.close();
    },
  };
}

function directiveOf({ value }: Message): DirectiveMessage | undefined {
  if (value === null) return undefined;
  try {
    return directiveSchema.parse(JSON.parse(value.toString()));
  } catch {
    return undefined;
  }
}

function opened(key: Buffer, directive: DirectiveMessage): DirectiveSubject | undefined {
  try {
    return openSubject(key, directive);
  } catch (error) {
    if (error instanceof PoisonError) return undefined;
    throw error;
  }
}

async function answer(
  producer: Producer,
  key: Buffer,
  answered: Omit<DirectiveAnswer, 'proof'>,
): Promise<void> {
  const value = Buffer.from(JSON.stringify({ ...answered, proof: proofOf(key, answered) }));
  await producer.send([{ topic: answerTopic, messages: [{ key: answered.holder, value }] }]);
}

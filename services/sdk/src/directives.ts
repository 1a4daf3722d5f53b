import {
  isRetryable,
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
import { openSubject, proofOf } from './directive-seal.ts';
import type { KeysClient } from './keys-client.ts';

/** What a holder that owns its store is told, about one person. */
export interface Directive extends DirectiveSubject {
  readonly id: string;
  readonly request: string;
  /** Purposes that are suspended now; none after a whole resume. */
  readonly purposes: readonly string[];
}

/** Rows, keys or messages by place: `{ readers: 2 }`. What is gone already counts 0, and is no error. */
type Affected = Readonly<Record<string, number>>;

/**
 * How a store carries directives out. Each may be called again with the same directive, after a crash or when an
 * answer was lost. An error that is not retryable is answered as `failed`; its message goes no further than the log
 * of this process, because it may quote a row.
 */
export interface DirectiveHandlers {
  /** R4: removes all that is of these lives, by identifier and by locator. */
  readonly erase: (directive: Directive) => Promise<Affected>;
  /** Looks again, by identifier and by locator: how many are there. */
  readonly probe: (directive: Directive) => Promise<number>;
  /** R5: marks the person's rows with `purposes`. Left out, the holder says that it can't. */
  readonly flag?: (directive: Directive) => Promise<Affected>;
}

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
      ...(await carryOut(directive, subject)),
      at: now().toISOString(),
    });
  }

  async function carryOut(
    { id, request, purposes, kind }: DirectiveMessage,
    subject: DirectiveSubject,
  ): Promise<Pick<DirectiveAnswer, 'outcome' | 'affected' | 'found' | 'reason'>> {
    const directive: Directive = { id, request, purposes, ...subject };
    try {
      if (kind === 'probe') return { outcome: 'done', affected: {}, found: await handlers.probe(directive) };
      if (kind === 'erase') return { outcome: 'done', affected: { ...(await handlers.erase(directive)) } };
      if (handlers.flag === undefined) return { outcome: 'unsupported', affected: {}, reason: 'cannot-flag' };
      return { outcome: 'done', affected: { ...(await handlers.flag(directive)) } };
    } catch (error) {
      // A store that does not answer now will: the directive waits, and so do those behind it.
      if (isRetryable(error)) throw error;
      log.error({ err: error, id }, 'a directive could not be carried out');
      return { outcome: 'failed', affected: {}, reason: 'not-carried-out' };
    }
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

import {
  connectKafka,
  KeiroError,
  messageOf,
  whileUnavailable,
  type FieldIssue,
  type Kafkas,
  type Log,
} from '@keiro/runtime';
import type { Encode } from '@keiro/runtime/registry';
import {
  eventTypes,
  factSubject,
  factType,
  parseMessage,
  shippedPolicies,
  wireSubject,
  type CollectionEvent,
  type EventType,
  type Fact,
  type Policies,
} from '@keiro/schemas';
import { createSendBuffer, type Pending } from './emitter-buffer.ts';
import { createIvPool } from './emitter-ivs.ts';
import { createSealKeys, type KeysNeeded } from './emitter-keys.ts';
import { factMessage, identifiersOf, sealEvent, sealGroupsOf, type EventKeys } from './emitter-seal.ts';
import { createKeysClient } from './keys-client.ts';

export interface EmitterOptions {
  readonly kafka: { readonly brokers: readonly string[] };
  readonly registryUrl: string;
  /** The keys service, and a token with the right `keys:seal` for the sources below. */
  readonly keys: { readonly url: string; readonly token: string };
  /** The only source whose events are taken; `*` where the caller has checked the source itself. */
  readonly source: string;
  /** Host names of our own sites: an event from any other is refused (X1). */
  readonly sites: readonly string[];
  /** Whose versions an event may name (V1); those of the policy that ships by default; see runtime's `followPolicies`. */
  readonly policies?: Policies;
  readonly clientId?: string;
  /** Milliseconds for which an event may wait for others to be sent with (default 5). */
  readonly lingerMs?: number;
  /** Events in one send at most (default 500). */
  readonly maxBatch?: number;
  /** Events that may be under way at once; more are refused as `overloaded` (default 10,000). */
  readonly maxBuffered?: number;
  /** How long refs and seal keys are used before they are asked for again (default 5). */
  readonly cacheSeconds?: number;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
}

/** Where an event is in Kafka. */
export interface Emitted {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/**
 * Sends collection events, sealed. Every failure is a {@link KeiroError}: `retryable` ones (`unavailable`,
 * `overloaded`) may be sent again as they are; the same id counts once, whether or not the first attempt arrived.
 * Events of one person keep the order in which they were emitted.
 */
export interface Emitter {
  /** Resolves when Kafka has it. Rejects with {@link InvalidEventsError} for an event that is not as it should be. */
  emit(event: CollectionEvent): Promise<Emitted>;
  /**
   * Events and facts, mixed. All or nothing is accepted: one bad one refuses them all, and nothing is sent. In the
   * order given.
   */
  emitBatch(batch: readonly (CollectionEvent | Fact)[]): Promise<Emitted[]>;
  /** Facts alone, by the same rules. */
  emitFacts(facts: readonly Fact[]): Promise<Emitted[]>;
  /** Sends at once what waits; resolves when all that was emitted before has been answered either way. */
  flush(): Promise<void>;
  /** Refuses new events, flushes, and disconnects. */
  close(): Promise<void>;
  /** Events under way. */
  readonly buffered: number;
}

/** Events that are not as they should be: which ones, and which fields. Never holds a value. */
export class InvalidEventsError extends KeiroError {
  readonly events: readonly { readonly index: number; readonly issues: readonly FieldIssue[] }[];

  constructor(events: InvalidEventsError['events']) {
    const faults = events.flatMap(({ index, issues }) =>
      issues.map(({ field, message }) => `events.${String(index)}.${field} ${message}`),
    );
    const more = faults.length > 10 ? ` and ${String(faults.length - 10)} more` : '';
    super('invalid-events', `nothing was sent: ${faults.slice(0, 10).join('; ')}${more}`, {
      retryable: false,
    });
    this.events = events;
  }
}

/** A broker takes about 1 MB by default; an event of the contract's limits stays far below. */
const maxEventBytes = 900_000;

/** Connects, waiting with a message while a server is down, for a minute at most. */
export async function createEmitter(options: EmitterOptions): Promise<Emitter> {
  const { log } = options;
  const kafka = connectKafka({
    brokers: options.kafka.brokers,
    clientId: options.clientId ?? `keiro-emitter-${options.source === '*' ? 'any' : options.source}`,
    log,
  });
  const encoders = await loadEncoders(options.registryUrl, log);
  return openEmitter(options, kafka, encoders);
}

/** What goes through the door. */
type Emittable = CollectionEvent | Fact;
type Encoders = ReadonlyMap<Emittable['type'], Encode>;

async function loadEncoders(url: string, log: Log): Promise<Encoders> {
  // Heavy: only who emits pays for it.
  const { connectRegistry } = await import('@keiro/runtime/registry');
  const registry = connectRegistry({ url });
  try {
    return await whileUnavailable({ what: 'the schema registry', log, giveUpAfterMs: 60_000 }, async () => {
      const subjects: [Emittable['type'], string][] = [
        ...eventTypes.map((type): [EventType, string] => [type, wireSubject(type)]),
        [factType, factSubject],
      ];
      const pairs = subjects.map(async ([type, subject]) => [type, await registry.encoder(subject)] as const);
      return new Map(await Promise.all(pairs));
    });
  } finally {
    await registry.close();
  }
}

async function openEmitter(options: EmitterOptions, kafka: Kafkas, encoders: Encoders): Promise<Emitter> {
  const { lingerMs = 5, maxBatch = 500, maxBuffered = 10_000, cacheSeconds = 5, now } = options;
  const producer = await kafka.producer();
  const client = createKeysClient(options.keys);
  const keys = createSealKeys({ seal: (request) => client.seal(request), cacheSeconds, now });
  const buffer = createSendBuffer({ producer, lingerMs, maxBatch });
  const iv = createIvPool(options.random);
  const policies = options.policies ?? shippedPolicies();
  let buffered = 0;
  let isClosed = false;
  /** Identifiers of events that wait for keys: a later event of the same person must not overtake them. */
  const held = new Map<string, Promise<void>>();

  function parse(events: readonly unknown[]): Emittable[] {
    const parsed: Emittable[] = [];
    const invalid: { index: number; issues: FieldIssue[] }[] = [];
    for (const [index, event] of events.entries()) {
      const result = parseMessage(event, {
        sites: options.sites,
        // Later versions join while we run.
        policyVersions: policies.versions,
      });
      if (!result.ok) invalid.push({ index, issues: result.issues });
      else if (options.source !== '*' && result.event.source !== options.source)
        invalid.push({ index, issues: [foreign] });
      else parsed.push(result.event);
    }
    if (invalid.length > 0) throw new InvalidEventsError(invalid);
    return parsed;
  }

  async function accept(events: readonly unknown[]): Promise<Emitted[]> {
    if (isClosed) throw new KeiroError('closed', 'this emitter is closed', { retryable: false });
    const parsed = parse(events);
    if (buffered + parsed.length > maxBuffered) {
      throw new KeiroError('overloaded', 'too many events are under way', { retryable: true });
    }
    buffered += parsed.length;
    try {
      return await send(parsed.map((event) => ({ event, needed: neededOf(event) })));
    } catch (error) {
      if (error instanceof KeiroError) throw error;
      throw new KeiroError('not-sent', messageOf(error), { retryable: false, cause: error });
    } finally {
      buffered -= parsed.length;
    }
  }

  /** Without a pause where all keys are at hand. */
  function send(items: readonly Item[]): Promise<Emitted[]> {
    const ready: EventKeys[] = [];
    for (const { needed } of items) {
      const found = held.has(personOf(needed)) ? undefined : keys.cached(needed);
      if (found === undefined) return sendInTurn(items);
      ready.push(found);
    }
    return enqueue(items, ready);
  }

  async function sendInTurn(items: readonly Item[]): Promise<Emitted[]> {
    const persons = [...new Set(items.map(({ needed }) => personOf(needed)))];
    const earlier = persons.map((person) => held.get(person));
    const turn = Promise.all([Promise.all(items.map(({ needed }) => keys.fetch(needed))), ...earlier]);
    const enqueued = turn.then(([found]) => ({ answer: enqueue(items, found) }));
    const through = enqueued.then(
      () => undefined,
      () => undefined,
    );
    for (const person of persons) held.set(person, through);
    void through.then(() => {
      for (const person of persons) if (held.get(person) === through) held.delete(person);
    });
    return (await enqueued).answer;
  }

  /** Seals all before it sends any, so that one that can't be sealed leaves nothing half done. */
  function enqueue(items: readonly Item[], ready: readonly EventKeys[]): Promise<Emitted[]> {
    const answers: Promise<Emitted>[] = [];
    const pending: Pending[] = [];
    for (const [index, { event }] of items.entries()) {
      const eventKeys = ready[index];
      const encode = encoders.get(event.type);
      if (eventKeys === undefined || encode === undefined)
        throw new Error(`no keys or no schema for ${event.type}`);
      const sealed =
        event.type === factType ? factMessage(event, eventKeys) : sealEvent(event, eventKeys, iv);
      const value = encode(sealed.value);
      if (value.length > maxEventBytes) throw new InvalidEventsError([{ index, issues: [tooLarge] }]);
      const { topic, key, headers } = sealed;
      answers.push(
        new Promise<Emitted>((resolve, reject) => {
          pending.push({
            topic,
            message: { key, headers, value },
            resolve: ({ partition, offset }) => resolve({ id: event.id, topic, partition, offset }),
            reject,
          });
        }),
      );
    }
    buffer.add(pending);
    return Promise.all(answers);
  }

  async function flush(): Promise<void> {
    await Promise.all(held.values());
    await buffer.drain();
  }

  return {
    async emit(event) {
      const [emitted] = await accept([event]);
      if (emitted === undefined) throw new Error('no answer for the event');
      return emitted;
    },
    emitBatch: accept,
    emitFacts: accept,
    flush,
    async close() {
      isClosed = true;
      await flush();
      await producer.close();
    },
    get buffered() {
      return buffered;
    },
  };
}

interface Item {
  readonly event: Emittable;
  readonly needed: KeysNeeded;
}

const foreign: FieldIssue = {
  field: 'source',
  code: 'source_not_allowed',
  message: 'is not the source of this emitter',
};
const tooLarge: FieldIssue = { field: '', code: 'too_large', message: 'is larger than a message can be' };

function neededOf(event: Emittable): KeysNeeded {
  const { source, type, time } = event;
  // Of a fact nothing is sealed: it needs refs alone.
  const groups = type === factType ? [] : sealGroupsOf(type);
  return { source, type, time, identifiers: identifiersOf(event), groups };
}

/** Whoever the event is about, as far as order goes. */
function personOf({ identifiers: [primary] }: KeysNeeded): string {
  return `${primary.kind}\n${primary.value}`;
}

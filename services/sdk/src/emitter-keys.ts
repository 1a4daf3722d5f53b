import { LRUCache } from 'lru-cache';
import { KeiroError } from '@keiro/runtime';
import type { EventType, factType, Identifier, Life, SealRequest, SealResponse } from '@keiro/schemas';
import type { EventKeys } from './emitter-seal.ts';

/** What one event needs: the lives of its identifiers, and the primary one's keys. */
export interface KeysNeeded {
  readonly source: string;
  readonly type: EventType | typeof factType;
  /** RFC 3339. */
  readonly time: string;
  /** Normalised, the primary first. */
  readonly identifiers: readonly [Identifier, ...Identifier[]];
  /** Of the primary. */
  readonly groups: readonly string[];
}

/** Refs and seal keys of events. Throws what the keys service's client throws; the asker decides to ask again. */
export interface SealKeys {
  /** The keys of an event if all of them are at hand. */
  cached(needed: KeysNeeded): EventKeys | undefined;
  /** Asks for what is missing, together with others that ask at about the same time. */
  fetch(needed: KeysNeeded): Promise<EventKeys>;
}

export interface SealKeysOptions {
  readonly seal: (request: SealRequest) => Promise<SealResponse>;
  /** How long an answer may be used; the time in which an erasure may go unnoticed here. */
  readonly cacheSeconds: number;
  readonly now: () => Date;
}

/** An identifier is asked for once while an answer is under way; so many at most in one call. */
const callLimit = 500;
const windowMs = 2;
const cachedIdentifiers = 20_000;

type Asked = SealRequest['identifiers'][number];

interface Live {
  readonly state: 'live';
  readonly life: Life;
  readonly keys: ReadonlyMap<string, Buffer>;
  /** Milliseconds. An event from before belongs to an earlier life, if to any. */
  readonly since: number;
}

interface Erased {
  readonly state: 'erased';
  readonly life: Life;
  readonly quarantine: { readonly day: string; readonly key: Buffer };
}

type Answer = Live | Erased;

interface Waiting {
  readonly asked: Asked;
  readonly answer: Promise<Answer>;
  readonly settle: { resolve: (answer: Answer) => void; reject: (error: unknown) => void };
  /** Once the call has gone out nothing can be added. */
  sent: boolean;
}

export function createSealKeys(options: SealKeysOptions): SealKeys {
  const { now } = options;
  const cache = new LRUCache<string, Live>({
    max: cachedIdentifiers,
    ttl: options.cacheSeconds * 1000,
    perf: { now: () => now().getTime() },
  });
  /** The latest question about an identifier that has no answer yet. */
  const waiting = new Map<string, Waiting>();
  /** By source, because seal keys differ by source and one call is for one source. */
  const queues = new Map<string, Waiting[]>();

  /** `source` and kind hold no line break, so that different identifiers never make the same id. */
  const idOf = (source: string, { kind, value }: Identifier) => `${source}\n${kind}\n${value}`;

  function ask(source: string, id: string, asked: Asked): Promise<Answer> {
    const { promise, settle } = deferred<Answer>();
    const one: Waiting = { asked, answer: promise, settle, sent: false };
    waiting.set(id, one);
    const queue = queues.get(source);
    if (queue === undefined) {
      queues.set(source, [one]);
      setTimeout(sendQueue, windowMs, source);
    } else {
      queue.push(one);
      if (queue.length >= callLimit) sendQueue(source);
    }
    return promise;
  }

  function sendQueue(source: string): void {
    const queue = queues.get(source);
    if (queue === undefined) return;
    queues.delete(source);
    for (let from = 0; from < queue.length; from += callLimit)
      void call(source, queue.slice(from, from + callLimit));
  }

  async function call(source: string, batch: readonly Waiting[]): Promise<void> {
    for (const one of batch) one.sent = true;
    const askedAt = now().getTime();
    try {
      const response = await options.seal({ source, identifiers: batch.map(({ asked }) => asked) });
      const answers = batch.map(({ asked }, position) => toAnswer(asked, response, position));
      for (const [position, one] of batch.entries()) {
        const answer = answers[position];
        if (answer === undefined) continue;
        if (answer.state === 'live') keep(idOf(source, one.asked), answer, askedAt);
        one.settle.resolve(answer);
      }
    } catch (error) {
      for (const { settle } of batch) settle.reject(error);
    } finally {
      for (const one of batch) {
        const id = idOf(source, one.asked);
        if (waiting.get(id) === one) waiting.delete(id);
      }
    }
  }

  /** Erased answers are not kept: the next event may begin a new life. */
  function keep(id: string, answer: Live, askedAt: number): void {
    const known = cache.get(id);
    const isSameLife = known?.life.generation === answer.life.generation;
    const keys = isSameLife ? new Map([...known.keys, ...answer.keys]) : answer.keys;
    const since = isSameLife ? Math.min(known.since, answer.since) : answer.since;
    cache.set(id, { ...answer, keys, since }, { start: askedAt });
  }

  /** Finds or asks for one identifier. */
  async function obtain(
    needed: KeysNeeded,
    identifier: Identifier,
    groups: readonly string[],
  ): Promise<Answer> {
    const { source, type, time } = needed;
    const id = idOf(source, identifier);
    const known = cache.get(id);
    if (known !== undefined && suits(known, time, groups)) return known;
    const other = waiting.get(id);
    if (other !== undefined) {
      if (!other.sent) addMissing(other.asked.groups, groups);
      const answer = await other.answer;
      if (suits(answer, time, groups)) return answer;
    }
    return ask(source, id, { ...identifier, groups: [...groups], type, time });
  }

  return {
    cached(needed) {
      const lives: Life[] = [];
      let primary: Live | undefined;
      for (const identifier of needed.identifiers) {
        const known = cache.get(idOf(needed.source, identifier));
        if (known === undefined || !suits(known, needed.time, primary === undefined ? needed.groups : []))
          return undefined;
        primary ??= known;
        lives.push(known.life);
      }
      return toEventKeys(lives, primary);
    },

    async fetch(needed) {
      const answers = await Promise.all(
        needed.identifiers.map((identifier, position) =>
          obtain(needed, identifier, position === 0 ? needed.groups : []),
        ),
      );
      const keys = toEventKeys(
        answers.map(({ life }) => life),
        answers[0],
      );
      if (keys === undefined) throw incomplete();
      return keys;
    },
  };
}

/** Whether an answer that somebody else asked for serves an event too. */
function suits(answer: Answer, time: string, groups: readonly string[]): answer is Live {
  if (answer.state === 'erased') return false;
  for (const group of groups) if (!answer.keys.has(group)) return false;
  return answer.since === Number.NEGATIVE_INFINITY || Date.parse(time) >= answer.since;
}

function addMissing(into: string[], groups: readonly string[]): void {
  for (const group of groups) if (!into.includes(group)) into.push(group);
}

function toAnswer(asked: Asked, response: SealResponse, position: number): Answer {
  const result = response.results[position];
  if (result === undefined) throw incomplete();
  const life: Life = { ref: result.ref, generation: result.generation };
  if (result.state === 'erased') {
    if (response.quarantine === undefined) throw incomplete();
    const { day, key } = response.quarantine;
    return { state: 'erased', life, quarantine: { day, key: Buffer.from(key, 'base64') } };
  }
  const keys = new Map(
    Object.entries(result.keys).map(([group, key]) => [group, Buffer.from(key, 'base64')]),
  );
  // A first life has no before; a later one began after an erasure, with this event at the latest.
  const since = life.generation === 1 ? Number.NEGATIVE_INFINITY : Date.parse(asked.time);
  return { state: 'live', life, keys, since };
}

function toEventKeys(lives: readonly Life[], primary: Answer | undefined): EventKeys | undefined {
  const [first, ...others] = lives;
  if (first === undefined || primary === undefined) return undefined;
  return {
    lives: [first, ...others],
    sealing:
      primary.state === 'live'
        ? { kind: 'person', keys: primary.keys }
        : { kind: 'quarantine', ...primary.quarantine },
  };
}

function incomplete(): KeiroError {
  return new KeiroError('keys-incomplete', 'the keys service did not answer for every identifier', {
    retryable: false,
  });
}

function deferred<T>(): {
  promise: Promise<T>;
  settle: { resolve: (value: T) => void; reject: (error: unknown) => void };
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, settle: { resolve, reject } };
}

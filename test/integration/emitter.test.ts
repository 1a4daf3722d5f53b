import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectKafka, createLog, KeiroError, type Admin, type Message } from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import {
  createKeysClient,
  groupAssociated,
  InvalidEventsError,
  open,
  sealKeyOf,
  type Emitter,
} from '@keiro/sdk';
import {
  collectionTopics,
  fromHeaders,
  recordId,
  wireSchemas,
  type CollectionEvent,
  type WireEnvelope,
  type WireValue,
} from '@keiro/schemas';
import { cookieOf, newPerson, openEmitter, registrationOf, withData } from '../builders/emitting.ts';
import { env } from '../builders/environment.ts';
import { readTopics, type KafkaReader } from '../builders/kafka-reader.ts';
import { tcpSwitch } from '../builders/tcp-switch.ts';

const kafka = connectKafka({
  brokers: env('KEIRO_KAFKA_BROKERS').split(','),
  clientId: 'test-emitter',
  log: createLog('test-emitter', 'error'),
});
const registry = connectRegistry({ url: env('KEIRO_REGISTRY_URL') });
const keysOf = (client: string) =>
  createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env(`KEIRO_TOKEN_${client}`) });
let emitter: Emitter;
let reader: KafkaReader;
let admin: Admin;
const others: Emitter[] = [];

beforeAll(async () => {
  admin = await kafka.admin();
  reader = await readTopics(kafka, collectionTopics);
  emitter = await openEmitter();
});
afterAll(async () => {
  await Promise.all([emitter, ...others].map((one) => one.close()));
  await reader.close();
  await admin.close();
  await registry.close();
});

async function another(more: Parameters<typeof openEmitter>[0]): Promise<Emitter> {
  const one = await openEmitter(more);
  others.push(one);
  return one;
}

async function decode(message: Message): Promise<{ envelope: WireEnvelope; value: WireValue }> {
  const [decoded] = await registry.decodeAll([message.value]);
  const envelope = fromHeaders(message.headers);
  if (decoded === undefined || !('value' in decoded) || envelope === undefined)
    throw new Error('not readable');
  return { envelope, value: wireSchemas[envelope.type].parse(decoded.value) };
}

const sent = async (event: CollectionEvent) => decode(await reader.at(await emitter.emit(event)));

/** Whatever a call throws, for looking at. */
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('an emitted event', () => {
  it('is in Kafka when the promise resolves, where the answer says, as the contracts say', async () => {
    const event = registrationOf(newPerson());
    const emitted = await emitter.emit(event);
    const ends = await admin.endOffsets([emitted.topic]);
    expect(BigInt(ends[emitted.topic]?.[emitted.partition] ?? 0)).toBeGreaterThan(BigInt(emitted.offset));
    expect(emitted).toMatchObject({ id: event.id, topic: 'collection.registration' });

    const message = await reader.at(emitted);
    const { envelope, value } = await decode(message);
    const { id, source, type, time, policyversion } = event;
    expect(envelope).toEqual({ id, source, type, time, policyversion });
    expect(value.refs.map(({ ref }) => ref.slice(0, ref.indexOf('.')))).toEqual(['member', 'email']);
    expect(message.key).toBe(value.refs[0]?.ref);
    expect(value).toMatchObject({
      sealedUnder: 'person',
      readable: { noticeVersion: 'n1' },
      scope: { kind: 'ours' },
    });
  });

  it('carries nothing personal in clear: key, headers, value', async () => {
    const person = newPerson();
    const message = await reader.at(await emitter.emit(registrationOf(person, 'カナリア 鳥子')));
    const bytes = Buffer.concat([
      Buffer.from(message.key ?? ''),
      Buffer.from(JSON.stringify(message.headers)),
      message.value ?? Buffer.alloc(0),
    ]);
    for (const canary of [person.member, person.email, 'カナリア']) {
      expect(bytes.includes(Buffer.from(canary))).toBe(false);
      expect(bytes.includes(Buffer.from(Buffer.from(canary).toString('base64').slice(0, 12)))).toBe(false);
    }
    expect(bytes.includes(Buffer.from('noticeVersion'))).toBe(true);
  });

  it('opens for a holder to whom keys are released', async () => {
    const person = newPerson();
    const { envelope, value } = await sent(registrationOf(person));
    const [primary] = value.refs;
    const identity = value.sealed.find(({ group }) => group === 'C1.identity');
    if (primary === undefined || identity === undefined) throw new Error('no identity');
    const { results } = await keysOf('CRM').release({
      holder: 'crm',
      purpose: 'membership',
      groups: ['C1.identity'],
      lives: [primary],
    });
    const [released] = results;
    if (released?.state !== 'released') throw new Error('refused');
    const key = sealKeyOf(Buffer.from(released.keys['C1.identity'] ?? '', 'base64'), envelope.source);
    const text = open(key, identity.blob, groupAssociated(envelope, primary, 'C1.identity')).toString();
    expect(JSON.parse(text)).toEqual({ name: '架空 花子', email: person.email });
  });

  it('sent again is the same record with the same digest; other content has another', async () => {
    const event = registrationOf(newPerson());
    const [first, again, other] = [
      await sent(event),
      await sent(event),
      await sent(withData(event, { name: '別人' })),
    ];
    const idOf = ({ envelope, value }: typeof first) =>
      recordId(value.refs[0] ?? { ref: '', generation: 0 }, envelope.source, envelope.id);
    expect(idOf(again)).toBe(idOf(first));
    expect(again.value.digest).toBe(first.value.digest);
    expect(idOf(other)).toBe(idOf(first));
    expect(other.value.digest).not.toBe(first.value.digest);
  });

  it('about nobody goes under a ref of its source and day', async () => {
    const [one, two] = [await sent(cookieOf({})), await sent(cookieOf({}, '/other'))];
    expect(one.value.refs).toHaveLength(1);
    expect(one.value.refs[0]?.ref).toMatch(/^unattributed\./);
    expect(two.value.refs).toEqual(one.value.refs);
  });

  it('about a person who is erased is sealed under the key of the day, and their own door stays shut', async () => {
    const person = newPerson();
    const { value: before } = await sent(registrationOf(person));
    const lives = before.refs;
    const request = `r-${randomUUID()}`;
    await keysOf('REQUEST').prepareSweep(request, lives);
    await keysOf('REQUEST').destroy(request, lives, new Date());

    // A fresh emitter has nothing in its cache.
    const fresh = await another({});
    const late = cookieOf({ member: person.member });
    const { envelope, value } = await decode(await reader.at(await fresh.emit(late)));
    expect(value).toMatchObject({ sealedUnder: 'quarantine', refs: [lives[0]] });
    const key = await keysOf('TAG').quarantineKey(value.day ?? '');
    const [blob] = value.sealed;
    if (blob === undefined || lives[0] === undefined) throw new Error('nothing sealed');
    expect(open(key, blob.blob, groupAssociated(envelope, lives[0], blob.group)).toString()).toContain(
      person.member,
    );
  });
});

describe('a batch', () => {
  it('keeps its order per person, also when an earlier event waits longer for its keys', async () => {
    const { member } = newPerson();
    await emitter.emit(cookieOf({ member }));
    const events = Array.from({ length: 20 }, (_, number) =>
      // Every other one brings a cookie that nobody has seen, for which the keys service must be asked.
      cookieOf(number % 2 === 0 ? { member, cookie: randomUUID() } : { member }),
    );
    const emitted = await Promise.all(events.map((event) => emitter.emit(event)));
    const offsets = emitted.map(({ offset }) => Number(offset));
    expect(offsets).toEqual([...offsets].sort((one, other) => one - other));
    expect(new Set(emitted.map(({ partition }) => partition)).size).toBe(1);
  });

  it('answers for every event, in the order given, over several topics', async () => {
    const person = newPerson();
    const events = [
      registrationOf(person),
      cookieOf(person),
      registrationOf(newPerson()),
      cookieOf(newPerson()),
    ];
    const emitted = await emitter.emitBatch(events);
    expect(emitted.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    for (const [index, position] of emitted.entries()) {
      expect((await decode(await reader.at(position))).envelope.id).toBe(events[index]?.id);
    }
  });

  it('with bad events is refused whole: each is named by index and field, no value is told, nothing is sent', async () => {
    const before = await admin.endOffsets(collectionTopics);
    const good = registrationOf(newPerson());
    const error = await failureOf(
      emitter.emitBatch([
        good,
        withData(good, { email: 'canary-without-at' }),
        good,
        withData(good, { site: 'elsewhere.example', name: '4242 4242 4242 4242' }),
        { ...good, source: 'other' },
      ]),
    );
    expect(error).toBeInstanceOf(InvalidEventsError);
    const { events, retryable, message } = error as InvalidEventsError;
    expect(retryable).toBe(false);
    expect(
      events.map(({ index, issues }) => [index, issues.map(({ field, code }) => `${field} ${code}`).sort()]),
    ).toEqual([
      [1, ['data.email format']],
      [3, ['data.name card_number', 'data.site foreign_site']],
      [4, ['source source_not_allowed']],
    ]);
    for (const value of ['canary', 'elsewhere', '4242']) expect(message).not.toContain(value);
    await emitter.flush();
    expect(await admin.endOffsets(collectionTopics)).toEqual(before);
  });
});

describe('the buffer', () => {
  it('holds events until they are sent together; flush sends them at once', async () => {
    const slow = await another({ lingerMs: 3_600_000 });
    let answered = 0;
    const person = newPerson();
    const emits = [registrationOf(person), registrationOf(person), registrationOf(person)].map((event) =>
      slow.emit(event).finally(() => answered++),
    );
    const before = await admin.endOffsets(collectionTopics);
    expect([slow.buffered, answered]).toEqual([3, 0]);
    await slow.flush();
    const offsets = (await Promise.all(emits)).map(({ offset }) => Number(offset));
    expect(offsets[2]).toBe((offsets[0] ?? 0) + 2);
    expect([slow.buffered, answered]).toEqual([0, 3]);
    expect(await admin.endOffsets(collectionTopics)).not.toEqual(before);
  });

  it('refuses what is too much, retryably, and loses nothing that it took', async () => {
    const small = await another({ lingerMs: 3_600_000, maxBuffered: 5 });
    const taken = Array.from({ length: 5 }, () => small.emit(registrationOf(newPerson())));
    const error = await failureOf(small.emit(registrationOf(newPerson())));
    expect(error).toMatchObject({ code: 'overloaded', retryable: true });
    const batch = await failureOf(small.emitBatch([registrationOf(newPerson())]));
    expect(batch).toMatchObject({ code: 'overloaded' });
    await small.flush();
    expect(await Promise.all(taken)).toHaveLength(5);
    // There is room again.
    const [late] = await Promise.all([small.emit(registrationOf(newPerson())), small.flush()]);
    expect(late.topic).toBe('collection.registration');
  });

  it('sends many in batches of the size set', async () => {
    const person = newPerson();
    await emitter.emit(registrationOf(person));
    const few = await another({ maxBatch: 7 });
    const emitted = await few.emitBatch(
      Array.from({ length: 100 }, (_, number) => cookieOf(person, `/${String(number)}`)),
    );
    const offsets = emitted.map(({ offset }) => Number(offset));
    expect(offsets).toEqual(Array.from({ length: 100 }, (_, number) => (offsets[0] ?? 0) + number));
  });

  it('parts what is together larger than a broker takes, and refuses one event that is', async () => {
    const large = (bytes: number) => {
      const answers = Object.fromEntries(
        Array.from({ length: Math.ceil(bytes / 4000) }, (_, number) => [
          `q${String(number)}`,
          'x'.repeat(4000),
        ]),
      );
      return {
        ...cookieOf(newPerson()),
        type: 'campaign',
        data: {
          subject: newPerson(),
          site: 'www.demo.example',
          campaign: 'spring',
          campaignKind: 'questionnaire',
          marketingOptIn: false,
          answers,
        },
      } as CollectionEvent;
    };
    expect(await emitter.emitBatch(Array.from({ length: 8 }, () => large(400_000)))).toHaveLength(8);
    const error = await failureOf(emitter.emit(large(790_000)));
    expect(error).toMatchObject({
      code: 'invalid-events',
      events: [{ index: 0, issues: [{ code: 'too_large' }] }],
    });
  });

  it('is emptied by close, which takes nothing more', async () => {
    const closing = await openEmitter({ lingerMs: 3_600_000 });
    const last = closing.emit(registrationOf(newPerson()));
    await closing.close();
    expect((await last).topic).toBe('collection.registration');
    const error = await failureOf(closing.emit(registrationOf(newPerson())));
    expect(error).toMatchObject({ code: 'closed', retryable: false });
  });
});

describe('without the keys service', () => {
  it('an event is refused retryably, nothing is sent, and the same id passes later', async () => {
    const { hostname, port } = new URL(env('KEIRO_KEYS_URL'));
    const way = await tcpSwitch({ host: hostname, port: Number(port) });
    const keys = { url: `http://127.0.0.1:${String(way.port)}`, token: env('KEIRO_TOKEN_DEMO') };
    const cutOff = await another({ keys });
    const event = registrationOf(newPerson());
    try {
      await way.cut();
      const error = await failureOf(cutOff.emit(event));
      expect(error).toBeInstanceOf(KeiroError);
      expect(error).toMatchObject({ code: 'unavailable', retryable: true });
      await way.mend();
      const { envelope } = await decode(await reader.at(await cutOff.emit(event)));
      expect(envelope.id).toBe(event.id);
      expect(await reader.all(({ headers }) => headers['ce_id'] === event.id)).toHaveLength(1);
    } finally {
      await way.cut();
    }
  });

  it('a source that the token is not for is refused for good', async () => {
    const stranger = await another({ source: 'other' });
    const error = await failureOf(stranger.emit({ ...registrationOf(newPerson()), source: 'other' }));
    expect(error).toMatchObject({ code: 'refused', retryable: false });
  });
});

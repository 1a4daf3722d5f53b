import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until, type Message } from '@keiro/runtime';
import {
  collectionTopics,
  recordId,
  standingAckSchema,
  taggedSchema,
  type EventType,
  type LinkDocument,
  type QuarantineDocument,
  type RecordDocument,
  type Standing,
  type Tagged,
} from '@keiro/schemas';
import { lifeOf, type WireEvent, type WireEventSpec } from '@keiro/scripts/bench/wire-events';
import { createKeysClient, open, quarantineAssociated, type SealedMessage } from '@keiro/sdk';
import { env } from '../builders/environment.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import type { ServiceProcess } from '../builders/service-process.ts';
import { encoded, produce, sealedEvent } from '../builders/wire.ts';

let pipeline: Pipeline;
let tag: ServiceProcess;

const records = () => pipeline.mongo.db.collection<RecordDocument>('records');
const links = () => pipeline.mongo.db.collection<LinkDocument>('links');
const quarantine = () => pipeline.mongo.db.collection<QuarantineDocument>('quarantine');
const settled = async () => {
  await pipeline.passed('keiro.tag', collectionTopics);
  await pipeline.passed('keiro.quarantine', ['quarantine']);
};

beforeAll(async () => {
  pipeline = await createPipeline('tag', [
    { group: 'keiro.tag', topics: collectionTopics },
    { group: 'keiro.quarantine', topics: ['quarantine'] },
  ]);
  tag = await pipeline.start('tag');
}, 120_000);
afterAll(() => pipeline.close());

/** An event of a person nobody has seen, unless the spec says whom. */
function someEvent(spec: Partial<WireEventSpec> & { type: EventType }): {
  event: WireEvent;
  record: string;
  ref: string;
} {
  const id = spec.id ?? randomUUID();
  const refs = spec.refs ?? [lifeOf('member', randomUUID())];
  const [primary] = refs;
  if (primary === undefined) throw new Error('an event has a primary ref');
  return {
    event: sealedEvent({ ...spec, id, refs }),
    record: recordId(primary, spec.source ?? 'bench', id),
    ref: primary.ref,
  };
}

const reasonsOf = async (filter: { ref?: string; record?: string }) =>
  (await quarantine().find(filter).toArray()).map(({ reason }) => reason);

describe('an event', () => {
  it('becomes a record with purposes and an end, links both ways, and a message for followers', async () => {
    const refs = [
      lifeOf('member', randomUUID()),
      lifeOf('email', randomUUID()),
      lifeOf('cookie', randomUUID()),
    ];
    const [member, email, cookie] = refs.map(({ ref }) => ref);
    const { event, record } = someEvent({ type: 'registration', refs });
    const follower = await followTagged((tagged) => tagged.record === record);
    await produce(pipeline, 'registration', [event]);
    await settled();

    const stored = await records().findOne({ _id: record });
    expect(stored).toMatchObject({
      ref: member,
      generation: 1,
      refs,
      type: 'registration',
      category: 'C1',
      policy: '2017-02-02',
      time: new Date('2026-04-01T00:00:00.000Z'),
      position: { topic: 'collection.registration' },
      digest: event.value.digest,
    });
    expect(stored?.groups.map(({ group }) => group)).toEqual(event.value.sealed.map(({ group }) => group));
    for (const group of stored?.groups ?? []) {
      expect(group.purposes).not.toEqual([]);
      expect(group.end ?? group.cap).toBeInstanceOf(Date);
    }
    const pairs = (await links().find({ record }).toArray()).map(({ from, to }) => [from, to]);
    expect(pairs).toHaveLength(4);
    expect(pairs).toEqual(
      expect.arrayContaining([
        [member, email],
        [email, member],
        [member, cookie],
        [cookie, member],
      ]),
    );

    const { message, tagged } = await follower.found;
    expect(message.key).toBe(member);
    expect(tagged).toMatchObject({ record, ref: member, refs, position: stored?.position });
  });

  it('that is sent again is one record, and no matter for quarantine', async () => {
    const { event, record, ref } = someEvent({ type: 'profile' });
    await produce(pipeline, 'profile', [event, event]);
    await settled();
    await produce(pipeline, 'profile', [event]);
    await settled();
    expect(await records().countDocuments({ ref })).toBe(1);
    expect(await reasonsOf({ record })).toEqual([]);
  });

  it('under an id that is there with other content is set aside, in the same batch or later', async () => {
    const refs = [lifeOf('member', randomUUID())];
    const spec = { type: 'inquiry' as const, id: randomUUID(), refs };
    const { event, record, ref } = someEvent(spec);
    const other = someEvent({ ...spec, content: 'other' }).event;
    await produce(pipeline, 'inquiry', [event, other]);
    await settled();
    await produce(pipeline, 'inquiry', [other]);
    await settled();
    expect(await records().findOne({ _id: record })).toMatchObject({ ref, digest: event.value.digest });
    expect(await reasonsOf({ record })).toEqual(['conflicting-content', 'conflicting-content']);
  });

  it('under a policy nobody knows can not be tagged', async () => {
    const { event, record } = someEvent({ type: 'access', policyversion: '1999-01-01' });
    await produce(pipeline, 'access', [event]);
    await settled();
    expect(await reasonsOf({ record })).toEqual(['untaggable']);
    expect(await records().countDocuments({ _id: record })).toBe(0);
  });

  it('of a user whom a customer controls keeps to that customer', async () => {
    const { event, record } = someEvent({ type: 'profile', scope: { kind: 'entrusted', tenant: 'kaede' } });
    await produce(pipeline, 'profile', [event]);
    await settled();
    const stored = await records().findOne({ _id: record });
    expect(stored?.scope).toEqual({ kind: 'entrusted', tenant: 'kaede' });
    expect(new Set(stored?.groups.flatMap(({ purposes }) => purposes))).toEqual(new Set(['entrusted:kaede']));
  });
});

describe('what is no event', () => {
  it('is set aside with its reason and sealed; what stands around it goes on', async () => {
    const canary = `canary-${randomUUID()}@stranger.example`;
    const good = [someEvent({ type: 'campaign' }), someEvent({ type: 'campaign' })];
    const [first, last] = await encoded(
      pipeline,
      'campaign',
      good.map(({ event }) => event),
    );
    if (first === undefined || last === undefined) throw new Error('two good messages');
    const { key, headers } = first;
    const tampered = (change: object) => {
      const json = JSON.parse(first.value?.subarray(5).toString() ?? '') as object;
      return Buffer.concat([
        first.value?.subarray(0, 5) ?? Buffer.of(),
        Buffer.from(JSON.stringify({ ...json, ...change })),
      ]);
    };
    // One partition, so that the bad ones stand between the good ones.
    const messages = [
      first,
      { key, headers, value: Buffer.from(`no registry message: ${canary}`) },
      {
        key,
        headers,
        value: Buffer.concat([
          Buffer.from([0, 0x7f, 0xff, 0xff, 0xf0]),
          Buffer.from(JSON.stringify({ canary })),
        ]),
      },
      {
        key,
        headers,
        value: Buffer.concat([first.value?.subarray(0, 5) ?? Buffer.of(), Buffer.from(canary)]),
      },
      { key, headers, value: null },
      { key, headers: { ...headers, ce_type: canary }, value: first.value },
      { key, headers: { ...headers, ce_type: 'access' }, value: first.value },
      { key, headers, value: tampered({ [canary]: canary }) },
      { key, headers, value: tampered({ present: [canary.slice(0, 60)] }) },
      { key, headers, value: tampered({ sealed: [{ group: canary, blob: '' }] }) },
      { key, headers, value: tampered({ refs: [lifeOf('member', 'another')] }) },
      { ...last, key },
    ];
    const [sent] = (
      await pipeline.producer.send([{ topic: 'collection.campaign', messages: messages.slice(0, -1) }])
    ).flat();
    await pipeline.producer.send([{ topic: 'collection.campaign', messages: [last] }]);
    await settled();

    const base = BigInt(sent?.offset ?? '0');
    const found = await quarantine()
      .find({ topic: 'collection.campaign', partition: sent?.partition ?? -1 })
      .toArray();
    const reasons = Object.fromEntries(
      found.map(({ offset, reason }) => [String(BigInt(offset) - base), reason]),
    );
    expect(reasons).toEqual({
      1: 'unreadable',
      2: 'unknown-schema',
      3: 'unreadable',
      4: 'unreadable',
      5: 'unreadable',
      6: 'malformed',
      7: 'malformed',
      8: 'malformed',
      9: 'malformed',
      10: 'malformed',
    });
    expect(await records().countDocuments({ _id: { $in: good.map(({ record }) => record) } })).toBe(2);

    // Nobody reads it in the store, whichever way it is written …
    const text = JSON.stringify(await quarantine().find({}).toArray());
    expect(text).not.toContain(canary);
    expect(text).not.toContain(canary.slice(0, 60));
    expect(text).not.toContain(Buffer.from(canary).toString('base64').slice(4, 40));
    // … but it is not lost: with the key of its day it is there, byte for byte.
    const one = found.find(({ offset }) => BigInt(offset) - base === 1n);
    if (one === undefined) throw new Error('set aside');
    expect(Buffer.from((await openQuarantined(one)).value ?? '', 'base64').toString()).toBe(
      `no registry message: ${canary}`,
    );
    expect(tag.output()).not.toContain(canary);
  });

  it('blocks nobody, however long or many: what does not fit one message of the broker goes in several', async () => {
    const key = lifeOf('member', randomUUID()).ref;
    const giant = Buffer.concat([Buffer.of(1), randomBytes(1_000_000)]);
    const many = Array.from({ length: 1500 }, () => ({
      key,
      value: Buffer.concat([Buffer.of(1), randomBytes(1000)]),
    }));
    const [sent] = (
      await pipeline.producer.send([{ topic: 'collection.inquiry', messages: [{ key, value: giant }] }])
    ).flat();
    for (let from = 0; from < many.length; from += 500) {
      await pipeline.producer.send([{ topic: 'collection.inquiry', messages: many.slice(from, from + 500) }]);
    }
    await settled();
    const partition = sent?.partition ?? -1;
    const first = Number(sent?.offset ?? '-1');
    const found = await quarantine()
      .find({ topic: 'collection.inquiry', partition, reason: 'unreadable' })
      .toArray();
    expect(found.map(({ offset }) => Number(offset)).sort((one, other) => one - other)).toEqual(
      Array.from({ length: 1501 }, (_, position) => first + position),
    );
    const one = found.find(({ offset }) => offset === sent?.offset);
    if (one === undefined) throw new Error('set aside');
    expect(Buffer.from((await openQuarantined(one)).value ?? '', 'base64').equals(giant)).toBe(true);
  });

  it('is kept even where it lies in the topic of what was set aside', async () => {
    const canary = `canary-${randomUUID()}`;
    const messages = [canary, `{"by":"${canary}"}`].map((text) => ({ key: 'x', value: Buffer.from(text) }));
    const [sent] = (await pipeline.producer.send([{ topic: 'quarantine', messages }])).flat();
    await settled();
    const base = BigInt(sent?.offset ?? '-1');
    const ids = [base, base + 1n].map((offset) => `tag|quarantine/0/${String(offset)}`);
    const found = await quarantine()
      .find({ _id: { $in: ids } })
      .sort({ offset: 1 })
      .toArray();
    expect(found.map(({ reason }) => reason)).toEqual(['unreadable', 'malformed']);
    expect(JSON.stringify(found)).not.toContain(canary);
  });
});

describe('an event of an erased person', () => {
  it('is set aside; one that was recorded before is a replay; the next generation is a person again', async () => {
    const name = randomUUID();
    const before = someEvent({ type: 'cookie', refs: [lifeOf('cookie', name)] });
    await produce(pipeline, 'cookie', [before.event]);
    await settled();

    await erase(before.ref);
    const late = someEvent({ type: 'cookie', refs: [lifeOf('cookie', name)] });
    const sealedSo = someEvent({ type: 'cookie', sealedUnder: 'quarantine' });
    const anew = someEvent({ type: 'cookie', refs: [lifeOf('cookie', name, 2)] });
    await produce(pipeline, 'cookie', [late.event, late.event, before.event, sealedSo.event, anew.event]);
    await settled();
    await produce(pipeline, 'cookie', [late.event]);
    await settled();

    expect(await reasonsOf({ ref: before.ref })).toEqual(['erased']);
    expect(await reasonsOf({ record: late.record })).toEqual(['erased']);
    expect(await reasonsOf({ record: sealedSo.record })).toEqual(['erased']);
    const recorded = await records()
      .find({ _id: { $in: [before, late, sealedSo, anew].map(({ record }) => record) } })
      .toArray();
    expect(recorded.map(({ _id }) => _id).sort()).toEqual([before.record, anew.record].sort());
  });

  it('is not linked again where it is named beside a living one', async () => {
    const cookie = lifeOf('cookie', randomUUID());
    await erase(cookie.ref);
    const member = lifeOf('member', randomUUID());
    const email = lifeOf('email', randomUUID());
    const { event, record } = someEvent({ type: 'profile', refs: [member, email, cookie] });
    await produce(pipeline, 'profile', [event]);
    await settled();
    const linked = (await links().find({ record }).toArray()).flatMap(({ from, to }) => [from, to]);
    expect(new Set(linked)).toEqual(new Set([member.ref, email.ref]));
  });
});

describe('reading everything again', () => {
  it('from the start of this test changes nothing', async () => {
    await settled();
    const count = async () => [
      await records().countDocuments(),
      await links().countDocuments(),
      await quarantine().countDocuments(),
    ];
    const before = await count();
    await tag.end();
    const ends = await pipeline.admin.endOffsets(collectionTopics);
    const oldest = await records()
      .find({}, { projection: { position: 1 } })
      .toArray();
    await pipeline.startAt('keiro.tag', lowest(ends, oldest));
    tag = await pipeline.start('tag');
    await settled();
    expect(await count()).toEqual(before);
  }, 120_000);
});

/** What was set aside, opened with the key of its day. */
async function openQuarantined(one: QuarantineDocument): Promise<SealedMessage> {
  const key = await createKeysClient({
    url: env('KEIRO_KEYS_URL'),
    token: env('KEIRO_TOKEN_TAG'),
  }).quarantineKey(one.day);
  return JSON.parse(open(key, one.sealed, quarantineAssociated(one.by, one)).toString()) as SealedMessage;
}

/** The lowest position of any record per partition; the end where there is none. */
function lowest(
  ends: Record<string, Record<number, string>>,
  list: readonly Pick<RecordDocument, 'position'>[],
) {
  const lowestOf = structuredClone(ends);
  for (const { position } of list) {
    const partitions = lowestOf[position.topic];
    const known = partitions?.[position.partition];
    if (partitions !== undefined && known !== undefined && BigInt(position.offset) < BigInt(known)) {
      partitions[position.partition] = position.offset;
    }
  }
  return lowestOf;
}

/** Says that the first generation of a ref is gone, and waits until the service has acknowledged it. */
async function erase(ref: string): Promise<void> {
  const at = new Date().toISOString();
  const standing: Standing = {
    ref,
    hiddenThrough: 1,
    erasedThrough: 1,
    erasedAt: at,
    suspended: [],
    request: 'r-test',
    at,
  };
  let acknowledged = -1n;
  const acks = await pipeline.kafka.follow({
    topic: 'rights.acks',
    reader: 'test',
    from: 'beginning',
    onMessage: ({ value }) => {
      const ack = standingAckSchema.parse(JSON.parse(value?.toString() ?? ''));
      if (ack.reader === `tag${pipeline.suffix}`) acknowledged = BigInt(ack.applied);
    },
  });
  try {
    const message = { key: ref, value: Buffer.from(JSON.stringify(standing)) };
    const [sent] = (await pipeline.producer.send([{ topic: 'rights.standing', messages: [message] }])).flat();
    const next = BigInt(sent?.offset ?? '-1') + 1n;
    await until(() => acknowledged >= next, { what: 'tag acknowledges the standing', timeoutMs: 20_000 });
  } finally {
    await acks.close();
  }
}

/** Finds the first message of `lineage.tagged`, sent from now on, that is the one wanted. */
async function followTagged(
  wanted: (tagged: Tagged) => boolean,
): Promise<{ found: Promise<{ message: Message; tagged: Tagged }> }> {
  const group = `keiro.test-tagged-${randomBytes(4).toString('hex')}`;
  await pipeline.admin.setCommitted(group, await pipeline.admin.endOffsets(['lineage.tagged']));
  let found: { message: Message; tagged: Tagged } | undefined;
  const running = await pipeline.kafka.consume({
    group,
    topics: ['lineage.tagged'],
    onBatch: async (messages) => {
      const decoded = await pipeline.registry.decodeAll(messages.map(({ value }) => value));
      for (const [position, message] of messages.entries()) {
        const one = decoded[position];
        if (one === undefined || one instanceof Error)
          throw new Error('a tagged message that does not decode');
        const tagged = taggedSchema.parse(one.value);
        if (wanted(tagged)) found = { message, tagged };
      }
    },
  });
  const find = async () => {
    try {
      await until(() => found !== undefined, { what: 'the tagged message', timeoutMs: 20_000 });
      if (found === undefined) throw new Error('found');
      return found;
    } finally {
      await running.close();
    }
  };
  return { found: find() };
}

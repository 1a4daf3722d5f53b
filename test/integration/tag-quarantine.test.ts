import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { QuarantineDocument } from '@keiro/schemas';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { createKeysClient, open, quarantineAssociated, type SealedMessage } from '@keiro/sdk';
import { env } from '../builders/environment.ts';
import type { ServiceProcess } from '../builders/service-process.ts';
import { createTagging, someEvent, type Tagging } from '../builders/tagging.ts';
import { encoded } from '../builders/wire.ts';

let tagging: Tagging;
let tag: ServiceProcess;

beforeAll(async () => {
  tagging = await createTagging('aside');
  tag = await tagging.pipeline.start('tag');
}, 120_000);
afterAll(() => tagging.pipeline.close());

describe('what is no event', () => {
  it('is set aside with its reason and sealed; what stands around it goes on', async () => {
    const canary = `canary-${randomUUID()}@stranger.example`;
    const good = [someEvent({ type: 'campaign' }), someEvent({ type: 'campaign' })];
    const [first, last] = await encoded(
      tagging.pipeline,
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
      await tagging.pipeline.producer.send([
        { topic: 'collection.campaign', messages: messages.slice(0, -1) },
      ])
    ).flat();
    await tagging.pipeline.producer.send([{ topic: 'collection.campaign', messages: [last] }]);
    await tagging.settled();

    const base = BigInt(sent?.offset ?? '0');
    const found = await tagging.quarantine
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
    expect(await tagging.records.countDocuments({ _id: { $in: good.map(({ record }) => record) } })).toBe(2);

    // Nobody reads it in the store, whichever way it is written …
    const text = JSON.stringify(await tagging.quarantine.find({}).toArray());
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
      await tagging.pipeline.producer.send([
        { topic: 'collection.inquiry', messages: [{ key, value: giant }] },
      ])
    ).flat();
    for (let from = 0; from < many.length; from += 500) {
      await tagging.pipeline.producer.send([
        { topic: 'collection.inquiry', messages: many.slice(from, from + 500) },
      ]);
    }
    await tagging.settled();
    const partition = sent?.partition ?? -1;
    const first = Number(sent?.offset ?? '-1');
    const found = await tagging.quarantine
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
    const [sent] = (await tagging.pipeline.producer.send([{ topic: 'quarantine', messages }])).flat();
    await tagging.settled();
    const base = BigInt(sent?.offset ?? '-1');
    const ids = [base, base + 1n].map((offset) => `tag|quarantine/0/${String(offset)}`);
    const found = await tagging.quarantine
      .find({ _id: { $in: ids } })
      .sort({ offset: 1 })
      .toArray();
    expect(found.map(({ reason }) => reason)).toEqual(['unreadable', 'malformed']);
    expect(JSON.stringify(found)).not.toContain(canary);
  });
});

/** What was set aside, opened with the key of its day. */
async function openQuarantined(one: QuarantineDocument): Promise<SealedMessage> {
  const key = await createKeysClient({
    url: env('KEIRO_KEYS_URL'),
    token: env('KEIRO_TOKEN_TAG'),
  }).quarantineKey(one.day);
  return JSON.parse(
    open(key, one.sealed ?? '', quarantineAssociated(one.by, one)).toString(),
  ) as SealedMessage;
}

import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until, type Message, type Positions } from '@keiro/runtime';
import { collectionTopics, taggedSchema, type RecordDocument, type Tagged } from '@keiro/schemas';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import type { ServiceProcess } from '../builders/service-process.ts';
import { createTagging, someEvent, type Tagging } from '../builders/tagging.ts';
import { produce } from '../builders/wire.ts';

let tagging: Tagging;
let tag: ServiceProcess;

beforeAll(async () => {
  tagging = await createTagging('tag');
  tag = await tagging.pipeline.start('tag');
}, 120_000);
afterAll(() => tagging.pipeline.close());

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
    await produce(tagging.pipeline, 'registration', [event]);
    await tagging.settled();

    const stored = await tagging.records.findOne({ _id: record });
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
    const pairs = (await tagging.links.find({ record }).toArray()).map(({ from, to }) => [from, to]);
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
    await produce(tagging.pipeline, 'profile', [event, event]);
    await tagging.settled();
    await produce(tagging.pipeline, 'profile', [event]);
    await tagging.settled();
    expect(await tagging.records.countDocuments({ ref })).toBe(1);
    expect(await tagging.reasonsOf({ record })).toEqual([]);
  });

  it('under an id that is there with other content is set aside, in the same batch or later', async () => {
    const refs = [lifeOf('member', randomUUID())];
    const spec = { type: 'inquiry' as const, id: randomUUID(), refs };
    const { event, record, ref } = someEvent(spec);
    const other = someEvent({ ...spec, content: 'other' }).event;
    await produce(tagging.pipeline, 'inquiry', [event, other]);
    await tagging.settled();
    await produce(tagging.pipeline, 'inquiry', [other]);
    await tagging.settled();
    expect(await tagging.records.findOne({ _id: record })).toMatchObject({ ref, digest: event.value.digest });
    expect(await tagging.reasonsOf({ record })).toEqual(['conflicting-content', 'conflicting-content']);
  });

  it('under a policy nobody knows can not be tagged', async () => {
    const { event, record } = someEvent({ type: 'access', policyversion: '1999-01-01' });
    await produce(tagging.pipeline, 'access', [event]);
    await tagging.settled();
    expect(await tagging.reasonsOf({ record })).toEqual(['untaggable']);
    expect(await tagging.records.countDocuments({ _id: record })).toBe(0);
  });

  it('of a user whom a customer controls keeps to that customer', async () => {
    const { event, record } = someEvent({ type: 'profile', scope: { kind: 'entrusted', tenant: 'kaede' } });
    await produce(tagging.pipeline, 'profile', [event]);
    await tagging.settled();
    const stored = await tagging.records.findOne({ _id: record });
    expect(stored?.scope).toEqual({ kind: 'entrusted', tenant: 'kaede' });
    expect(new Set(stored?.groups.flatMap(({ purposes }) => purposes))).toEqual(new Set(['entrusted:kaede']));
  });
});

describe('reading everything again', () => {
  it('from the start of this test changes nothing', async () => {
    await tagging.settled();
    const count = async () => [
      await tagging.records.countDocuments(),
      await tagging.links.countDocuments(),
      await tagging.quarantine.countDocuments(),
    ];
    const before = await count();
    await tag.end();
    const ends = await tagging.pipeline.admin.endOffsets(collectionTopics);
    const oldest = await tagging.records.find({}, { projection: { position: 1 } }).toArray();
    await tagging.pipeline.startAt('keiro.tag', lowest(ends, oldest));
    tag = await tagging.pipeline.start('tag');
    await tagging.settled();
    expect(await count()).toEqual(before);
  }, 120_000);
});

/** The lowest position of any record per partition; the end where there is none. */
function lowest(ends: Positions, list: readonly Pick<RecordDocument, 'position'>[]) {
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

/** Finds the first message of `lineage.tagged`, sent from now on, that is the one wanted. */
async function followTagged(
  wanted: (tagged: Tagged) => boolean,
): Promise<{ found: Promise<{ message: Message; tagged: Tagged }> }> {
  const group = `keiro.test-tagged-${randomBytes(4).toString('hex')}`;
  await tagging.pipeline.admin.setCommitted(
    group,
    await tagging.pipeline.admin.endOffsets(['lineage.tagged']),
  );
  let found: { message: Message; tagged: Tagged } | undefined;
  const running = await tagging.pipeline.kafka.consume({
    group,
    topics: ['lineage.tagged'],
    onBatch: async (messages) => {
      const decoded = await tagging.pipeline.registry.decodeAll(messages.map(({ value }) => value));
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

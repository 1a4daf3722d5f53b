import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@keiro/runtime';
import { standingAckSchema, type Standing } from '@keiro/schemas';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { createTagging, someEvent, type Tagging } from '../builders/tagging.ts';
import { produce } from '../builders/wire.ts';

let tagging: Tagging;

beforeAll(async () => {
  tagging = await createTagging('erased');
  await tagging.pipeline.start('tag');
}, 120_000);
afterAll(() => tagging.pipeline.close());

describe('an event of an erased person', () => {
  it('is set aside; one that was recorded before is a replay; the next generation is a person again', async () => {
    const name = randomUUID();
    const before = someEvent({ type: 'cookie', refs: [lifeOf('cookie', name)] });
    await produce(tagging.pipeline, 'cookie', [before.event]);
    await tagging.settled();

    await erase(before.ref);
    const late = someEvent({ type: 'cookie', refs: [lifeOf('cookie', name)] });
    const sealedSo = someEvent({ type: 'cookie', sealedUnder: 'quarantine' });
    const anew = someEvent({ type: 'cookie', refs: [lifeOf('cookie', name, 2)] });
    await produce(tagging.pipeline, 'cookie', [
      late.event,
      late.event,
      before.event,
      sealedSo.event,
      anew.event,
    ]);
    await tagging.settled();
    await produce(tagging.pipeline, 'cookie', [late.event]);
    await tagging.settled();

    expect(await tagging.reasonsOf({ ref: before.ref })).toEqual(['erased']);
    expect(await tagging.reasonsOf({ record: late.record })).toEqual(['erased']);
    expect(await tagging.reasonsOf({ record: sealedSo.record })).toEqual(['erased']);
    const recorded = await tagging.records
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
    await produce(tagging.pipeline, 'profile', [event]);
    await tagging.settled();
    const linked = (await tagging.links.find({ record }).toArray()).flatMap(({ from, to }) => [from, to]);
    expect(new Set(linked)).toEqual(new Set([member.ref, email.ref]));
  });
});

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
  const acks = await tagging.pipeline.kafka.follow({
    topic: 'rights.acks',
    reader: 'test',
    from: 'beginning',
    onMessage: ({ value }) => {
      // Other tests plant messages there that are no acknowledgements.
      const ack = standingAckSchema.safeParse(JSON.parse(value?.toString() ?? ''));
      if (ack.data?.reader === `tag${tagging.pipeline.suffix}`) acknowledged = BigInt(ack.data.applied);
    },
  });
  try {
    const message = { key: ref, value: Buffer.from(JSON.stringify(standing)) };
    const [sent] = (
      await tagging.pipeline.producer.send([{ topic: 'rights.standing', messages: [message] }])
    ).flat();
    const next = BigInt(sent?.offset ?? '-1') + 1n;
    await until(() => acknowledged >= next, { what: 'tag acknowledges the standing', timeoutMs: 20_000 });
  } finally {
    await acks.close();
  }
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@keiro/runtime';
import {
  collectionTopics,
  eventTypes,
  recordId,
  type EventType,
  type LinkDocument,
  type RecordDocument,
} from '@keiro/schemas';
import { lifeOf, type WireEvent } from '@keiro/scripts/bench/wire-events';
import { createPipeline, soonGone, type Pipeline } from '../builders/pipeline.ts';
import { produce, sealedEvent } from '../builders/wire.ts';

const count = 20_000;
const people = 2000;

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await createPipeline('kill', [
    { group: 'keiro.tag', topics: collectionTopics },
    { group: 'keiro.quarantine', topics: ['quarantine'] },
  ]);
}, 120_000);
afterAll(() => pipeline.close());

const records = () => pipeline.mongo.db.collection<RecordDocument>('records');

/** Events of all types, of people who come again and again. */
function eventsOf(type: EventType, share: number): { events: WireEvent[]; ids: string[] } {
  const specs = Array.from({ length: share }, (_, number) => {
    const person = `${pipeline.suffix}-${String(number % people)}`;
    return {
      type,
      id: `${type}-${String(number)}`,
      refs: [lifeOf('member', person), lifeOf('email', person)],
    };
  });
  return {
    events: specs.map(sealedEvent),
    ids: specs.map(({ id, refs: [primary] }) => recordId(primary ?? lifeOf('member', ''), 'bench', id)),
  };
}

async function killedAfter(recorded: number): Promise<number> {
  const tag = await pipeline.start('tag', soonGone);
  await until(async () => (await records().countDocuments({})) >= recorded, {
    what: `${String(recorded)} records`,
    timeoutMs: 120_000,
    everyMs: 20,
  });
  await tag.end('SIGKILL');
  return records().countDocuments({});
}

describe('kill -9 of tag in the middle of 20,000 events', () => {
  it('loses nothing and records nothing twice', async () => {
    const shares = eventTypes.map((type, position) =>
      eventsOf(type, Math.floor((count + position) / eventTypes.length)),
    );
    for (const [position, type] of eventTypes.entries())
      await produce(pipeline, type, shares[position]?.events ?? []);
    const ids = new Set(shares.flatMap((share) => share.ids));
    expect(ids.size).toBe(count);

    for (const share of [0.1, 0.4, 0.7]) {
      const recorded = await killedAfter(count * share);
      // Otherwise it was not in the middle.
      expect(recorded).toBeLessThan(count);
    }
    const tag = await pipeline.start('tag', soonGone);
    await pipeline.passed('keiro.tag', collectionTopics, 180_000);
    await pipeline.passed('keiro.quarantine', ['quarantine']);

    const found = await records()
      .find({}, { projection: { _id: 1 } })
      .toArray();
    expect(found).toHaveLength(count);
    expect(new Set(found.map(({ _id }) => _id))).toEqual(ids);
    expect(await pipeline.mongo.db.collection('quarantine').countDocuments({})).toBe(0);
    expect(await pipeline.mongo.db.collection<LinkDocument>('links').countDocuments({})).toBe(2 * people);
    await tag.end();
  }, 600_000);
});

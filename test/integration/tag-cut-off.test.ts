import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMetrics, UnavailableError, type Message } from '@keiro/runtime';
import { shippedPolicies, wireSubject, type LinkDocument, type RecordDocument } from '@keiro/schemas';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { createHandler } from '@keiro/tag/handle';
import { createTagMetrics } from '@keiro/tag/metrics';
import { openTagStore } from '@keiro/tag/store';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import { sealedEvent } from '../builders/wire.ts';

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await createPipeline('cut', []);
}, 120_000);
afterAll(() => pipeline.close());

/** Events as they would be read from one partition. */
async function batchOf(count: number): Promise<Message[]> {
  const encode = await pipeline.registry.encoder(wireSubject('registration'));
  return Array.from({ length: count }, (_, offset) => {
    const refs = [lifeOf('member', randomUUID()), lifeOf('email', randomUUID())];
    const { topic, key, headers, value } = sealedEvent({ type: 'registration', id: randomUUID(), refs });
    return { topic, partition: 0, offset: String(offset), timestamp: 0, key, headers, value: encode(value) };
  });
}

/** The handler of one process that is cut off after `steps` of its outward steps, as a kill would. */
function handlerCutOffAfter(steps: number) {
  let left = steps;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (left === 0) throw new UnavailableError('cut off');
    left -= 1;
    return work();
  };
  const store = openTagStore(pipeline.mongo.db);
  const published: string[] = [];
  const handle = createHandler({
    registry: pipeline.registry,
    standing: { get: () => undefined, inFlight: (work) => work() },
    policies: shippedPolicies(),
    store: {
      ...store,
      insertRecords: (records) => step(() => store.insertRecords(records)),
      insertLinks: (links) => step(() => store.insertLinks(links)),
    },
    publish: (records) =>
      step(() => {
        published.push(...records.map(({ _id }) => _id));
        return Promise.resolve();
      }),
    quarantine: {
      add: (items) =>
        items.length === 0 ? Promise.resolve() : Promise.reject(new Error('nothing is to be set aside')),
    },
    metrics: createTagMetrics(createMetrics('test')),
    now: () => new Date('2026-04-02T00:00:00Z'),
  });
  return { handle, published };
}

describe('a batch that is cut off and delivered again', () => {
  it.each([
    { after: 'nothing', steps: 0 },
    { after: 'the records', steps: 1 },
    { after: 'records and links', steps: 2 },
    { after: 'everything but the commit', steps: 3 },
  ])('after $after: every record once, every link, every message published', async ({ steps }) => {
    const batch = await batchOf(20);
    const refs = batch.map(({ key }) => key ?? '');
    const cut = handlerCutOffAfter(steps);
    if (steps < 3) await expect(cut.handle(batch)).rejects.toThrow('cut off');
    else await cut.handle(batch);

    const again = handlerCutOffAfter(Number.POSITIVE_INFINITY);
    await again.handle(batch);

    const records = await pipeline.mongo.db
      .collection<RecordDocument>('records')
      .find({ ref: { $in: refs } })
      .toArray();
    const links = await pipeline.mongo.db
      .collection<LinkDocument>('links')
      .countDocuments({ from: { $in: refs } });
    expect(records).toHaveLength(20);
    expect(links).toBe(20);
    expect(again.published.toSorted()).toEqual(records.map(({ _id }) => _id).toSorted());
  });
});

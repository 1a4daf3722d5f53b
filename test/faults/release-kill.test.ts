import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  quarantineAddress,
  releasedSchema,
  type AuditDocument,
  type QuarantineDocument,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { env } from '../builders/environment.ts';
import { asideAs, heldSince } from '../builders/held.ts';
import { insertInto, mongoWay } from '../builders/mongo-way.ts';
import { soonGone } from '../builders/pipeline.ts';
import type { ServiceProcess } from '../builders/service-process.ts';
import { createTagging, someEvent, type Tagging } from '../builders/tagging.ts';
import { encoded } from '../builders/wire.ts';

let tagging: Tagging;
let way: Awaited<ReturnType<typeof mongoWay>>;
let tag: ServiceProcess;

/** `tag` reaches MongoDB by a way that can be held at a moment. */
async function start(): Promise<void> {
  tag = await tagging.pipeline.start('tag', { ...soonGone, KEIRO_MONGO_URL: way.url });
}

beforeAll(async () => {
  tagging = await createTagging('release-kill');
  way = await mongoWay();
  await start();
}, 120_000);
afterAll(async () => {
  await tagging.pipeline.close();
  await way.cut();
});

/** An event that stands in quarantine although nothing is wrong with it any more. */
async function releasable(): Promise<{ entry: QuarantineDocument; record: string }> {
  const { event, record } = someEvent({ type: 'campaign' });
  const [message] = await encoded(tagging.pipeline, 'campaign', [event]);
  if (message === undefined) throw new Error('a message');
  const keys = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_TAG') });
  const { key, headers = {}, value } = message;
  const aside = asideAs('untaggable', { topic: 'collection.campaign', key, headers, value });
  const [entry] = await heldSince(keys, new Date(), [aside]);
  if (entry === undefined) throw new Error('an entry');
  await tagging.quarantine.insertOne(entry);
  return { entry, record };
}

const decide = async (verb: 'release' | 'discard', id: string, body: object) => {
  const response = await fetch(`${tag.url}/v1/quarantine/${quarantineAddress(id)}/${verb}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${env('KEIRO_TOKEN_OPERATOR')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: await response.json() };
};

describe('kill -9 of tag in the middle of a release', () => {
  it.each([
    {
      when: 'when it has begun',
      before: insertInto('records'),
      left: { recorded: 0, releasing: true, settled: false },
      refusal: 'a release of this entry has begun',
    },
    {
      when: 'when the record is there',
      before: Buffer.from('quarantine.released'),
      left: { recorded: 1, releasing: true, settled: false },
      refusal: 'a release of this entry has begun',
    },
    {
      when: 'when the entry is settled, and the audit does not know',
      before: insertInto('audit'),
      left: { recorded: 1, releasing: false, settled: true },
      refusal: 'it was released',
    },
  ])(
    '$when: it cannot be discarded, and released again it is a record once, audited once',
    async (moment) => {
      const { entry, record } = await releasable();
      const id = entry._id;
      const recorded = () => tagging.records.countDocuments({ _id: record });
      const audited = () =>
        tagging.pipeline.mongo.db.collection<AuditDocument>('audit').find({ about: id }).toArray();

      const reached = way.holdAt(moment.before);
      const lost = decide('release', id, {}).catch(() => 'no answer');
      await reached;
      await tag.end('SIGKILL');
      expect(await lost).toBe('no answer');
      const cut = await tagging.quarantine.findOne({ _id: id });
      expect({
        recorded: await recorded(),
        releasing: cut?.releasing !== undefined,
        settled: cut?.settled !== undefined,
      }).toEqual(moment.left);
      expect(await audited()).toEqual([]);

      await way.cut();
      await way.mend();
      await start();
      const refused = await decide('discard', id, { reason: 'test-data' });
      expect([refused.status, refused.answer]).toEqual([
        409,
        expect.objectContaining({ title: expect.stringContaining(moment.refusal) }),
      ]);
      for (let times = 0; times < 2; times += 1) {
        const { answer } = await decide('release', id, {});
        expect(releasedSchema.parse(answer)).toMatchObject({
          outcome: 'record',
          entry: { state: 'released' },
        });
      }
      expect(await recorded()).toBe(1);
      expect((await audited()).map(({ action, by, detail }) => [action, by, detail])).toEqual([
        ['quarantine.released', 'operator', { reason: 'untaggable', became: 'record' }],
      ]);
      const whole = await tagging.quarantine.findOne({ _id: id });
      for (const gone of ['sealed', 'releasing']) expect(whole).not.toHaveProperty(gone);
      expect(whole?.audit ?? []).toEqual([]);
    },
    60_000,
  );
});

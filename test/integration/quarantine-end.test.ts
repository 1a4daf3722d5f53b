import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKeysClient, type KeysClient } from '@keiro/sdk';
import { fileProvider } from '@keiro/keys/file-provider';
import { openKeks } from '@keiro/keys/keks';
import { createQuarantineKeys } from '@keiro/keys/quarantine-keys';
import { connectMongo, createLog, createMetrics, loadPolicies, until } from '@keiro/runtime';
import {
  addPeriod,
  quarantineAddress,
  quarantineAnswerSchema,
  quarantineEntrySchema,
  type AuditDocument,
  type QuarantineDocument,
  type QuarantineReason,
} from '@keiro/schemas';
import { expiryRound } from '@keiro/tag/expiry';
import { openExpiryStore } from '@keiro/tag/expiry-store';
import { createTagMetrics } from '@keiro/tag/metrics';
import { env } from '../builders/environment.ts';
import { asideAs, heldSince } from '../builders/held.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';
import { createTagging, type Tagging } from '../builders/tagging.ts';

/* What nobody decides about ends all the same (APPI 22), and with the last of a day the key of that day. */

const dayMs = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs);
const dayOf = (at: Date) => at.toISOString().slice(0, 10);
const canary = `canary-${randomUUID()}@stranger.example`;

let tagging: Tagging;
let keys: ServiceProcess;
let tag: ServiceProcess;
let query: ServiceProcess;
const keysDatabase = `test_keys_${randomBytes(4).toString('hex')}`;
const as = (client: string): KeysClient =>
  createKeysClient({ url: keys.url, token: env(`KEIRO_TOKEN_${client}`) });

/** Puts entries into the store that were set aside that many days ago; their ids. */
async function held(
  days: number,
  reasons: readonly QuarantineReason[],
  more: Partial<QuarantineDocument> = {},
): Promise<string[]> {
  const message = { topic: 'collection.inquiry', key: 'x', headers: {}, value: Buffer.from(canary) };
  const items = reasons.map((reason) => asideAs(reason, message));
  const documents = await heldSince(as('TAG'), daysAgo(days), items);
  await tagging.quarantine.insertMany(documents.map((one) => ({ ...one, ...more })));
  return documents.map(({ _id }) => _id);
}

const call = async (service: ServiceProcess, path: string, body?: object) => {
  const response = await fetch(`${service.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${env('KEIRO_TOKEN_OPERATOR')}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: await response.json() };
};
const entryAt = (id: string) => tagging.quarantine.findOne({ _id: id });
const audit = () => tagging.pipeline.mongo.db.collection<AuditDocument>('audit');
const stateOf = async (id: string) => (await entryAt(id))?.settled?.state ?? 'held';

let old: string[];
let begun: string;
let cutOff: string;
let erased: string;
let waiting: string;

beforeAll(async () => {
  tagging = await createTagging('end');
  keys = await startService('keys', { KEIRO_KEYS_DATABASE: keysDatabase, KEIRO_STANDING_CHECK: 'off' });
  const at = daysAgo(100);
  // More than are settled at once.
  old = await held(
    121,
    Array.from({ length: 130 }, () => 'untaggable' as const),
  );
  [begun = ''] = await held(120, ['untaggable'], { releasing: 'an-attempt' });
  [cutOff = ''] = await held(110, ['malformed'], {
    settled: { state: 'discarded', reason: 'test-data', at, by: 'operator' },
    audit: [{ _id: 'a-decision', at, by: 'operator', action: 'quarantine.discarded', detail: {} }],
  });
  [erased = ''] = await held(40, ['erased']);
  [waiting = ''] = await held(40, ['untaggable']);
  tag = await tagging.pipeline.start('tag', { KEIRO_KEYS_URL: keys.url });
  query = await tagging.pipeline.start('query', { KEIRO_KEYS_URL: keys.url });
}, 120_000);
afterAll(async () => {
  await tagging.pipeline.close();
  await keys.end();
});

describe('what has been in quarantine too long', () => {
  it('expires, with its content gone and one audit entry; what still may stay, or is being released, is left', async () => {
    await until(
      async () => (await tagging.quarantine.countDocuments({ 'settled.state': 'expired' })) === 131,
      {
        what: 'all that has ended is settled',
        timeoutMs: 30_000,
      },
    );
    const expired = await tagging.quarantine.find({ 'settled.state': 'expired' }).toArray();
    expect(new Set(expired.map(({ _id }) => _id))).toEqual(new Set([...old, erased]));
    for (const entry of expired) {
      expect(entry).not.toHaveProperty('sealed');
      expect(entry).toMatchObject({ settled: { by: 'tag' }, reason: expect.any(String) });
    }
    expect(await stateOf(begun)).toBe('held');
    expect(await stateOf(waiting)).toBe('held');
    const inAudit = async () => audit().countDocuments({ action: 'quarantine.expired' });
    await until(async () => (await inAudit()) === 131, { what: 'their audit entries', timeoutMs: 10_000 });
    const entries = await audit().find({ action: 'quarantine.expired' }).toArray();
    expect(new Set(entries.map(({ _id }) => _id))).toEqual(
      new Set(expired.map(({ _id }) => `${_id}/expired`)),
    );
    expect(JSON.stringify(entries)).not.toContain(canary);
  });

  it('takes the key of its day with it, unless something of that day is still held', async () => {
    await until(
      () =>
        as('TAG')
          .quarantineKey(dayOf(daysAgo(121)))
          .then(
            () => false,
            () => true,
          ),
      {
        what: 'the key of the day is gone',
        timeoutMs: 10_000,
      },
    );
    await expect(as('TAG').quarantineKey(dayOf(daysAgo(121)))).rejects.toThrow('410');
    await expect(as('CRM').quarantineKey(dayOf(daysAgo(121)))).rejects.toThrow('was destroyed');
    expect(await as('TAG').quarantineDays(dayOf(new Date()))).toEqual(
      [120, 40, 0].map((days) => dayOf(daysAgo(days))),
    );
    expect(await audit().countDocuments({ action: 'quarantine.key-destroyed' })).toBe(2);
    expect(await as('TAG').destroyQuarantineKeys([dayOf(daysAgo(121))])).toBe(0);
  });

  it('leaves its key to `tag` alone, and not before its time', async () => {
    const day = dayOf(daysAgo(40));
    await expect(as('CRM').destroyQuarantineKeys([day])).rejects.toThrow('lacks the right');
    await expect(as('TAG').destroyQuarantineKeys([day])).rejects.toThrow('not all of these days have ended');
    expect(await as('TAG').quarantineKey(day)).toHaveLength(32);
  });

  it('brings home what a decision that was cut off had left to the audit', async () => {
    expect(await audit().findOne({ _id: 'a-decision' })).toMatchObject({ by: 'operator' });
    expect(await tagging.quarantine.countDocuments({ 'audit._id': { $exists: true } })).toBe(0);
    expect(await stateOf(cutOff)).toBe('discarded');
  });

  it('is neither released nor discarded any more; each entry shows its end', async () => {
    const path = `/v1/quarantine/${quarantineAddress(erased)}`;
    const { answer } = await call(tag, path);
    expect(quarantineEntrySchema.parse(answer)).toMatchObject({ state: 'expired', settled: { by: 'tag' } });
    for (const [verb, body] of [
      ['release', {}],
      ['discard', { reason: 'test-data' }],
    ] as const) {
      const refused = await call(tag, `${path}/${verb}`, body);
      expect([refused.status, refused.answer]).toEqual([
        409,
        expect.objectContaining({ title: expect.stringContaining('it was expired') }),
      ]);
    }
    const list = quarantineAnswerSchema.parse((await call(query, '/v1/quarantine')).answer);
    // Overdue: the one of which a release has begun.
    expect(list).toMatchObject({ total: 2, endingSoon: 1, settled: { expired: 131, discarded: 1 } });
    const [newest] = list.items;
    const entry = quarantineEntrySchema.parse(
      (await call(tag, `/v1/quarantine/${quarantineAddress(waiting)}`)).answer,
    );
    expect(entry.endsAt).toBe(addPeriod(new Date(entry.at), 'P90D').toISOString());
    expect(newest).toMatchObject({ id: entry.id, endsAt: entry.endsAt });
  });

  it('is counted', async () => {
    const metrics = await (await fetch(`${tag.url}/metrics`)).text();
    expect(metrics).toMatch(/keiro_quarantine_expired_total\{[^}]*\} 131\n/);
    expect(metrics).toMatch(/keiro_quarantine_held\{[^}]*age="older"[^}]*\} 1\n/);
    expect(metrics).toMatch(/keiro_quarantine_held\{[^}]*age="90d"[^}]*\} 1\n/);
  });
});

describe('sixty days later', () => {
  it('the rest has ended too, and so have the keys', async () => {
    const { mongo } = tagging.pipeline;
    const keysMongo = await connectMongo({
      url: env('KEIRO_KEYS_MONGO_URL'),
      database: keysDatabase,
      log: createLog('test-keys', 'warn'),
    });
    const now = () => daysAgo(-60);
    const dayKeys = createQuarantineKeys({
      db: keysMongo.db,
      keks: await openKeks(fileProvider(env('KEIRO_KEY_FILE'), randomBytes), now),
      random: randomBytes,
      now,
    });
    const round = () =>
      expiryRound({
        store: openExpiryStore(mongo.db),
        keys: {
          quarantineDays: (through) => dayKeys.days(through),
          destroyQuarantineKeys: (days) => dayKeys.destroy(days),
        },
        policies: loadPolicies(env('KEIRO_POLICY_FILE')),
        metrics: createTagMetrics(createMetrics('tag')),
        now,
        pause: () => Promise.resolve(),
      });
    expect(await round()).toEqual({ expired: 1, days: [dayOf(daysAgo(40))] });
    expect([await stateOf(waiting), await stateOf(begun)]).toEqual(['expired', 'held']);
    expect(await dayKeys.days(dayOf(now()))).toEqual([120, 0].map((days) => dayOf(daysAgo(days))));
    expect(await round()).toEqual({ expired: 0, days: [] });
    expect(await audit().countDocuments({ _id: `${waiting}/expired` })).toBe(1);
    await keysMongo.db.dropDatabase();
    await keysMongo.close();
  });
});

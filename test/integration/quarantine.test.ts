import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { reached, type Positions } from '@keiro/runtime';
import {
  bulkReleasedSchema,
  collectionTopics,
  quarantineAddress,
  quarantineAnswerSchema,
  quarantineEntrySchema,
  releasedSchema,
  totalsAnswerSchema,
  type AuditDocument,
} from '@keiro/schemas';
import { env } from '../builders/environment.ts';
import { demoPolicyText, edited } from '../builders/policy-file.ts';
import type { ServiceProcess } from '../builders/service-process.ts';
import { createTagging, someEvent, type Tagging } from '../builders/tagging.ts';
import { produce } from '../builders/wire.ts';

/** A version that the policy gets only later. */
const version = '2018-04-01';
const canary = `canary-${randomUUID()}@stranger.example`;

let tagging: Tagging;
let tag: ServiceProcess;
let query: ServiceProcess;
let folder: string;
let starts: Positions;
let sent = 0;

const untaggable = Array.from({ length: 4 }, () => someEvent({ type: 'campaign', policyversion: version }));
const good = someEvent({ type: 'campaign', content: 'one' });
const other = someEvent({
  type: 'campaign',
  id: good.event.headers['ce_id'] ?? '',
  refs: good.event.value.refs,
  content: 'other',
});
const late = someEvent({ type: 'campaign', sealedUnder: 'quarantine' });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keiro-policy-'));
  tagging = await createTagging('release');
  const { pipeline } = tagging;
  starts = await pipeline.admin.endOffsets([...collectionTopics, 'quarantine']);
  [tag, query] = await Promise.all([pipeline.start('tag'), pipeline.start('query')]);
  const events = [...untaggable, good, other, late].map(({ event }) => event);
  await produce(pipeline, 'campaign', events);
  await pipeline.producer.send([
    { topic: 'collection.inquiry', messages: [{ key: 'x', value: Buffer.from(canary) }] },
  ]);
  sent = events.length + 1;
  await tagging.settled();
}, 120_000);
afterAll(async () => {
  await tagging.pipeline.close();
  rmSync(folder, { recursive: true });
});

const call = async (path: string, body?: object, token = 'OPERATOR', service = tag) => {
  const response = await fetch(`${service.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${env(`KEIRO_TOKEN_${token}`)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: await response.json() };
};

/** Address of the only entry with this reason, or about this record. */
async function entryFor(filter: { reason: string } | { record: string }): Promise<string> {
  const found = await tagging.quarantine.find(filter as object).toArray();
  expect(found).toHaveLength(1);
  return quarantineAddress(found[0]?._id ?? '');
}
const release = async (id: string) =>
  releasedSchema.parse((await call(`/v1/quarantine/${id}/release`, {})).answer);
const totals = async () =>
  totalsAnswerSchema.parse((await call('/v1/totals', undefined, 'COMPLIANCE', query)).answer);
const audited = (id: string) =>
  tagging.pipeline.mongo.db
    .collection<AuditDocument>('audit')
    .find({ about: id.replace('~', '|').replaceAll('~', '/') })
    .toArray();

async function expectBalance(recorded: number): Promise<void> {
  const { records, quarantined } = await totals();
  expect({ recorded: records.total, sum: records.total + (quarantined.byWhom['tag'] ?? 0) }).toEqual({
    recorded,
    sum: sent,
  });
}

describe('what is in quarantine', () => {
  it('is shown with why, since when and what can be done, and never opened', async () => {
    const id = await entryFor({ reason: 'unreadable' });
    const { status, answer } = await call(`/v1/quarantine/${id}`, undefined, 'COMPLIANCE');
    expect(status).toBe(200);
    const entry = quarantineEntrySchema.parse(answer);
    expect(entry).toMatchObject({ id, state: 'held', by: 'tag', topic: 'collection.inquiry' });
    expect(entry.why.ja).not.toBe('');
    expect(JSON.stringify(entry)).not.toContain(canary);
    expect((await call('/v1/quarantine/tag~nothing~0~1')).status).toBe(404);
    expect((await call('/v1/quarantine/nonsense')).status).toBe(404);
    await expectBalance(1);
  });

  it('is released or discarded by operators alone', async () => {
    const id = await entryFor({ reason: 'unreadable' });
    expect((await call(`/v1/quarantine/${id}/release`, {}, 'COMPLIANCE')).status).toBe(403);
    expect((await call(`/v1/quarantine/${id}/discard`, { reason: 'test-data' }, 'COMPLIANCE')).status).toBe(
      403,
    );
    expect((await call(`/v1/quarantine/${id}`, undefined, 'CRM')).status).toBe(403);
  });

  it.each([
    ['unreadable', { reason: 'unreadable' }],
    ['conflicting-content', { record: other.record }],
    ['erased', { record: late.record }],
    ['untaggable', { record: untaggable[0]?.record ?? '' }],
  ])('stays where nothing has changed: %s', async (reason, filter) => {
    const id = await entryFor(filter);
    expect(await release(id)).toMatchObject({ outcome: 'held', entry: { state: 'held', reason } });
    expect((await audited(id)).map(({ action, by, detail }) => [action, by, detail])).toEqual([
      ['quarantine.kept', 'operator', { before: reason, now: reason }],
    ]);
    await expectBalance(1);
  });

  it('is not for tag to release where a holder set it aside; it says whose it is', async () => {
    const _id = 'crm|collection.registration/0/7';
    await tagging.quarantine.insertOne({
      _id,
      by: 'crm',
      reason: 'does-not-open',
      detail: 'a sealed group does not open under its own key',
      topic: 'collection.registration',
      partition: 0,
      offset: '7',
      sealed: 'c2VhbGVk',
      day: '2026-04-01',
      at: new Date(),
    });
    const id = quarantineAddress(_id);
    const { status, answer } = await call(`/v1/quarantine/${id}/release`, {});
    expect(status).toBe(409);
    expect(answer).toMatchObject({ title: expect.stringContaining('crm set this aside') });
    const bulk = await call('/v1/quarantine/release', { reason: 'does-not-open' });
    expect(bulkReleasedSchema.parse(bulk.answer)).toMatchObject({ outcomes: { record: 0 }, others: 1 });
    expect((await call(`/v1/quarantine/${id}/discard`, { reason: 'sent-again' })).status).toBe(200);
  });
});

describe('once the policy has the version', () => {
  beforeAll(async () => {
    const file = join(folder, 'policy.yaml');
    const known = { version, established: '2015-09-07', announced: '2018-03-01', effective: version };
    const before = demoPolicyText
      .replaceAll('rulesOf: 2017-02-02', `rulesOf: ${version}`)
      .replace('text: known', 'text: unknown');
    writeFileSync(file, edited(before, ['versions', 3], { ...known, text: 'known', rulesOf: version }));
    await tag.end();
    tag = await tagging.pipeline.start('tag', { KEIRO_POLICY_FILE: file });
  }, 120_000);

  it('an event becomes a record once, however many release it at once', async () => {
    const record = untaggable[0]?.record ?? '';
    const id = await entryFor({ record });
    const answers = await Promise.all([release(id), release(id), release(id)]);
    expect(answers.map(({ outcome }) => outcome)).toEqual(['record', 'record', 'record']);
    expect(await release(id)).toMatchObject({ outcome: 'record', entry: { state: 'released' } });
    expect(await tagging.records.countDocuments({ _id: record })).toBe(1);
    const [entry] = await tagging.quarantine.find({ record }).toArray();
    expect(entry).not.toHaveProperty('sealed');
    expect(entry).not.toHaveProperty('releasing');
    const released = (await audited(id)).filter(({ action }) => action === 'quarantine.released');
    expect(released).toHaveLength(1);
    expect(released[0]).toMatchObject({ by: 'operator', detail: { became: 'record', reason: 'untaggable' } });
    expect((await call(`/v1/quarantine/${id}/discard`, { reason: 'test-data' })).status).toBe(409);
    await expectBalance(2);
  });

  it('those of one reason are released part by part', async () => {
    const first = await call('/v1/quarantine/release', { reason: 'untaggable', limit: 2 });
    const part = bulkReleasedSchema.parse(first.answer);
    expect(part.outcomes).toEqual({ record: 2, repetition: 0, held: 0 });
    const second = await call('/v1/quarantine/release', {
      reason: 'untaggable',
      limit: 2,
      after: part.next,
    });
    const rest = bulkReleasedSchema.parse(second.answer);
    expect(rest.outcomes).toEqual({ record: 1, repetition: 0, held: 0 });
    expect(rest.next).toBeUndefined();
    await expectBalance(5);
  });

  it('what nobody needs is discarded for a reason, and stays destroyed', async () => {
    const id = await entryFor({ reason: 'unreadable' });
    expect((await call(`/v1/quarantine/${id}/discard`, { reason: 'because' })).status).toBe(400);
    expect((await call(`/v1/quarantine/${id}/discard`, { reason: 'test-data', note: canary })).status).toBe(
      400,
    );
    for (const note of ['C-1', 'C-2']) {
      const { status, answer } = await call(`/v1/quarantine/${id}/discard`, {
        reason: 'unreadable-for-good',
        note,
      });
      expect(status).toBe(200);
      expect(quarantineEntrySchema.parse(answer)).toMatchObject({
        state: 'discarded',
        settled: { by: 'operator', reason: 'unreadable-for-good', note: 'C-1' },
      });
    }
    expect((await call(`/v1/quarantine/${id}/release`, {})).status).toBe(409);
    await expectBalance(5);

    // Everything is read from Kafka once more: nothing that was settled comes back.
    await tag.end();
    for (const [group, topics] of [
      ['keiro.tag', collectionTopics],
      ['keiro.quarantine', ['quarantine']],
    ] as const) {
      const from = Object.fromEntries(
        Object.entries(starts).filter(([topic]) => topics.includes(topic as never)),
      );
      await tagging.pipeline.startAt(group, from);
      expect(
        reached(from, await tagging.pipeline.admin.committed(`${group}${tagging.pipeline.suffix}`, topics)),
      ).toBe(true);
    }
    tag = await tagging.pipeline.start('tag', { KEIRO_POLICY_FILE: join(folder, 'policy.yaml') });
    await tagging.settled();
    const [entry] = await tagging.quarantine.find({ reason: 'unreadable' }).toArray();
    expect(entry?.settled).toMatchObject({ state: 'discarded', note: 'C-1' });
    expect(entry).not.toHaveProperty('sealed');
    await expectBalance(5);
    expect((await totals()).quarantined.byState).toEqual({ held: 2, discarded: 2 });
    const { answer } = await call('/v1/quarantine?state=discarded', undefined, 'COMPLIANCE', query);
    expect(quarantineAnswerSchema.parse(answer)).toMatchObject({
      total: 2,
      settled: { released: 4, discarded: 2 },
      byReason: { erased: 1, 'conflicting-content': 1 },
    });
  }, 120_000);
});

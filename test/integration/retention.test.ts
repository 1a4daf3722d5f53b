import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openOwnRecordsStore, ownRecordsRound } from '@keiro/request/retention/own-records';
import { callJson, toAuditDocument, until } from '@keiro/runtime';
import {
  collectionTopics,
  custodyTopics,
  factSubject,
  factTopic,
  recordId,
  retentionChangedSchema,
  holdPlacedSchema,
  holdViewSchema,
  retentionDryRunSchema,
  retentionForecastSchema,
  retentionRebuiltSchema,
  retentionStatusSchema,
  shippedPolicies,
  toFactWire,
  toHeaders,
  type AuditDocument,
  type CopyDocument,
  type DueDocument,
  type Life,
  type RecordDocument,
  type RequestDocument,
  type TaskDocument,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { MongoClient, type Collection } from 'mongodb';
import { createCompany, type Company, type TestPerson } from '../builders/company.ts';
import { env } from '../builders/environment.ts';
import { factOf } from '../builders/facts.ts';
import { provenTask, requestOf } from '../builders/lineage.ts';
import { keiro } from '../builders/program.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';
import { produce, sealedEvent } from '../builders/wire.ts';

let company: Company;
let services: ServiceProcess[] = [];
let url: string;
let records: Collection<RecordDocument>;
let copies: Collection<CopyDocument>;
let due: Collection<DueDocument>;

beforeAll(async () => {
  company = await createCompany('retention');
  const { db } = company.pipeline.mongo;
  records = db.collection('records');
  copies = db.collection('copies');
  due = db.collection('due');
  const names = ['tag', 'transfer', 'request', 'erase'] as const;
  // Long enough for what is on its way in a test.
  const more = { KEIRO_RETENTION_KEY_GRACE_SECONDS: '0.5' };
  services = await Promise.all(
    names.map((name) => startService(name, { ...company.variablesOf(name), ...more })),
  );
  url = services[2]?.url ?? '';
}, 200_000);
afterAll(async () => {
  await Promise.all(services.map((service) => service.end()));
  await company.close();
}, 60_000);

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const ask = { url: '', token: env('KEIRO_TOKEN_COMPLIANCE') };
const get = <S extends Parameters<typeof callJson>[2]>(path: string, schema: S) =>
  callJson({ ...ask, url }, { method: 'GET', path: `/v1/retention/${path}` }, schema);
const post = <S extends Parameters<typeof callJson>[2]>(path: string, schema: S) =>
  callJson({ ...ask, url }, { path: `/v1/retention/${path}`, body: {} }, schema);

/** Registered as a member so many days ago; answers the record. */
async function registered({ lives }: TestPerson, days: number): Promise<string> {
  const id = randomUUID();
  const time = daysAgo(days);
  await produce(company.pipeline, 'registration', [
    sealedEvent({ type: 'registration', id, refs: [lives[0]], source: 'demo-site', time }),
  ]);
  return recordId(lives[0], 'demo-site', id);
}

async function closedAccount(person: TestPerson, days: number): Promise<void> {
  const fact = factOf({ member: person.member }, 'account-closed', { time: daysAgo(days) });
  const encode = await company.pipeline.registry.encoder(factSubject);
  const { id, source, time, policyversion } = fact;
  const headers = toHeaders({ id, source, type: 'fact', time, policyversion });
  const value = encode(toFactWire(fact, [person.lives[0]], 'live'));
  await company.pipeline.producer.send([
    { topic: factTopic, messages: [{ key: person.lives[0].ref, headers, value }] },
  ]);
}

const settled = async () => {
  await company.pipeline.passed('keiro.tag', collectionTopics);
  await company.pipeline.passed('keiro.transfer', custodyTopics);
  await company.pipeline.passed('keiro.retention', ['lineage.tagged', factTopic]);
};
const row = (person: TestPerson, id: string) => ({ ...person, id, generation: 1 });

describe('retention', () => {
  it('takes what has ended from holders by its place, then from lineage, and leaves the rest', async () => {
    const [closed, member, sharer] = [
      await company.newPerson(),
      await company.newPerson(),
      await company.newPerson(),
    ];
    const own = [`row-${closed.member}`, `row-${member.member}`, `row-${sharer.member}`] as const;
    const { crm, recovery } = company.stores;
    await crm.put([
      row(closed, own[0]),
      row(closed, 'not-reported'),
      row(member, own[1]),
      row(sharer, own[2]),
    ]);
    await recovery.put([row(closed, own[0])]);
    const ended = await registered(closed, 60);
    const goesOn = await registered(member, 60);
    const [sharedA, sharedB] = [await registered(sharer, 60), await registered(sharer, 1)];
    await company.pipeline.passed('keiro.tag', collectionTopics);
    await company.reportCopy(closed.lives[0], ended, own[0]);
    await company.reportCopy(member.lives[0], goesOn, own[1]);
    await company.reportCopy(sharer.lives[0], sharedA, own[2]);
    await company.reportCopy(sharer.lives[0], sharedB, own[2]);
    await settled();
    // The account of the second was closed before the newer record came: that one goes on.
    await Promise.all([closedAccount(closed, 40), closedAccount(sharer, 40)]);
    await settled();

    await until(async () => (await records.countDocuments({ _id: ended })) === 0, {
      what: 'the record has ended',
      timeoutMs: 30_000,
    });
    await until(async () => (await due.countDocuments({ wait: 'shared-row' })) === 1, {
      what: 'the shared row waits',
      timeoutMs: 30_000,
    });
    const { db } = company.pipeline.mongo;
    const underWay = { type: 'retention', state: { $ne: 'done' } };
    await until(async () => (await db.collection('requests').countDocuments(underWay)) === 0, {
      what: 'every batch is done',
      timeoutMs: 30_000,
    });
    expect((await crm.ids()).sort()).toEqual([own[1], own[2], 'not-reported'].sort());
    // The part that mirrors crm; nothing was reported of the other.
    expect(await recovery.scan()).toEqual([]);
    const left = (await records.find().toArray()).map(({ _id }) => _id).sort();
    expect(left).toEqual([goesOn, sharedA, sharedB].sort());
    expect(await copies.countDocuments({ record: ended })).toBe(0);
    expect(await copies.countDocuments({ record: sharedA })).toBe(1);

    const done = await db
      .collection<RequestDocument>('requests')
      .find({ type: 'retention', state: 'done' })
      .toArray();
    expect(done.map(({ ground }) => ground)).toContain('law');
    const sum = (pick: (one: RequestDocument) => number) => done.reduce((n, one) => n + pick(one), 0);
    expect(sum(({ retention }) => retention?.records ?? 0)).toBe(2);
    expect(sum(({ retention }) => retention?.unreported['mailer'] ?? 0)).toBe(2);
    expect(sum(({ steps }) => Number(steps.at(-1)?.evidence['records']))).toBe(1);
    expect(sum(({ steps }) => Number(steps.at(-1)?.evidence['sharedRow']))).toBe(1);
    const tasks = await db
      .collection<TaskDocument>('tasks')
      .find({ request: { $in: done.map(({ _id }) => _id) } })
      .toArray();
    expect(tasks.every(({ receipt }) => receipt?.probe?.found === 0)).toBe(true);
    expect(tasks.some(({ records: named }) => named !== undefined)).toBe(false);
    expect(await db.collection('retentionBatches').countDocuments()).toBe(0);
    const entries = await db.collection('audit').find({ action: 'request.done' }).toArray();
    expect(JSON.stringify(entries)).toContain('"lives"');
  }, 120_000);

  it('says what is to come, what waits, and what it would do; and can be stopped', async () => {
    const status = await get('status', retentionStatusSchema);
    expect(status).toMatchObject({
      due: { records: 0, lagDays: 0 },
      waiting: [{ wait: 'shared-row', records: 1 }],
      failed: [],
    });
    await post('pause', retentionChangedSchema);
    const soon = await company.newPerson();
    const ends = await registered(soon, 60);
    await settled();
    await closedAccount(soon, 40);
    await settled();
    const desk = { url, token: env('KEIRO_TOKEN_OPERATOR') };
    const hold = await callJson(
      desk,
      { path: '/v1/holds', body: { case: 'CASE-3', records: [ends] } },
      holdPlacedSchema,
    );
    expect(await get('dry-run', retentionDryRunSchema)).toMatchObject({ goes: 0, stays: { hold: 1 } });
    await callJson(desk, { path: `/v1/holds/${hold.id}/release`, body: {} }, holdViewSchema);
    const plan = await get('dry-run', retentionDryRunSchema);
    expect(plan).toMatchObject({ goes: 1, byCategory: { C1: 1 }, unreported: { crm: 1, mailer: 1 } });
    const coming = await get('forecast?days=30', retentionForecastSchema);
    expect(coming.rows).toContainEqual(expect.objectContaining({ category: 'C1', ends: 1, holders: {} }));
    expect(coming.open).toContainEqual({ category: 'C1', start: 'account-closed', records: 4 });

    const cli = { env: { ...process.env, KEIRO_REQUEST_URL: url } };
    const printed = keiro(['retention', 'forecast', '--days', '30'], cli);
    expect(await printed.code).toBe(0);
    expect(printed.output()).toMatch(/C1/);
    const stopped = keiro(['retention', 'status'], cli);
    expect(await stopped.code).toBe(1);
    expect(stopped.output()).toMatch(/停止中 paused/);

    expect(await records.countDocuments({ _id: ends })).toBe(1);
    expect(await keiro(['retention', 'run'], cli).code).toBe(0);
    await until(async () => (await records.countDocuments({ _id: ends })) === 0, {
      what: 'it goes on',
      timeoutMs: 30_000,
    });
    expect((await company.pipeline.mongo.db.collection('due').deleteMany({})).deletedCount).toBeGreaterThan(
      0,
    );
    expect(await post('rebuild', retentionRebuiltSchema)).toEqual({ records: 3 });
    expect(await due.countDocuments()).toBeGreaterThan(0);
  }, 120_000);
});

describe('the key of a person of whom nothing is left', () => {
  it('goes after the last record, and a new event begins a new life', async () => {
    const [leaves, stays] = [await company.newPerson(), await company.newPerson()];
    const ended = await registered(leaves, 60);
    const [old, recent] = [await registered(stays, 60), await registered(stays, 1)];
    await settled();
    await Promise.all([closedAccount(leaves, 40), closedAccount(stays, 40)]);
    await settled();
    await until(async () => (await records.countDocuments({ _id: { $in: [ended, old] } })) === 0, {
      what: 'both have ended',
      timeoutMs: 30_000,
    });
    const keys = new MongoClient(env('KEIRO_KEYS_MONGO_URL'));
    const documents = keys.db('keiro_keys').collection<{ _id: string; wrapped: unknown }>('keys');
    const crm = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_CRM') });
    const stateOf = async (life: Life) => {
      const asked = { holder: 'crm', purpose: 'membership', groups: ['C1.identity'], lives: [life] };
      return (await crm.release(asked)).results[0]?.state;
    };
    try {
      const [life, other] = [leaves.lives[0], stays.lives[0]];
      await until(async () => (await documents.findOne({ _id: life.ref }))?.wrapped === null, {
        what: 'the key is gone',
        timeoutMs: 30_000,
      });
      // Neither backups nor Kafka's past open any more; what still has a record does.
      expect(await documents.findOne({ _id: life.ref })).toMatchObject({
        identifier: null,
        erasedThrough: 0,
      });
      expect(await stateOf(life)).toBe('refused');
      const lookup = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_REQUEST') });
      const known = await lookup.lookup({ refs: [life.ref, other.ref] });
      expect(known.results).toMatchObject([
        { ...life, erasedThrough: 1 },
        { ...other, erasedThrough: 0 },
      ]);
      expect(await stateOf(other)).toBe('released');
      expect(await records.countDocuments({ _id: recent })).toBe(1);
      const audit = company.pipeline.mongo.db.collection<AuditDocument>('audit');
      expect(await audit.countDocuments({ action: 'retention.keys-ended' })).toBeGreaterThan(0);
      expect((await get('status', retentionStatusSchema)).keys?.retired).toBeGreaterThan(0);

      const producer = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_DEMO') });
      const identifier = { kind: 'member' as const, value: leaves.member };
      // Whatever it is: nobody asked for an erasure.
      const asked = { groups: ['C3.behaviour'], type: 'cookie' as const, time: daysAgo(0) };
      const { results } = await producer.seal({
        source: 'demo-site',
        identifiers: [{ ...identifier, ...asked }],
      });
      expect(results).toMatchObject([{ ref: life.ref, generation: 2, state: 'live' }]);
      const next = { ref: life.ref, generation: 2 };
      const again = await company.send('registration', [next]);
      await settled();
      expect(again).toContain('#2/');
      expect(await records.countDocuments({ _id: again })).toBe(1);
      expect(await stateOf(next)).toBe('released');
      expect(await stateOf(life)).toBe('refused');
    } finally {
      await keys.close();
    }
  }, 90_000);
});

describe('records of our own work', () => {
  it('end by the rules of the policy: requests with their tasks, and details of audit entries but not their digests', async () => {
    const { db } = company.pipeline.mongo;
    const [requests, tasks, audit] = [
      db.collection<RequestDocument>('requests'),
      db.collection<TaskDocument>('tasks'),
      db.collection<AuditDocument>('audit'),
    ];
    const yearsAgo = (years: number) => new Date(Date.now() - years * 366 * 86_400_000);
    const done = (id: string, years: number, type: 'deletion' | 'retention' = 'deletion') =>
      requestOf(id, { type, state: 'done', doneAt: yearsAgo(years) });
    await requests.insertMany([
      done('old', 5),
      done('young', 4),
      done('old-sweep', 2, 'retention'),
      requestOf('open', { receivedAt: yearsAgo(9), state: 'waiting-for-operator' }),
    ]);
    await tasks.insertMany(
      ['old', 'young', 'old-sweep', 'open'].map((id) => provenTask(id, 'crm', yearsAgo(5))),
    );
    const entry = (id: string, years: number) =>
      toAuditDocument({ _id: id, at: yearsAgo(years), by: 'test', action: 'test', detail: { n: 1 } });
    await audit.insertMany([entry('old-entry', 4), entry('young-entry', 2)]);

    const pauses: number[] = [];
    const round = await ownRecordsRound(
      { store: openOwnRecordsStore(db), policies: shippedPolicies(), now: () => new Date() },
      () => Promise.resolve(void pauses.push(1)),
    );
    expect(round).toEqual({ requests: 1, sweeps: 1, auditDetails: 1 });
    const left = async (ids: string[]) =>
      (await requests.find({ _id: { $in: ids } }).toArray()).map(({ _id }) => _id).sort();
    expect(await left(['old', 'young', 'old-sweep', 'open'])).toEqual(['open', 'young']);
    expect(await tasks.countDocuments({ request: { $in: ['old', 'old-sweep'] } })).toBe(0);
    expect(await tasks.countDocuments({ request: { $in: ['young', 'open'] } })).toBe(2);
    const [old, young] = await Promise.all(
      ['old-entry', 'young-entry'].map((id) => audit.findOne({ _id: id })),
    );
    expect(old).not.toHaveProperty('detail');
    expect(old?.detailDigest).toBe(young?.detailDigest);
    expect(young?.detail).toEqual({ n: 1 });
    expect(await audit.countDocuments({ action: 'own-records.ended' })).toBe(1);
    await requests.deleteOne({ _id: 'open' });
  }, 30_000);
});

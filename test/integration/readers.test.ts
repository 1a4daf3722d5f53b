import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callJson, until, type Running } from '@keiro/runtime';
import {
  custodyTopics,
  readersAnswerSchema,
  readerViewSchema,
  type AuditDocument,
  type HolderDocument,
  type ReaderDocument,
  type ReaderView,
} from '@keiro/schemas';
import pg from 'pg';
import { newPerson, openEmitter, registrationOf } from '../builders/emitting.ts';
import { env } from '../builders/environment.ts';
import { holderOf } from '../builders/lineage.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import type { ServiceProcess } from '../builders/service-process.ts';
import { postgresqlStore } from '../builders/store-postgresql.ts';
import type { TestStore } from '../builders/test-store.ts';

/* Who reads without being on the register is found: a consumer of topics, a user of a database. */

let pipeline: Pipeline;
let query: ServiceProcess;
let transfer: ServiceProcess;
let store: TestStore;
let admin: pg.Pool;
const role = `stranger_${randomBytes(4).toString('hex')}`;
const group = `report-${randomUUID()}`;

const documents = (collection: 'readers' | 'databaseReaders') =>
  pipeline.mongo.db.collection<ReaderDocument>(collection);
const readersNow = (all = '') =>
  callJson(
    { url: query.url, token: env('KEIRO_TOKEN_COMPLIANCE') },
    { method: 'GET', path: `/v1/readers${all}` },
    readersAnswerSchema,
  );

async function reported(name: string, timeoutMs = 30_000): Promise<ReaderView> {
  let found: ReaderView | undefined;
  await until(
    async () => (found = (await readersNow()).readers.find((one) => one.name === name)) !== undefined,
    {
      what: `${name} is reported`,
      timeoutMs,
      everyMs: 200,
    },
  );
  if (found === undefined) throw new Error('until waits for it');
  return found;
}

beforeAll(async () => {
  pipeline = await createPipeline('readers', [{ group: 'keiro.transfer', topics: custodyTopics }]);
  store = await postgresqlStore();
  admin = new pg.Pool({ connectionString: env('DEMO_POSTGRES_URL'), max: 1 });
  if (store.config.kind !== 'postgresql') throw new Error('a PostgreSQL');
  const [table] = store.config.tables;
  const schema = table?.name.split('.')[0] ?? '';
  await admin.query(`create role ${role} login password '${randomBytes(12).toString('hex')}'`);
  await admin.query(`grant usage on schema ${schema} to ${role}`);
  await admin.query(`grant select (email) on ${schema}."Pay""ments" to ${role}`);
  await pipeline.mongo.db
    .collection<HolderDocument>('holders')
    .insertOne(holderOf('billing', { connector: store.config, readers: { databaseUsers: ['keiro'] } }));
  [query, transfer] = await Promise.all([
    pipeline.start('query'),
    // As it looks by itself: every ten seconds.
    pipeline.start('transfer'),
    pipeline.start('erase', { ...store.settings, KEIRO_DATABASE_READERS_EVERY_MS: '500' }),
  ]);
}, 120_000);

afterAll(async () => {
  await admin.query(`drop owned by ${role}`);
  await admin.query(`drop role ${role}`);
  await admin.end();
  await store.close();
  await pipeline.close();
});

describe('a consumer that nobody registered', () => {
  const read: Buffer[] = [];
  const person = newPerson();
  const name = `架空 ${randomUUID()}`;
  let consumer: Running;

  beforeAll(async () => {
    const topics = ['collection.registration'];
    await pipeline.admin.setCommitted(group, await pipeline.admin.endOffsets(topics));
    const emitter = await openEmitter();
    await emitter.emit(registrationOf(person, name));
    await emitter.close();
    consumer = await pipeline.kafka.consume({
      group,
      topics,
      onBatch: (messages) => {
        for (const { key, value, headers } of messages)
          read.push(Buffer.from(`${key ?? ''}\n${JSON.stringify(headers)}\n`), value ?? Buffer.alloc(0));
        return Promise.resolve();
      },
    });
  });
  afterAll(() => consumer.close());

  it('is reported within 30 s with topics, lag, client and first seen, warned of and audited once', async () => {
    const reader = await reported(group);
    expect(reader).toMatchObject({
      kind: 'kafka-group',
      state: 'undeclared',
      reads: ['collection.registration'],
      lag: { 'collection.registration': expect.any(Number) },
    });
    expect(Date.now() - Date.parse(reader.firstSeen)).toBeLessThan(30_000);
    await until(
      async () => (await reported(group)).members?.[0]?.client.startsWith('test-readers') === true,
      {
        what: 'its client is known',
        timeoutMs: 15_000,
        everyMs: 500,
      },
    );
    const warnings = transfer
      .output()
      .split('\n')
      .filter((line) => line.includes(reader.id));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('an undeclared reader of personal data');
    const audit = pipeline.mongo.db.collection<AuditDocument>('audit');
    expect(await audit.countDocuments({ about: reader.id, action: 'reader.undeclared' })).toBe(1);
    const metrics = await (await fetch(`${transfer.url}/metrics`)).text();
    expect(Number(/keiro_readers_undeclared\{[^}]*\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(0);
  });

  it('reads ciphertext only', async () => {
    await until(() => read.length > 0, { what: 'it has read', timeoutMs: 15_000 });
    const all = Buffer.concat(read);
    // It did read the event: the wire names which fields there are.
    expect(all.includes('present')).toBe(true);
    for (const value of [person.member, person.email, name]) expect(all.includes(value)).toBe(false);
  });

  it('stays visible when an operator acknowledges it, and compliance may not', async () => {
    const { id } = await reported(group);
    const acknowledge = (client: string, reason: string) =>
      callJson(
        { url: transfer.url, token: env(`KEIRO_TOKEN_${client}`) },
        { method: 'POST', path: `/v1/readers/${id}/acknowledge`, body: { reason, note: 'INC-7' } },
        readerViewSchema,
      );
    await expect(acknowledge('COMPLIANCE', 'test')).rejects.toThrow(/403/);
    await expect(acknowledge('OPERATOR', 'whatever')).rejects.toThrow(/reason/);
    const first = await acknowledge('OPERATOR', 'being-stopped');
    // Said again, the first word stands.
    expect(await acknowledge('OPERATOR', 'test')).toMatchObject({ acknowledged: first.acknowledged });
    const answer = await readersNow();
    expect(answer.readers.find((one) => one.id === id)).toMatchObject({
      state: 'acknowledged',
      acknowledged: { by: 'operator', reason: 'being-stopped', note: 'INC-7' },
    });
    const audit = pipeline.mongo.db.collection<AuditDocument>('audit');
    expect(await audit.countDocuments({ about: id, action: 'reader.acknowledged' })).toBe(1);
  });
});

describe('a user of a database', () => {
  it('who may read one column of a registered table and whom nobody declared is reported, without secrets', async () => {
    const reader = await reported(role);
    const { tables } = store.config.kind === 'postgresql' ? store.config : { tables: [] };
    expect(reader).toMatchObject({
      kind: 'database-user',
      state: 'undeclared',
      holder: 'billing',
      reads: [tables[0]?.name],
      superuser: false,
      connected: 0,
    });
    const address = new URL(env('DEMO_POSTGRES_URL'));
    expect(JSON.stringify(reader)).not.toContain(address.host);
    expect(JSON.stringify(reader)).not.toContain(address.password);
  });

  it('who was declared is listed as such, a superuser said to be one; who may read nothing is not listed', async () => {
    const all = (await readersNow('?all=true')).readers.filter(({ kind }) => kind === 'database-user');
    expect(all.find(({ name }) => name === 'keiro')).toMatchObject({ state: 'declared', superuser: true });
    await admin.query(`drop owned by ${role}`);
    await until(async () => (await documents('databaseReaders').findOne({ name: role }))?.state === 'gone', {
      what: 'its rights are gone',
      timeoutMs: 10_000,
    });
  });
});

import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  callJson,
  createLog,
  reached,
  until,
  type Message,
  type Positions,
  type Running,
} from '@keiro/runtime';
import {
  acceptedSchema,
  certificateSchema,
  collectionTopics,
  custodyTopics,
  issuedCertificatesSchema,
  lineageAnswerSchema,
  recordId,
  registeredAnswerSchema,
  reportedAnswerSchema,
  requestViewSchema,
  restoreViewSchema,
  violationsAnswerSchema,
  type CopyDocument,
  type CopyReport,
  type Life,
  type QuarantineDocument,
  type RecordDocument,
  type RequestDocument,
  type RequestView,
  type RestoreView,
  type ViolationDocument,
} from '@keiro/schemas';
import { createGuardedConsumer, createKeysClient, type Emitter } from '@keiro/sdk';
import { createCompany, type Company } from '../builders/company.ts';
import { newPerson, openEmitter, registrationOf } from '../builders/emitting.ts';
import { env } from '../builders/environment.ts';
import { keiro } from '../builders/program.ts';
import { provenBy } from '../builders/reporting.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';
import { redisStore } from '../builders/store-redis.ts';
import type { Row, TestStore } from '../builders/test-store.ts';

/*
 * Invariant 6, line by line: two persons are erased once, and then everything that could bring them back is tried.
 * Keiro's own databases are in keys-restored.test.ts and restore.test.ts, an old export that is imported in import.test.ts.
 */

let company: Company;
let sessions: TestStore;
let emitter: Emitter;
let consumer: Running | undefined;
let reader: Running;
const services: Partial<Record<'tag' | 'transfer' | 'request' | 'erase' | 'query', ServiceProcess>> = {};
const seen: Message[] = [];
const keys = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_REQUEST') });

/** Erased and gone for good; erased and registered anew. */
const [gone, anew] = [newPerson(), newPerson()];
const [firstEvent, anewEvent] = [registrationOf(gone), registrationOf(anew)];
let lives: Life[];
let anewLife: Life;
let deletion: string;
let begin: Positions;
let beginCustody: Positions;
let watermark: string;

const urlOf = (name: keyof typeof services) => services[name]?.url ?? '';
const db = () => company.pipeline.mongo.db;
const records = () => db().collection<RecordDocument>('records');
const copies = () => db().collection<CopyDocument>('copies');
const violations = () => db().collection<ViolationDocument>('violations');

async function start(name: 'tag' | 'transfer' | 'request' | 'erase'): Promise<void> {
  services[name] = await startService(name, {
    ...company.variablesOf(name),
    KEIRO_AUDIT_SEAL_SECONDS: '0.2',
    KEIRO_ORPHANS_SECONDS: '2',
  });
}

const rowOf = ({ member, email }: { member: string; email: string }, generation = 1): Row => ({
  id: `row-${member}-${String(generation)}`,
  member,
  email,
  generation,
});

const compliance = (method: 'GET' | 'POST', path: string, body?: unknown) => ({
  client: { url: urlOf('request'), token: env('KEIRO_TOKEN_COMPLIANCE') },
  question: method === 'GET' ? { method, path } : { path, body },
});
async function view(id: string): Promise<RequestView> {
  const { client, question } = compliance('GET', `/v1/requests/${id}`);
  return callJson(client, question, requestViewSchema);
}
async function inState(id: string, state: RequestView['state']): Promise<RequestView> {
  let last: RequestView | undefined;
  await until(async () => (last = await view(id)).state === state, {
    what: `${id} ${state}`,
    timeoutMs: 30_000,
  }).catch((error: unknown) => {
    throw new Error(`not ${state} but ${JSON.stringify(last, null, 1)}`, { cause: error });
  });
  return view(id);
}
async function ask(member: string): Promise<string> {
  const { client, question } = compliance('POST', '/v1/requests', { type: 'deletion', subject: { member } });
  return (await callJson(client, question, acceptedSchema)).id;
}
const certificatesOf = async (id: string) => {
  const { client, question } = compliance('GET', `/v1/requests/${id}/certificates`);
  return callJson(client, question, issuedCertificatesSchema);
};
const eventually = (what: string, condition: () => Promise<boolean> | boolean) =>
  until(condition, { what, timeoutMs: 30_000 });

/** A consumer of the company's own that keeps what it is given in crm. */
async function consume(): Promise<void> {
  const { pipeline, stores } = company;
  consumer = await createGuardedConsumer({
    kafka: pipeline.kafka,
    registry: pipeline.registry,
    keys: createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_CRM') }),
    holder: 'crm',
    purpose: 'membership',
    categories: ['C1'],
    groupSuffix: pipeline.suffix,
    async handle(events) {
      const rows = events.map(({ subject, generation }) =>
        rowOf({ member: subject['member'] ?? '', email: subject['email'] ?? '' }, generation),
      );
      await stores.crm.put(rows);
      return rows.map(({ id }) => id);
    },
    log: createLog('test-never-back', 'error'),
    now: () => new Date(),
    random: randomBytes,
  });
}
const guardedTopics = ['collection.registration'];
async function consumed(): Promise<void> {
  const { admin, suffix } = company.pipeline;
  const ends = await admin.endOffsets(guardedTopics);
  await eventually('the consumer has read all', async () =>
    reached(ends, await admin.committed(`keiro.holder.crm.membership${suffix}`, guardedTopics)),
  );
}
async function settled(): Promise<void> {
  await consumed();
  await company.pipeline.passed('keiro.tag', collectionTopics);
  await company.pipeline.passed('keiro.transfer', custodyTopics);
}

const lookUp = async ({ member, email }: { member: string; email: string }): Promise<Life[]> => {
  const identifiers = [
    { kind: 'member' as const, value: member },
    { kind: 'email' as const, value: email },
  ];
  const { results } = await keys.lookup({ identifiers });
  return results.flatMap((one) => (one === null ? [] : [{ ref: one.ref, generation: one.generation }]));
};

/** What lineage and every store know of those who are gone. */
async function traces(): Promise<{ records: number; rows: string[]; quarantined: number }> {
  const refs = lives.map(({ ref }) => ref);
  const all = [...Object.values(company.stores), sessions];
  const rows = (await Promise.all(all.map((store) => store.ids()))).flat();
  const old = [rowOf(gone).id, rowOf(anew).id];
  return {
    records: await records().countDocuments({ ref: { $in: refs }, generation: 1 }),
    rows: rows.filter((id) => old.includes(id)),
    quarantined: await db()
      .collection<QuarantineDocument>('quarantine')
      .countDocuments({ ref: { $in: refs } }),
  };
}

const member = () => lives[0] ?? { ref: '', generation: 0 };
const reportOf = (holder: string, more: Partial<CopyReport> = {}): CopyReport => ({
  holder,
  action: 'held',
  record: recordId(member(), 'demo-site', firstEvent.id),
  ...member(),
  category: 'C1',
  groups: ['C1.identity'],
  purpose: 'membership',
  at: new Date().toISOString(),
  ...more,
});
async function report(one: CopyReport): Promise<void> {
  const encode = await company.pipeline.registry.encoder('custody.copies-value');
  const messages = [{ key: one.record, value: encode(one) }];
  await company.pipeline.producer.send([
    { topic: 'custody.copies', messages: await provenBy(one.holder, 'custody.copies', messages) },
  ]);
}

beforeAll(async () => {
  company = await createCompany('neverback');
  const { pipeline, stores } = company;
  sessions = await redisStore();
  emitter = await openEmitter();
  begin = await pipeline.admin.endOffsets(collectionTopics);
  beginCustody = await pipeline.admin.endOffsets(custodyTopics);
  await pipeline.startAt('keiro.holder.crm.membership', { ...begin });
  reader = await pipeline.kafka.consume({
    group: `test-never-back-${randomUUID()}`,
    topics: ['collection.registration'],
    onBatch: (batch) => Promise.resolve(void seen.push(...batch)),
  });
  const [query] = await Promise.all([
    pipeline.start('query'),
    ...(['tag', 'transfer', 'request', 'erase'] as const).map(start),
  ]);
  services.query = query;
  await callJson(
    { url: urlOf('transfer'), token: env('KEIRO_TOKEN_OPERATOR') },
    {
      path: '/v1/holders',
      body: {
        id: 'sessions',
        kind: 'store',
        name: { ja: 'sessions', en: 'sessions' },
        country: 'JP',
        categories: ['C1'],
        purposes: ['membership'],
        basis: 'own',
        connector: sessions.config,
      },
    },
    registeredAnswerSchema,
  );
  await consume();

  await emitter.emitBatch([firstEvent, anewEvent]);
  const both = [await lookUp(gone), await lookUp(anew)];
  lives = both.flat();
  for (const own of both) await company.send('payment', own);
  const old = [rowOf(gone), rowOf(anew)];
  await Promise.all(
    [stores.billing, stores.mailer, stores.recovery, sessions].map((store) => store.put(old)),
  );
  await eventually('crm has both', async () => (await stores.crm.ids()).length >= 2);
  await settled();
  watermark = new Date().toISOString();

  const requests = [await ask(gone.member), await ask(anew.member)];
  for (const id of requests) await inState(id, 'done');
  deletion = requests[0] ?? '';
  await eventually(
    'the first certificate',
    async () => (await certificatesOf(deletion)).certificates.length === 1,
  );
  expect(await traces()).toMatchObject({ records: 4, rows: [], quarantined: 0 });
}, 200_000);

afterAll(async () => {
  await consumer?.close();
  await reader.close();
  await emitter.close();
  await Promise.all(Object.values(services).map((service) => service.end()));
  await sessions.close();
  await company.close();
}, 60_000);

describe('what was erased stays erased (invariant 6)', () => {
  it('late events: one that the person’s browser still sends is sealed for nobody and set aside', async () => {
    const cookieLess = { ...registrationOf(gone), time: new Date(Date.now() - 3_600_000).toISOString() };
    await emitter.emit(cookieLess);
    await settled();
    await company.pipeline.passed('keiro.quarantine', ['quarantine']);
    expect(await traces()).toMatchObject({ records: 4, rows: [] });
    await eventually(
      'it is set aside',
      async () => (await db().collection('quarantine').countDocuments({ reason: 'erased' })) >= 1,
    );
  });

  it('replays: the same wire messages produced again bring nothing, neither to lineage nor to a store', async () => {
    const wires = seen.filter(
      ({ headers }) => headers['ce_id'] === firstEvent.id || headers['ce_id'] === anewEvent.id,
    );
    expect(wires).toHaveLength(2);
    const before = await traces();
    await company.pipeline.producer.send([
      {
        topic: 'collection.registration',
        messages: wires.map(({ key, value, headers }) => ({
          key: key ?? '',
          value,
          headers: headers as Record<string, string>,
        })),
      },
    ]);
    await settled();
    expect(await traces()).toEqual(before);
  });

  it('offsets reset to where it all began: tag, transfer and a guarded consumer read everything again', async () => {
    const before = await traces();
    const reports = await copies().countDocuments();
    await consumer?.close();
    await Promise.all([services.tag?.end(), services.transfer?.end()]);
    const { pipeline } = company;
    await pipeline.startAt('keiro.tag', begin);
    await pipeline.startAt('keiro.transfer', beginCustody);
    await pipeline.startAt('keiro.holder.crm.membership', {
      'collection.registration': begin['collection.registration'] ?? {},
    });
    await Promise.all([start('tag'), start('transfer'), consume()]);
    await settled();
    expect(await traces()).toEqual(before);
    expect(await copies().countDocuments()).toBe(reports);
    // Reports from before the erasure reopen nothing.
    expect(await violations().countDocuments({ reason: 'erased' })).toBe(0);
    expect((await view(deletion)).state).toBe('done');
  }, 40_000);

  it.each([
    ['MongoDB', 'crm', () => company.stores.crm],
    ['PostgreSQL', 'billing', () => company.stores.billing],
    ['Redis', 'sessions', () => sessions],
    ['the recovery site', 'recovery', () => company.stores.recovery],
  ] as const)(
    'a restore of %s from before: the gate opens when they are gone',
    async (_name, holder, storeOf) => {
      const store = storeOf();
      await store.put([rowOf(gone), rowOf(anew)]);
      const operator = { url: urlOf('erase'), token: env('KEIRO_TOKEN_OPERATOR') };
      const { id } = await callJson(
        operator,
        { path: '/v1/restores', body: { holder, watermark } },
        restoreViewSchema,
      );
      const stateOf = (): Promise<RestoreView> =>
        callJson(operator, { method: 'GET', path: `/v1/restores/${id}` }, restoreViewSchema);
      await eventually('it is checked', async () => (await stateOf()).state === 'checked');
      expect((await stateOf()).check?.counts.gone).toBeGreaterThanOrEqual(2);
      await callJson(operator, { path: `/v1/restores/${id}/replay`, body: {} }, restoreViewSchema);
      await eventually('the gate opens', async () => (await stateOf()).state === 'open');
      expect((await traces()).rows).toEqual([]);
    },
  );

  it('a new registration is a new life with nothing of the old', async () => {
    await emitter.emit(registrationOf(anew));
    await settled();
    const now = await lookUp(anew);
    anewLife = now[0] ?? anewLife;
    expect(now.map(({ generation }) => generation)).toEqual([2, 2]);
    await eventually('it is in crm', async () =>
      (await company.stores.crm.ids()).includes(rowOf(anew, 2).id),
    );
    const { person, records: shown } = await callJson(
      { url: urlOf('query'), token: env('KEIRO_TOKEN_COMPLIANCE') },
      { path: '/v1/lineage/search', body: { member: anew.member } },
      lineageAnswerSchema,
    );
    expect(person.refs.map(({ ref }) => ref).sort()).toEqual(now.map(({ ref }) => ref).sort());
    const living = shown.filter(({ state }) => state !== 'erased');
    expect(living.map(({ copies: held }) => held.map(({ holder, state }) => `${holder} ${state}`))).toEqual([
      ['crm held'],
    ]);
    expect(await traces()).toMatchObject({ records: 4, rows: [] });
  });

  it('a silent restore that its holder then reports: the deletion goes on there, and its second certificate says so', async () => {
    await company.stores.crm.put([rowOf(gone)]);
    await report(reportOf('crm'));
    await eventually('it is reopened', async () =>
      (await view(deletion)).steps.some(({ step }) => step === 'reopened'),
    );
    const done = await inState(deletion, 'done');
    // The row of the new life of the other one stays.
    expect(await company.stores.crm.ids()).toContain(rowOf(anew, 2).id);
    expect((await traces()).rows).toEqual([]);
    expect(done.tasks.find(({ holder }) => holder === 'crm')?.receipt).toMatchObject({
      affected: 2,
      probe: { found: 0 },
    });

    await eventually(
      'a second certificate',
      async () => (await certificatesOf(deletion)).certificates.length === 2,
    );
    const { certificates } = await certificatesOf(deletion);
    expect(certificates).toMatchObject([
      { number: 1, superseded: { by: `cert-${deletion}-2`, because: 'late-report' } },
      { number: 2, supersedes: `cert-${deletion}-1`, outcome: 'erased' },
    ]);
    const { client, question } = compliance('GET', `/v1/requests/${deletion}/certificate`);
    const { content } = await callJson(client, question, certificateSchema);
    expect(content.supersedes).toMatchObject({ because: 'late-report', digest: certificates[0]?.digest });

    // Told again, by whichever way, it is the same.
    const found = await violations().find({ reason: 'erased' }).toArray();
    expect(found).toMatchObject([{ holder: 'crm', reopens: deletion }]);
    const listed = await callJson(
      { url: urlOf('query'), token: env('KEIRO_TOKEN_COMPLIANCE') },
      { method: 'GET', path: '/v1/violations' },
      violationsAnswerSchema,
    );
    expect(listed.violations[0]?.directive).toMatchObject({ request: deletion, state: 'done' });
  }, 40_000);

  it('a re-import by a processor that cannot list what it has: a person’s task, and no certificate that says otherwise', async () => {
    const mailer = { url: urlOf('transfer'), token: env('KEIRO_TOKEN_MAILER') };
    await callJson(
      mailer,
      { path: '/v1/custody/copies', body: { reports: [reportOf('mailer')] } },
      reportedAnswerSchema,
    );
    const waiting = await inState(deletion, 'waiting-for-operator');
    const task = waiting.tasks.find(({ holder }) => holder === 'mailer');
    expect(task).toMatchObject({ state: 'failed' });
    expect(task?.errors.at(-1)?.message).toContain('cannot list what it has');
    const { client, question } = compliance('GET', `/v1/requests/${deletion}/certificate`);
    await expect(callJson(client, question, certificateSchema)).rejects.toThrow('409');
    expect(await certificatesOf(deletion)).toMatchObject({ reopened: { because: 'late-report' } });
    const listed = keiro(['certificate', 'list', deletion, '--lang', 'en'], {
      env: { ...process.env, KEIRO_REQUEST_URL: urlOf('request') },
    });
    expect(await listed.code).toBe(0);
    expect(listed.output()).toMatch(
      /-1 .*superseded by cert-.*-2[^]*-2 .*reopened, and none was issued since/,
    );
  }, 40_000);

  it('a copy of a record that retention has ended is found without its record, and goes', async () => {
    // Neither record nor report is left of what has ended: only the holder has it.
    const record = recordId(anewLife, 'demo-site', randomUUID());
    const row: Row = { ...rowOf(anew, 2), id: 'orphan', member: 'an-alias', email: '-' };
    await company.stores.crm.put([row]);
    await company.reportCopy(anewLife, record, row.id);
    await eventually('the row goes', async () => !(await company.stores.crm.ids()).includes('orphan'));
    await eventually('and the report', async () => (await copies().countDocuments({ record })) === 0);
    expect(await company.stores.crm.ids()).toContain(rowOf(anew, 2).id);
    const requests = db().collection<RequestDocument>('requests');
    await eventually('its request is done', async () =>
      (await requests.find({ type: 'retention' }).toArray()).every(({ state }) => state === 'done'),
    );
    expect(await requests.countDocuments({ type: 'retention' })).toBe(1);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { until } from '@keiro/runtime';
import { quote } from '@keiro/erase/connectors/postgresql-names';
import {
  acceptedSchema,
  collectionTopics,
  custodyTopics,
  gateSchema,
  requestViewSchema,
  restoreViewSchema,
  type CreateRequest,
  type RestoreDocument,
  type RestoreView,
  type SnapshotReport,
  type StandingDocument,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { provenBy } from '../builders/reporting.ts';
import { createCompany, type Company, type TestPerson } from '../builders/company.ts';
import { env } from '../builders/environment.ts';
import { soonGone } from '../builders/pipeline.ts';
import { keiro } from '../builders/program.ts';
import { runToEnd, startService, type ServiceProcess } from '../builders/service-process.ts';
import type { Row, TestStore } from '../builders/test-store.ts';

/* T3, invariant 6: an old copy that is restored brings nobody back who was erased since. */

let company: Company;
let request: ServiceProcess;
let erase: ServiceProcess;
let query: ServiceProcess;
const started: ServiceProcess[] = [];

async function start(
  name: 'tag' | 'transfer' | 'request' | 'erase',
  more: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const service = await startService(name, { ...company.variablesOf(name), ...more });
  started.push(service);
  return service;
}

async function call(
  method: 'GET' | 'POST',
  url: string,
  body?: unknown,
  client = 'OPERATOR',
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${env(`KEIRO_TOKEN_${client}`)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) as unknown };
}

async function ask(body: CreateRequest): Promise<string> {
  const answer = await call('POST', `${request.url}/v1/requests`, body, 'COMPLIANCE');
  return acceptedSchema.parse(answer.body).id;
}
async function isDone(id: string): Promise<boolean> {
  const answer = await call('GET', `${request.url}/v1/requests/${id}`, undefined, 'COMPLIANCE');
  return requestViewSchema.parse(answer.body).state === 'done';
}
const gateOf = async (holder: string, client = 'CRM') =>
  gateSchema.parse((await call('GET', `${erase.url}/v1/gate/${holder}`, undefined, client)).body);
const restoreOf = async (id: string) =>
  restoreViewSchema.parse((await call('GET', `${erase.url}/v1/restores/${id}`)).body);

async function inState(id: string, state: RestoreView['state'], timeoutMs = 20_000): Promise<RestoreView> {
  let last: RestoreView | undefined;
  const options = { what: `${id} ${state}`, timeoutMs };
  await until(async () => (last = await restoreOf(id)).state === state, options).catch((error: unknown) => {
    throw new Error(`not ${state} but ${JSON.stringify(last, null, 1)}`, { cause: error });
  });
  return restoreOf(id);
}

/** The command line client of somebody who operates this company. */
async function command(...args: string[]): Promise<{ code: number | null; output: string }> {
  const urls = { KEIRO_ERASE_URL: erase.url, KEIRO_QUERY_URL: query.url };
  const program = keiro(args, { env: { ...process.env, ...urls } });
  const code = await program.code;
  return { code, output: program.output() };
}

const rowOf = ({ member, email }: TestPerson): Row => ({
  id: `row-${member}`,
  member,
  email,
  generation: 1,
});
const ids = (people: readonly TestPerson[]) => people.map((one) => rowOf(one).id);

async function restore(store: TestStore, old: readonly Row[]): Promise<void> {
  await store.clear();
  await store.put(old);
}

let erased: TestPerson[];
let suspended: TestPerson;
let other: TestPerson;
let watermark: string;
let old: Row[];
const snapshot = 'crm-of-the-day-before';

beforeAll(async () => {
  company = await createCompany('restore');
  [, , request, erase, query] = await Promise.all([
    start('tag'),
    start('transfer'),
    start('request'),
    start('erase'),
    company.pipeline.start('query'),
  ]);
  const people = await Promise.all(Array.from({ length: 5 }, () => company.newPerson()));
  const [one, two, three, four, five] = people;
  if (!one || !two || !three || !four || !five) throw new Error('five people');
  erased = [one, two, three];
  suspended = four;
  other = five;
  for (const { lives } of people) {
    await company.send('registration', lives);
    await company.send('payment', lives);
  }
  old = people.map(rowOf);
  const { crm, billing } = company.stores;
  await Promise.all([crm.put(old), billing.put(old)]);

  // An image from which no row can be deleted, at the site until a known day.
  watermark = new Date().toISOString();
  const report: SnapshotReport = {
    holder: 'recovery',
    store: 'crm',
    snapshot,
    watermark,
    takenAt: new Date().toISOString(),
    expiresAt: '2099-12-31T00:00:00.000Z',
    mutable: false,
    rows: old.length,
  };
  const encode = await company.pipeline.registry.encoder('custody.snapshots-value');
  await company.pipeline.producer.send([
    {
      topic: 'custody.snapshots',
      messages: await provenBy('recovery', 'custody.snapshots', [{ key: 'recovery', value: encode(report) }]),
    },
  ]);
  await company.pipeline.passed('keiro.tag', collectionTopics);
  await company.pipeline.passed('keiro.transfer', custodyTopics);

  const requests = await Promise.all([
    ...erased.map(({ member }) => ask({ type: 'deletion', subject: { member } })),
    ask({ type: 'suspension', subject: { member: suspended.member }, purposes: ['marketing'] }),
  ]);
  for (const id of requests) await until(() => isDone(id), { what: `${id} done`, timeoutMs: 60_000 });
}, 240_000);

afterAll(async () => {
  await Promise.all(started.map((service) => service.end()));
  await company.close();
}, 60_000);

describe('a snapshot that is older than three deletions', () => {
  it('restored over its store keeps the gate closed until what was erased since has gone again', async () => {
    const { crm } = company.stores;
    expect((await gateOf('crm')).open).toBe(true);
    await restore(crm, [...old, { id: 'nobody', member: 'm-of-nobody', email: '-', generation: 1 }]);

    const declared = await call('POST', `${erase.url}/v1/restores`, { snapshot });
    const { id } = restoreViewSchema.parse(declared.body);
    expect([declared.status, await gateOf('crm'), await gateOf('billing')]).toMatchObject([
      202,
      { open: false, restore: id },
      { open: true },
    ]);
    const checked = await inState(id, 'checked');
    expect(checked).toMatchObject({
      holder: 'crm',
      site: 'recovery',
      watermark,
      check: {
        counts: { rows: 6, gone: 3, flags: 1, unjudged: 1 },
        decided: [
          { type: 'deletion', requests: 3, persons: 3, replayed: true },
          { type: 'suspension', requests: 1, persons: 1, replayed: true },
        ],
      },
    });
    // The check has changed nothing.
    expect(await crm.ids()).toHaveLength(6);

    // One of the three has registered anew: the new row is of the next life, and stays.
    const [anew] = erased;
    if (anew === undefined) throw new Error('somebody');
    const { results } = await createKeysClient({
      url: env('KEIRO_KEYS_URL'),
      token: env('KEIRO_TOKEN_DEMO'),
    }).seal({
      source: 'demo-site',
      identifiers: [
        {
          kind: 'member',
          value: anew.member,
          groups: [],
          type: 'registration',
          time: new Date().toISOString(),
        },
      ],
    });
    expect(results).toMatchObject([{ state: 'live', generation: 2 }]);
    await crm.put([{ ...rowOf(anew), id: 'anew', generation: 2 }]);

    const replay = await call('POST', `${erase.url}/v1/restores/${id}/replay`);
    expect(replay.status).toBe(202);
    const opened = await inState(id, 'open');
    expect(opened).toMatchObject({
      replay: { counts: { rows: 7, gone: 3, flags: 1 }, removed: { people: 3 }, flagged: { people: 1 } },
      probe: { counts: { rows: 4, gone: 0, flags: 0, unjudged: 1 } },
    });
    expect(opened.steps.map(({ step }) => step)).toEqual([
      'declared',
      'checked',
      'replaying',
      'replayed',
      'opened',
    ]);
    expect((await gateOf('crm')).open).toBe(true);
    expect(await crm.ids()).toEqual(['anew', 'nobody', ...ids([suspended, other])].sort());
    expect((await crm.suspended())[rowOf(suspended).id]).toEqual(['marketing']);

    const audit = await company.pipeline.mongo.db.collection('audit').find({ about: id }).toArray();
    expect(audit.map(({ action }) => action as string)).toEqual(
      ['declared', 'checked', 'replaying', 'replayed', 'opened'].map((step) => `restore.${step}`),
    );
    const kept = JSON.stringify([
      audit,
      await company.pipeline.mongo.db.collection('restores').find().toArray(),
    ]);
    for (const { member, email } of [...erased, suspended, other]) {
      for (const text of [kept, erase.output()]) {
        expect(text).not.toContain(member);
        expect(text).not.toContain(email);
      }
    }
  }, 60_000);

  it('is listed with the day on which it ends, as long as it holds what was erased', async () => {
    const { code, output } = await command('dr', 'status');
    expect(code).toBe(0);
    expect(output).toMatch(/crm +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ (s|min) +1 +1 +5 +2099-12-31/);
    expect(output.match(/erased, snapshots until 2099-12-31/g)).toHaveLength(3);
    expect(output).toContain('No gate is closed');
  }, 60_000);

  it.each([
    ['a snapshot that no site reported', { snapshot: 'of-nobody' }, 404, 'snapshot'],
    [
      'a holder that is not registered',
      { holder: 'nobody', watermark: '2026-01-01T00:00:00Z' },
      404,
      'holder',
    ],
    ['a watermark to come', { holder: 'crm', watermark: '2199-01-01T00:00:00Z' }, 400, 'watermark'],
    ['a holder that lists nothing', { holder: 'mailer', watermark: '2026-01-01T00:00:00Z' }, 422, 'holder'],
    ['a holder without a watermark', { holder: 'crm' }, 400, 'snapshot'],
  ] as const)('%s is refused, by field', async (_name, body, status, field) => {
    const answer = await call('POST', `${erase.url}/v1/restores`, body);
    expect(answer).toMatchObject({ status, body: { errors: [{ field }] } });
    expect((await call('POST', `${erase.url}/v1/restores`, body, 'COMPLIANCE')).status).toBe(403);
  });
});

describe('a store that keeps what it is told to remove', () => {
  it('stays behind its gate, is told so, and opens once a replay has passed; also when killed on the way', async () => {
    const { billing } = company.stores;
    const table = billing.config.kind === 'postgresql' ? quote(billing.config.tables[0]?.name ?? '') : '';
    const server = new pg.Client({ connectionString: env('DEMO_POSTGRES_URL') });
    await server.connect();
    await restore(billing, old);
    await server.query(`create rule keep_all as on delete to ${table} do instead nothing`);

    const checked = await command('dr', 'restore-check', '--holder', 'billing', '--watermark', watermark);
    expect([checked.code, checked.output]).toEqual([
      0,
      expect.stringMatching(/deletion +3 +3 +6 .*replayed/),
    ]);
    expect(checked.output).toMatch(/of ended lives 3 /);
    const id = /rst-[0-9a-f]{24}/.exec(checked.output)?.[0] ?? '';

    const failed = await command('dr', 'replay', id, '--wait');
    expect([failed.code, failed.output]).toEqual([
      1,
      expect.stringContaining('the probe found 3 rows of ended lives and 0 wrong flags'),
    ]);
    expect(await gateOf('billing')).toMatchObject({ open: false, restore: id });
    await server.query(`drop rule keep_all on ${table}`);
    await server.end();

    // Killed between its only batch and the probe: another worker takes it up, without being asked.
    await erase.end();
    erase = await start('erase', { ...soonGone, KEIRO_REPLAY_ROWS_PER_SECOND: '1' });
    await call('POST', `${erase.url}/v1/restores/${id}/replay`);
    const restores = company.pipeline.mongo.db.collection<RestoreDocument>('restores');
    const passed = () => restores.findOne({ _id: id, state: 'replaying', 'pass.cursor': { $exists: true } });
    await until(async () => (await passed()) !== null, { what: 'a batch', timeoutMs: 10_000, everyMs: 10 });
    await erase.end('SIGKILL');
    expect((await restores.findOne({ _id: id }))?.state).toBe('replaying');
    erase = await start('erase');
    const { replay, probe } = await inState(id, 'open', 30_000);
    expect([replay, probe]).toMatchObject([
      { counts: { rows: 5, gone: 3 }, removed: expect.anything() as unknown },
      { counts: { rows: 2, gone: 0 } },
    ]);
    expect(await billing.ids()).toEqual(ids([suspended, other]).sort());
    expect(await command('dr', 'gate', 'billing', '--lang', 'en')).toMatchObject({
      code: 0,
      output: 'billing  The gate is open.  no restore is unfinished\n',
    });
  }, 120_000);

  it('of two restores of one holder only the later counts', async () => {
    const declare = async (at: string) =>
      restoreViewSchema.parse(
        (await call('POST', `${erase.url}/v1/restores`, { holder: 'recovery', watermark: at })).body,
      );
    const first = await declare('2026-01-01T00:00:00.000Z');
    expect((await declare('2026-01-01T00:00:00.000Z')).id).toBe(first.id);
    const second = await declare('2026-01-02T00:00:00.000Z');
    await inState(first.id, 'superseded');
    expect((await call('POST', `${erase.url}/v1/restores/${first.id}/replay`)).status).toBe(409);
    await inState(second.id, 'checked');
    await call('POST', `${erase.url}/v1/restores/${second.id}/replay`);
    await inState(second.id, 'open');
    expect((await gateOf('recovery')).open).toBe(true);
  }, 60_000);
});

describe('a database of Keiro itself that is older than what was decided', () => {
  it('does not open until what it lacks is written back', async () => {
    const variables = {
      ...company.variablesOf('request'),
      KEIRO_DATABASE: `${company.pipeline.variables['KEIRO_DATABASE'] ?? ''}_old`,
    };
    const { code, output } = await runToEnd('request', { ...variables, KEIRO_STANDING_CHECK: 'check' });
    expect([code, output]).toEqual([1, expect.stringContaining('decisions that rights.standing knows')]);

    const repaired = await startService('request', { ...variables, KEIRO_STANDING_CHECK: 'replay' });
    started.push(repaired);
    const old = company.pipeline.mongo.client.db(variables.KEIRO_DATABASE);
    const refs = erased.flatMap(({ lives }) => lives.map(({ ref }) => ref));
    const written = await old
      .collection<StandingDocument>('standing')
      .find({ _id: { $in: refs } })
      .toArray();
    expect(written.map(({ erasedThrough }) => erasedThrough)).toEqual(refs.map(() => 1));
    expect(await old.collection('audit').countDocuments({ action: 'standing.replayed' })).toBe(1);
    await repaired.end();
    await old.dropDatabase();
  }, 120_000);
});

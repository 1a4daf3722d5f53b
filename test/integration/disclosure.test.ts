import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@keiro/runtime';
import {
  acceptedSchema,
  collectionTopics,
  packDataSchema,
  requestViewSchema,
  type RequestView,
} from '@keiro/schemas';
import { MongoClient } from 'mongodb';
import { createCompany, type Company, type TestPerson } from '../builders/company.ts';
import { env } from '../builders/environment.ts';
import { keiro } from '../builders/program.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';

/* R1 to R3 over real holders: what is corrected is read back at each, and what is disclosed is what the stores have. */

let company: Company;
let request: ServiceProcess;
let erase: ServiceProcess;
let folder: string;
const started: ServiceProcess[] = [];

beforeAll(async () => {
  company = await createCompany('disclosure');
  folder = mkdtempSync(join(tmpdir(), 'keiro-disclosure-'));
  const query = await startService('query', {
    ...company.pipeline.variables,
    KEIRO_TOKEN: env('KEIRO_TOKEN_QUERY'),
  });
  const more = { KEIRO_QUERY_URL: query.url, KEIRO_PACK_DOWNLOADS: '2' };
  const others = (['transfer', 'tag'] as const).map((name) => startService(name, company.variablesOf(name)));
  started.push(query, ...(await Promise.all(others)));
  [request, erase] = await Promise.all([
    startService('request', company.variablesOf('request')),
    startService('erase', { ...company.variablesOf('erase'), ...more }),
  ]);
  started.push(request, erase);
}, 200_000);

afterAll(async () => {
  await Promise.all(started.map((service) => service.end()));
  rmSync(folder, { recursive: true });
  await company.close();
}, 60_000);

async function call(method: string, path: string, body?: unknown, at = request) {
  const response = await fetch(`${at.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${env('KEIRO_TOKEN_COMPLIANCE')}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

const view = async (id: string) => requestViewSchema.parse((await call('GET', `/v1/requests/${id}`)).body);

async function inState(id: string, state: RequestView['state']): Promise<RequestView> {
  let last: RequestView | undefined;
  try {
    await until(async () => (last = await view(id)).state === state, {
      what: `${id} ${state}`,
      timeoutMs: 15_000,
    });
  } catch (error) {
    throw new Error(`not ${state} but ${JSON.stringify(last, null, 1)}`, { cause: error });
  }
  return view(id);
}

const grant = async (id: string) => {
  expect((await call('POST', `/v1/requests/${id}/review`, { decision: 'accept' })).status).toBe(200);
};

/** A member with a row of this name at every holder, and one of somebody else. */
async function everywhere(name: string): Promise<TestPerson> {
  const { stores } = company;
  const [person, other] = await Promise.all([company.newPerson(), company.newPerson()]);
  for (const { member, email } of [person, other])
    await Promise.all(
      Object.values(stores).map((store) =>
        store.put([{ id: `row-${member}`, member, email, generation: 1, name, amount: 1200 }]),
      ),
    );
  await company.send('registration', person.lives);
  await company.send('payment', person.lives);
  await company.pipeline.passed('keiro.tag', collectionTopics);
  return person;
}

const namesOf = async ({ member }: TestPerson) =>
  Promise.all(
    (['crm', 'billing', 'recovery'] as const).map(
      async (store) => (await company.stores[store].scan()).find((row) => row.member === member)?.name,
    ),
  );

/** Everything that is in Keiro's own database, and what `keys` keeps for requests, as text. */
async function databases(): Promise<string> {
  return inMongo(async (client) => {
    const own = client.db(company.pipeline.variables['KEIRO_DATABASE'] ?? '');
    const names = await own.listCollections().toArray();
    const found = await Promise.all(names.map(({ name }) => own.collection(name).find().toArray()));
    return JSON.stringify([found, await client.db(keysDatabase).collection('sweeps').find().toArray()]);
  });
}

const countOf = (name: string, filter: Record<string, string>) =>
  inMongo((client) =>
    client
      .db(company.pipeline.variables['KEIRO_DATABASE'] ?? '')
      .collection(name)
      .countDocuments(filter),
  );

const keptFor = (id: string) =>
  inMongo((client) =>
    client.db(keysDatabase).collection<{ _id: string }>('sweeps').countDocuments({ _id: id }),
  );

async function inMongo<T>(work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await new MongoClient(env('KEIRO_MONGO_URL')).connect();
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
const keysDatabase = process.env['KEIRO_KEYS_DATABASE'] ?? 'keiro_keys';

describe('a correction', () => {
  it('R2, R3: reaches every holder of the field and is read back; what it sets is in clear nowhere and forgotten', async () => {
    const person = await everywhere('before');
    const wanted = 'Corrected-Canary 訂正済';
    const file = join(folder, 'changes.json');
    writeFileSync(file, JSON.stringify({ name: wanted }));
    const created = keiro(
      ['request', 'create', 'correction', '--member', person.member, '--changes', file, '--json'],
      { env: { ...process.env, KEIRO_REQUEST_URL: request.url } },
    );
    expect([await created.code, created.output()]).toEqual([0, expect.any(String)]);
    const { id } = acceptedSchema.parse(JSON.parse(created.output()));
    expect(await keptFor(id)).toBe(1);
    expect(await databases()).not.toContain('Corrected-Canary');
    await grant(id);

    // The mailer can't be told to correct: a person has to, and that is seen.
    const waiting = await inState(id, 'waiting-for-operator');
    expect(waiting.fields).toEqual(['name']);
    expect(waiting.waitingFor).toContain('mailer');
    await until(async () => (await view(id)).tasks.filter(({ state }) => state === 'done').length === 2, {
      what: 'the others corrected',
      timeoutMs: 10_000,
    });
    expect(await namesOf(person)).toEqual([wanted, 'before', wanted]);
    const { tasks } = await view(id);
    expect(
      tasks.map(({ holder, state, receipt }) => [
        holder,
        state,
        receipt?.affected,
        receipt?.readBack?.differing,
        receipt?.unsupported,
      ]),
    ).toEqual([
      ['crm', 'done', 1, 0, undefined],
      ['mailer', 'by-hand', 0, 0, 'no place for name'],
      ['recovery', 'done', 2, 0, undefined],
    ]);
    // Nobody may call it done while a holder has not answered.
    expect((await call('POST', `/v1/requests/${id}/answer`, { evidence: 'CASE-1' })).status).toBe(409);
    expect((await call('POST', `/v1/tasks/${id}.mailer/close`, { reference: 'CASE-2' })).status).toBe(200);
    await inState(id, 'done');

    const everything = await databases();
    expect(everything).not.toContain('Corrected-Canary');
    expect(await keptFor(id)).toBe(0);
    expect(started.map((service) => service.output()).join('')).not.toContain('Corrected-Canary');
  });

  it('that does not fit the field is refused by position, and repeats nothing', async () => {
    const person = await company.newPerson();
    const answer = await call('POST', '/v1/requests', {
      type: 'correction',
      subject: { member: person.member },
      changes: [
        { field: 'email', value: 'no-address-canary' },
        { field: 'unknownCanary', value: 'x' },
      ],
    });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        errors: [
          { field: 'changes.0.value', code: 'invalid-value' },
          { field: 'changes.1.field', code: 'unknown-field' },
        ],
      },
    });
    expect(JSON.stringify(answer.body)).not.toContain('anary');
  });
});

describe('a disclosure', () => {
  it('R1: is answered by a pack of all that the stores have, which opens once for who gets the key, and is gone afterwards', async () => {
    const person = await everywhere('Held-Canary');
    const body = { type: 'disclosure', subject: { member: person.member } };
    const { id } = acceptedSchema.parse((await call('POST', '/v1/requests', body)).body);
    await grant(id);
    const gathered = await inState(id, 'waiting-for-operator');
    expect(
      gathered.tasks.map(({ holder, receipt }) => [holder, receipt?.exported, receipt?.unsupported]),
    ).toEqual([
      ['billing', 1, undefined],
      ['crm', 1, undefined],
      ['mailer', 1, undefined],
      ['recovery', 2, undefined],
    ]);
    // One chunk for each store, and the recovery site has two.
    expect(await countOf('exports', { request: id })).toBe(5);
    expect(await databases()).not.toContain('Held-Canary');

    const out = join(folder, 'pack');
    const made = keiro(['request', 'pack', id, '--out', out, '--language', 'en', '--json'], {
      env: { ...process.env, KEIRO_ERASE_URL: erase.url },
    });
    expect([await made.code, made.output()]).toEqual([0, expect.any(String)]);
    const { token, key } = JSON.parse(made.output()) as { token: string; key: string };
    const read = (name: string) => readFileSync(join(out, name));
    const sums = read('SHA256SUMS').toString().trim().split('\n');
    expect(sums).toEqual(
      ['data.json', 'index.html', 'index.pdf'].map((name) => `${hash('sha256', read(name), 'hex')}  ${name}`),
    );
    expect(read('index.pdf').subarray(0, 5).toString()).toBe('%PDF-');
    expect(read('index.html').toString()).toContain('Held-Canary');

    const data = packDataSchema.parse(JSON.parse(read('data.json').toString()));
    const told = new Map(data.holders.map((holder) => [holder.id, holder]));
    for (const store of ['crm', 'billing'] as const) {
      const scanned = (await company.stores[store].scan()).filter(({ member }) => member === person.member);
      expect(told.get(store)?.items.map(({ locator }) => locator)).toEqual(scanned.map((row) => row.id));
      expect(JSON.stringify(told.get(store)?.items)).toContain('Held-Canary');
      expect(told.get(store)?.items[0]?.concerns.length).toBeGreaterThan(0);
    }
    expect(told.get('mailer')?.items).toHaveLength(1);
    expect(data.lineage.records).toHaveLength(2);

    await inState(id, 'done');
    expect(await countOf('exports', { request: id })).toBe(0);
    expect(await keptFor(id)).toBe(0);
    const download = () => call('POST', '/v1/packs/download', { token }, erase);
    expect((await call('POST', '/v1/packs', { request: id }, erase)).status).toBe(409);
    expect(await download()).toMatchObject({ status: 200, body: { left: 0 } });
    expect((await download()).status).toBe(404);
    expect(await countOf('packParts', { request: id })).toBe(0);
    const everything = await databases();
    const output = started.map((service) => service.output()).join('');
    for (const secret of ['Held-Canary', token, key]) {
      expect(everything).not.toContain(secret);
      expect(output).not.toContain(secret);
    }
  });
});

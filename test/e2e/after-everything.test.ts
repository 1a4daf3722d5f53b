import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callJson, until } from '@keiro/runtime';
import {
  acceptedSchema,
  certificateSchema,
  collectionTopics,
  custodyTopics,
  requestViewSchema,
  taskViewSchema,
  type AuditDocument,
  type Certificate,
  type RequestView,
} from '@keiro/schemas';
import { MongoClient } from 'mongodb';
import { z } from 'zod';
import { searchFolder } from '../builders/byte-search.ts';
import { createCompany, type Company } from '../builders/company.ts';
import { env } from '../builders/environment.ts';
import { keiro } from '../builders/program.ts';
import { holderOf, searchBucket, searchMongo, searchPostgres, searchRedis } from '../builders/raw-stores.ts';
import type { ServiceProcess } from '../builders/service-process.ts';
import { redisStore } from '../builders/store-redis.ts';
import { s3Store } from '../builders/store-s3.ts';
import type { TestStore } from '../builders/test-store.ts';

/*
 * A person goes through everything that a person can, and is erased. After that nothing of what she gave is anywhere,
 * read from the servers themselves; and the certificate still verifies.
 */

const stack = join(env('KEIRO_STACK_DIR'), env('KEIRO_STACK'));
/** Each value has the mark in it, in letters that no form of a URL or of JSON changes. */
const mark = randomBytes(8).toString('hex');
const member = `member-${mark}`;
const email = `canary-${mark}@mail.example`;
const name = `架空${mark}花子`;
const corrected = `架空${mark}改め華子`;

let company: Company;
let sessions: TestStore;
let files: TestStore;
let bucket: S3Client;
let folder: string;
const services: Partial<Record<'request' | 'erase' | 'query' | 'tag' | 'transfer', ServiceProcess>> = {};
const urlOf = (service: keyof typeof services) => services[service]?.url ?? '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keiro-everything-'));
  [sessions, files] = await Promise.all([redisStore(), s3Store()]);
  bucket = new S3Client({
    endpoint: files.settings['TEST_S3_URL'] ?? '',
    region: 'ap-northeast-1',
    forcePathStyle: true,
    credentials: {
      accessKeyId: files.settings['TEST_S3_ACCESS'] ?? '',
      secretAccessKey: files.settings['TEST_S3_SECRET'] ?? '',
    },
  });
  company = await createCompany('everything', {
    sessions: { store: sessions, categories: ['C3'] },
    files: { store: files, categories: ['C7'] },
  });
  const { pipeline } = company;
  services.query = await pipeline.start('query');
  const more = { KEIRO_QUERY_URL: urlOf('query'), KEIRO_PACK_DOWNLOADS: '1' };
  await Promise.all(
    (['tag', 'transfer', 'request', 'erase'] as const).map(async (one) => {
      services[one] = await pipeline.start(one, { ...company.variablesOf(one), ...more });
    }),
  );
}, 200_000);

afterAll(async () => {
  bucket.destroy();
  await company.close();
  rmSync(folder, { recursive: true });
}, 60_000);

const event = (type: string, data: object) => ({
  specversion: '1.0',
  id: randomUUID(),
  source: 'demo-site',
  type,
  time: new Date().toISOString(),
  policyversion: '2017-02-02',
  data: { subject: { member, email }, site: 'www.demo.example', ...data },
});

const events = [
  event('registration', { noticeVersion: '2017-02-02', name, email }),
  event('profile', { displayName: name, address: `架空県見本市${mark}町1-2-3` }),
  event('payment', {
    subject: { member, email, payer: `payer-${mark}` },
    plan: 'standard-yearly',
    method: 'card',
    invoice: `INV-${mark}`,
    amount: 39600,
    currency: 'JPY',
    payerName: name,
  }),
  event('inquiry', { channel: 'form', name, email, subjectLine: `件名${mark}`, body: `本文${mark}です。` }),
  event('cookie', {
    subject: { member, cookie: `cookie-${mark}` },
    cookieKind: 'session',
    action: 'use',
    path: `/board/${mark}/minutes`,
  }),
  event('access', {
    status: 200,
    bytes: 10,
    method: 'GET',
    ip: '192.0.2.7',
    userAgent: `CanaryBrowser/${mark}`,
    path: `/board/${mark}/minutes`,
  }),
];

const asking = () => ({ url: urlOf('request'), token: env('KEIRO_TOKEN_COMPLIANCE'), timeoutMs: 30_000 });
const post = (path: string, body: object) => ({ path, body });
const view = (id: string) =>
  callJson(asking(), { method: 'GET', path: `/v1/requests/${id}` }, requestViewSchema);

/** Asks for it and does what an operator has to, until it is done. */
async function through(type: string, more: object, onWait?: (id: string) => Promise<void>): Promise<string> {
  const body = { type, subject: { member }, ...more };
  const { id } = await callJson(asking(), post('/v1/requests', body), acceptedSchema);
  let last: RequestView | undefined;
  const stands = ['done', 'in-review', 'waiting-for-operator'];
  const hasMoved = async () => stands.includes((last = await view(id)).state);
  try {
    for (;;) {
      await until(hasMoved, { what: `${type} moved on`, timeoutMs: 40_000 });
      if (last?.state === 'done') return id;
      if (last?.state === 'in-review')
        await callJson(
          asking(),
          post(`/v1/requests/${id}/review`, { decision: 'accept' }),
          z.looseObject({}),
        );
      else if (last?.state === 'waiting-for-operator' && onWait !== undefined) await onWait(id);
      else throw new Error('nobody knows what to do');
    }
  } catch (error) {
    throw new Error(`${type} not done but ${JSON.stringify(last, null, 1)}`, { cause: error });
  }
}

/** Fields that a holder has no place for are a person's to set there. */
async function byHand(id: string): Promise<void> {
  const settled = async () =>
    (await view(id)).tasks.every(({ state }) => ['done', 'by-hand'].includes(state));
  await until(settled, { what: 'every holder has answered', timeoutMs: 20_000 });
  for (const { id: task, state } of (await view(id)).tasks)
    if (state === 'by-hand')
      await callJson(asking(), post(`/v1/tasks/${task}/close`, { reference: 'CASE-1' }), taskViewSchema);
  await until(async () => (await view(id)).state === 'done', { what: 'corrected', timeoutMs: 20_000 });
}

async function run(args: readonly string[], cwd = folder): Promise<string> {
  const program = keiro(args, {
    cwd,
    env: { ...process.env, KEIRO_REQUEST_URL: urlOf('request'), KEIRO_ERASE_URL: urlOf('erase') },
  });
  const code = await program.code;
  if (code !== 0) throw new Error(`keiro ${args.slice(0, 2).join(' ')} ended with ${String(code)}`);
  return program.output();
}

/** The pack is made, had once, and gone. */
async function disclosed(id: string): Promise<void> {
  const out = join(folder, 'pack');
  await run(['request', 'pack', id, '--out', out, '--language', 'ja']);
  expect(searchFolder(out, [name]).map(({ file }) => file)).toContain(join(out, 'data.json'));
  // What she was given is hers.
  rmSync(out, { recursive: true });
  await until(async () => (await view(id)).state === 'done', { what: 'disclosed', timeoutMs: 20_000 });
}

async function certificateOf(request: string): Promise<Certificate> {
  let found: Certificate | undefined;
  const call = { method: 'GET' as const, path: `/v1/requests/${request}/certificate` };
  await until(
    async () => {
      found = await callJson(asking(), call, certificateSchema).catch(() => undefined);
      return found !== undefined;
    },
    { what: 'the certificate', timeoutMs: 60_000 },
  );
  return found ?? Promise.reject(new Error('no certificate'));
}

/** Where it is, over everything that holds anything. */
async function everywhere(needle = mark): Promise<string[]> {
  const needles = [needle];
  const found: string[] = [];
  const add = (where: string, places: readonly string[]) => {
    found.push(...places.map((place) => `${where}: ${place}`));
  };
  for (const url of ['KEIRO_MONGO_URL', 'DEMO_MONGO_URL']) add(url, await searchMongo(env(url), needles));
  for (const url of ['KEIRO_REDIS_URL', 'DEMO_REDIS_URL']) add(url, await searchRedis(env(url), needles));
  add('PostgreSQL', await searchPostgres(env('DEMO_POSTGRES_URL'), needles));
  add('S3', await searchBucket(bucket, 'people', needles));
  // Segments of every topic from its first offset, the files of the other servers of ours, and every log.
  for (const part of ['data/kafka', 'data/redis', 'data/mongo', 'data/registry', 'logs'])
    add(
      part,
      searchFolder(join(stack, part), needles).map(({ file }) => file),
    );
  const holds = holderOf(needles);
  for (const [service, one] of Object.entries(services)) {
    if (holds(Buffer.from(one.output()))) found.push(`output of ${service}`);
    if (holds(Buffer.from(await (await fetch(`${one.url}/metrics`)).text())))
      found.push(`metrics of ${service}`);
  }
  if (holds(Buffer.from(JSON.stringify(company.stores.mailer.processor.items)))) found.push('the processor');
  return found;
}

describe('a person who went through everything and was erased', () => {
  let deletion: string;

  it('is held at every holder, and found there: the search works', async () => {
    const answer = await fetch(`${env('KEIRO_COLLECT_URL')}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${env('KEIRO_TOKEN_DEMO_SITE')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(events),
    });
    expect([answer.status, await answer.text()]).toEqual([202, expect.any(String)]);
    const row = { id: `row-${mark}`, member, email, generation: 1, name, amount: 39600 };
    const stores = [...Object.values(company.stores), sessions, files];
    await Promise.all(stores.map((store) => store.put([row])));
    await company.pipeline.passed('keiro.tag', collectionTopics);

    const found = await everywhere();
    for (const where of ['DEMO_MONGO_URL', 'DEMO_REDIS_URL', 'PostgreSQL', 'S3'])
      expect(found.some((place) => place.startsWith(where))).toBe(true);
    expect(found).toContain('the processor');
    // Both of the site abroad: its own collection and its own table.
    expect(found.filter((place) => /^(DEMO_MONGO_URL|PostgreSQL)/.test(place)).length).toBeGreaterThanOrEqual(
      4,
    );
    // Nothing of ours holds it, not even now.
    expect(found.filter((place) => /^(KEIRO|data|logs|output|metrics)/.test(place))).toEqual([]);
  }, 90_000);

  it('would be found in what is ours too, in whichever form somebody had left it', async () => {
    // A mark of its own, because a topic keeps it.
    const left = randomBytes(8).toString('hex');
    const value = `planted-${left}@mail.example`;
    const forms = [value, Buffer.from(`x${value}`).toString('base64'), Buffer.from(value).toString('hex')];
    const client = await new MongoClient(env('KEIRO_MONGO_URL')).connect();
    const planted = client.db('planted').collection('planted');
    await planted.insertMany(forms.map((form) => ({ [`x${form.slice(0, 3)}`]: form })));
    const log = join(stack, 'logs', 'planted.log');
    appendFileSync(log, `GET /find?email=${encodeURIComponent(value)}\n`);
    await company.pipeline.producer.send([
      // As a client without a schema would leave it; nobody else's key, so that nobody takes it for his own.
      { topic: 'rights.acks', messages: [{ key: 'planted', value: Buffer.from(forms[1] ?? '') }] },
    ]);
    try {
      for (const form of forms) expect(holderOf([left])(Buffer.from(form))).toBe(true);
      const found = await everywhere(left);
      expect(found).toContain('KEIRO_MONGO_URL: planted.planted');
      expect(found).toContain(`logs: ${log}`);
      expect(found.some((place) => place.startsWith('data/kafka'))).toBe(true);
    } finally {
      await client.db('planted').dropDatabase();
      await client.close();
      rmSync(log);
    }
  }, 60_000);

  it('is disclosed, corrected, suspended and resumed', async () => {
    await through('disclosure', {}, disclosed);
    await through('correction', { changes: [{ field: 'name', value: corrected }] }, byHand);
    expect((await company.stores.crm.scan()).map((row) => row.name)).toContain(corrected);
    await through('suspension', { purposes: ['marketing'] });
    await through('resume', {});
  }, 120_000);

  it('leaves nothing anywhere, and a certificate that verifies with the public key alone', async () => {
    deletion = await through('deletion', {});
    const certificate = await certificateOf(deletion);
    expect(certificate.content.outcome).toBe('erased');
    expect(certificate.receipts.map(({ receipt }) => [receipt.holder, receipt.probe?.found])).toEqual(
      ['billing', 'crm', 'files', 'mailer', 'recovery', 'sessions'].map((holder) => [holder, 0]),
    );
    await company.pipeline.passed('keiro.transfer', custodyTopics);
    const audit = company.pipeline.mongo.db.collection<AuditDocument>('audit');
    await until(async () => (await audit.countDocuments({ segment: { $exists: false } })) === 0, {
      what: 'all sealed',
      timeoutMs: 30_000,
    });
    // What that store writes down for its replicas goes when its log goes round: no command of its protocol reaches it.
    expect((await everywhere()).filter((place) => place !== 'DEMO_MONGO_URL: local.oplog.rs')).toEqual([]);

    const empty = join(folder, 'empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'keys.json'), await run(['audit', 'keys']));
    writeFileSync(join(empty, 'c.json'), JSON.stringify(certificate));
    expect(readdirSync(empty).sort()).toEqual(['c.json', 'keys.json']);
    expect(JSON.stringify(certificate)).not.toContain(mark);
    const verified = keiro(['certificate', 'verify', 'c.json', '--public-key', 'keys.json'], {
      cwd: empty,
      env: { PATH: process.env['PATH'] ?? '' },
    });
    expect([await verified.code, verified.output()]).toEqual([
      0,
      expect.stringContaining('receipt of files'),
    ]);
  }, 120_000);
});

import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { callJson, connectKafka, connectRedis, createLog, until, type Running } from '@keiro/runtime';
import { lineageAnswerSchema } from '@keiro/schemas';
import { z } from 'zod';
import { searchFolder } from '../builders/byte-search.ts';
import { env } from '../builders/environment.ts';
import { searchMongo } from '../builders/raw-stores.ts';

const log = createLog('test-canary', 'warn');
const stack = join(env('KEIRO_STACK_DIR'), env('KEIRO_STACK'));
/** Where the lineage's own servers keep their bytes, and every log file. */
const folders = ['kafka', 'redis', 'mongo', 'registry'].map((name) => join(stack, 'data', name));
const logs = join(stack, 'logs');

const mark = randomBytes(6).toString('hex');
const canary = {
  email: `canary-${mark}@mail.example`,
  name: `架空${mark}花子`,
  member: `member-${mark}`,
  address: `架空県見本市${mark}町1-2-3`,
  message: `問い合わせ${mark}本文`,
  invoice: `INV-${mark}`,
  path: `/board/${mark}/minutes`,
  userAgent: `CanaryBrowser/${mark}`,
};
const needles = Object.values(canary);

const event = (type: string, data: object, more: object = {}) => ({
  specversion: '1.0',
  id: randomUUID(),
  source: 'demo-site',
  type,
  time: new Date().toISOString(),
  policyversion: '2017-02-02',
  data: { subject: { member: canary.member, email: canary.email }, site: 'www.demo.example', ...data },
  ...more,
});

const events = [
  event('registration', { noticeVersion: '2017-02-02', name: canary.name, email: canary.email }),
  event('profile', { displayName: canary.name, address: canary.address }),
  event('cookie', { cookieKind: 'session', action: 'use', path: canary.path }),
  event('access', {
    status: 200,
    bytes: 10,
    method: 'GET',
    ip: '192.0.2.7',
    userAgent: canary.userAgent,
    path: canary.path,
  }),
  event('inquiry', {
    channel: 'form',
    name: canary.name,
    email: canary.email,
    subjectLine: canary.message,
    body: canary.message,
  }),
];

const post = (body: object) =>
  fetch(`${env('KEIRO_COLLECT_URL')}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${env('KEIRO_TOKEN_DEMO_SITE')}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const lineage = () =>
  callJson(
    { url: env('KEIRO_QUERY_URL'), token: env('KEIRO_TOKEN_COMPLIANCE') },
    { path: '/v1/lineage/search', body: { member: canary.member } },
    lineageAnswerSchema,
  );

const searchAll = (wanted: readonly string[]) =>
  [...folders, logs].flatMap((folder) => searchFolder(folder, wanted));

const opened: Running[] = [];
const kafka = connectKafka({ brokers: env('KEIRO_KAFKA_BROKERS').split(','), clientId: 'test-canary', log });

beforeAll(async () => {
  const answer = await post(events);
  if (answer.status !== 202)
    throw new Error(`collect answered ${String(answer.status)}: ${await answer.text()}`);
  // What is refused must leave no trace either.
  await post(event('registration', { noticeVersion: canary.message, name: 7, email: canary.email }));
  await post(
    event('inquiry', {
      channel: 'form',
      email: canary.email,
      subjectLine: canary.message,
      body: canary.message,
      surprise: canary.name,
    }),
  );
  await until(async () => (await lineage()).records.length === events.length, {
    what: 'all is tagged',
    timeoutMs: 30_000,
  });
});

afterAll(async () => {
  for (const one of opened) await one.close();
});

describe('the search would find a personal value in clear', () => {
  const planted = `planted-${randomBytes(8).toString('hex')}@mail.example`;

  it('in a topic, where the broker compresses', async () => {
    const producer = await kafka.producer();
    opened.push(producer);
    // A registry message in clear, as a stranger would write one; tag sets it aside.
    await producer.send([
      {
        topic: 'rights.acks',
        messages: [{ key: 'planted', value: Buffer.from(JSON.stringify({ planted })) }],
      },
    ]);
    await until(
      () => searchFolder(join(stack, 'data', 'kafka'), [planted]).some(({ how }) => how === 'decompressed'),
      {
        what: 'found in the segment',
        timeoutMs: 20_000,
      },
    );
  });

  it('in Redis', async () => {
    const redis = await connectRedis({ url: env('KEIRO_REDIS_URL'), log });
    await redis.set('planted', planted);
    await until(() => searchFolder(join(stack, 'data', 'redis'), [planted]).length > 0, {
      what: 'found in the append-only file',
      timeoutMs: 20_000,
    });
    await redis.del('planted');
    redis.disconnect();
  });

  it('in the lineage store: in its files, or else in all that it answers', async () => {
    const client = await new MongoClient(env('KEIRO_MONGO_URL')).connect();
    const collection = client.db('planted').collection('planted');
    await collection.insertOne({ planted });
    expect(await searchMongo(env('KEIRO_MONGO_URL'), [planted])).toContain('planted.planted');
    await client.db('planted').dropDatabase();
    await client.close();
  });

  it('in a log file', () => {
    const file = join(logs, 'planted.log');
    appendFileSync(file, `${planted}\n`);
    expect(searchFolder(logs, [planted])).toMatchObject([{ file }]);
    rmSync(file);
  });
});

describe('personal values in clear', () => {
  it('stand nowhere in the files of Kafka, Redis, the registry or the lineage store, nor in any log', () => {
    expect(searchAll(needles)).toEqual([]);
  });

  it('stand in no document of the lineage store or of the keys', async () => {
    expect(await searchMongo(env('KEIRO_MONGO_URL'), needles)).toEqual([]);
  });

  it('stand in no metric', async () => {
    for (const port of ['COLLECT', 'KEYS', 'TAG', 'TRANSFER', 'REQUEST', 'ERASE', 'QUERY']) {
      const text = await (await fetch(`http://127.0.0.1:${env(`KEIRO_${port}_PORT`)}/metrics`)).text();
      expect(text).toContain('process_resident_memory_bytes');
      for (const needle of needles) expect(text).not.toContain(needle);
    }
  });

  it('are not repeated in an error that names the field', async () => {
    const answer = await post(
      event('registration', { noticeVersion: '2017-02-02', name: canary.name, email: canary.message }),
    );
    const text = await answer.text();
    expect(answer.status).toBe(422);
    expect(text).toContain('data.email');
    for (const needle of needles) expect(text).not.toContain(needle);
  });

  it('are searched for in folders that hold something', () => {
    for (const folder of [...folders, logs]) expect(readdirSync(folder).length).toBeGreaterThan(0);
    const tagLog = z
      .string()
      .min(1)
      .parse(readFileSync(join(logs, 'tag.log'), 'utf8'));
    expect(tagLog).toContain('"service":"tag"');
  });
});

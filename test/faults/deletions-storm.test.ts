import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { callJson, until } from '@keiro/runtime';
import {
  acceptedSchema,
  collectionTopics,
  holderWaitsSchema,
  requestStatusSchema,
  type AuditDocument,
  type RequestDocument,
  type TaskDocument,
} from '@keiro/schemas';
import { createCompany, type Company, type TestPerson } from '../builders/company.ts';
import { env } from '../builders/environment.ts';
import type { ServiceProcess } from '../builders/service-process.ts';
import { mongoWay } from '../builders/mongo-way.ts';
import { tcpSwitch, type TcpSwitch } from '../builders/tcp-switch.ts';

/** The show has 500 and a minute; by itself it runs a part of that, for the time that it takes. */
const deletions = Number(process.env['KEIRO_TEST_DELETIONS'] ?? '40');
const awayMs = Number(process.env['KEIRO_TEST_AWAY_SECONDS'] ?? '4') * 1000;

/** For so many more than by itself. */
const moreMs = Math.max(0, deletions - 40) * 2000;

let company: Company;
let request: ServiceProcess;
let postgres: TcpSwitch;
/** Of the workers that are killed. */
let truth: Awaited<ReturnType<typeof mongoWay>>;
let redis: Redis;
const started: ServiceProcess[] = [];

async function start(
  name: 'tag' | 'transfer' | 'request' | 'erase',
  more: Record<string, string> = {},
): Promise<ServiceProcess> {
  // The workers reach PostgreSQL by a way that can be cut.
  const way = new URL(env('DEMO_POSTGRES_URL'));
  way.host = `127.0.0.1:${String(postgres.port)}`;
  const service = await company.pipeline.start(name, {
    ...company.variablesOf(name),
    DEMO_POSTGRES_URL: way.href,
    ...more,
  });
  started.push(service);
  return service;
}

beforeAll(async () => {
  const target = new URL(env('DEMO_POSTGRES_URL'));
  postgres = await tcpSwitch({ host: target.hostname, port: Number(target.port) });
  truth = await mongoWay();
  company = await createCompany('storm');
  redis = new Redis(company.variablesOf('request')['KEIRO_REDIS_URL'] ?? '');
  [, , request] = await Promise.all([start('tag'), start('transfer'), start('request')]);
}, 200_000);

afterAll(async () => {
  await Promise.all(started.map((service) => service.end()));
  await redis.flushdb();
  redis.disconnect();
  await company.close();
  await postgres.cut();
  await truth.cut();
}, 60_000);

const asking = () => ({ url: request.url, token: env('KEIRO_TOKEN_COMPLIANCE'), timeoutMs: 60_000 });
const doneTasks = () =>
  company.pipeline.mongo.db.collection<TaskDocument>('tasks').countDocuments({ state: 'done' });
const waits = async () =>
  (await callJson(asking(), { method: 'GET', path: '/v1/holders/waits' }, holderWaitsSchema)).waits;

/** Rows of one person at each holder that is a store; the site abroad has them at two. */
const rowsEach = 3;

async function everywhere(): Promise<TestPerson> {
  const person = await company.newPerson();
  const { member, email } = person;
  const rows = Array.from({ length: rowsEach }, (_, n) => ({
    id: `row-${String(n)}-${member}`,
    member,
    email,
    generation: 1,
  }));
  await Promise.all(Object.values(company.stores).map((store) => store.put(rows)));
  return person;
}

describe('Redis is flushed, two workers are killed and PostgreSQL is away, in the middle of many deletions', () => {
  it(
    'every one ends with passed probes, each effect and receipt once, none lost',
    async () => {
      const people: TestPerson[] = [];
      for (let n = 0; n < deletions; n += 10) {
        const some = Array.from({ length: Math.min(10, deletions - n) }, everywhere);
        people.push(...(await Promise.all(some)));
      }
      await company.pipeline.passed('keiro.tag', collectionTopics);
      const workers = await Promise.all([1, 2].map(() => start('erase', { KEIRO_MONGO_URL: truth.url })));

      const ids: string[] = [];
      for (let n = 0; n < people.length; n += 20) {
        const some = people.slice(n, n + 20).map(async ({ member }) => {
          const body = { type: 'deletion', subject: { member } };
          return (await callJson(asking(), { path: '/v1/requests', body }, acceptedSchema)).id;
        });
        ids.push(...(await Promise.all(some)));
      }
      const all = deletions * Object.keys(company.stores).length;

      await until(async () => (await doneTasks()) > 0, {
        what: 'a task done',
        timeoutMs: 120_000,
        everyMs: 5,
      });
      await redis.flushdb();
      // A store has erased, and the receipt of it gets no further: that is where they are killed.
      await truth.holdAt(Buffer.from('sweptAt'));
      await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
      // Otherwise it was not in the middle.
      expect(await doneTasks()).toBeLessThan(all);

      await postgres.cut();
      await start('erase');
      await until(async () => (await waits()).some(({ holder }) => holder === 'billing'), {
        what: 'the holder on PostgreSQL seen as not answering',
        timeoutMs: 60_000,
      });
      const since = Date.now();
      const crm = { holder: 'crm', state: 'done' as const };
      const tasks = company.pipeline.mongo.db.collection<TaskDocument>('tasks');
      // What is no fault of theirs holds up none of the others.
      await until(async () => (await tasks.countDocuments(crm)) === deletions, {
        what: 'the other holders done',
        timeoutMs: 120_000 + moreMs,
      });
      await until(() => Date.now() - since >= awayMs, {
        what: 'PostgreSQL was away',
        timeoutMs: awayMs + 1000,
      });
      await postgres.mend();

      const requests = company.pipeline.mongo.db.collection<RequestDocument>('requests');
      await until(async () => (await requests.countDocuments({ state: 'done' })) === deletions, {
        what: 'every deletion done',
        timeoutMs: 300_000 + moreMs,
        everyMs: 250,
      });

      const found = await tasks.find().toArray();
      expect(found).toHaveLength(all);
      expect(new Set(found.map((task) => task.request))).toEqual(new Set(ids));
      for (const { state, receipt } of found) {
        expect(state).toBe('done');
        expect(receipt?.probe?.found).toBe(0);
      }
      // Each effect once: neither is what was planted told less where an answer was lost, nor told twice.
      for (const { holder, receipt } of found) {
        const { affected = 0, unanswered = 0, detail = {} } = receipt ?? {};
        const planted = holder === 'recovery' ? 2 * rowsEach : rowsEach;
        expect([holder, affected]).toEqual([holder, planted]);
        expect(unanswered).toBeLessThanOrEqual(affected);
        expect(Object.values(detail).reduce((sum, n) => sum + n, 0)).toBe(affected);
      }
      const unheard = found.filter(({ receipt }) => receipt?.unanswered !== undefined);
      expect(unheard.length).toBeGreaterThan(0);
      expect(found.some(({ foreseen }) => foreseen !== undefined)).toBe(false);
      // No attempt was spent on a holder that answered nobody, but for those that found it out.
      const spent = found.filter(({ attempt }) => attempt > 1);
      expect(spent.every(({ holder }) => holder === 'billing' || holder === 'recovery')).toBe(true);
      for (const store of Object.values(company.stores)) expect(await store.ids()).toEqual([]);

      const audit = await company.pipeline.mongo.db
        .collection<AuditDocument>('audit')
        .find({ action: { $in: ['task.done', 'request.done', 'request.erased'] } })
        .toArray();
      const told = (action: string) => audit.filter((entry) => entry.action === action);
      expect(told('task.done').map(({ _id }) => _id.split('/')[0])).toHaveLength(all);
      expect(new Set(told('task.done').map(({ _id }) => _id.split('/')[0])).size).toBe(all);
      expect(told('request.done')).toHaveLength(deletions);
      expect(told('request.erased')).toHaveLength(deletions);
      expect(await waits()).toEqual([]);
      const status = await callJson(asking(), { method: 'GET', path: '/v1/status' }, requestStatusSchema);
      expect(status.unpublished).toBe(0);
    },
    600_000 + 2 * moreMs,
  );
});

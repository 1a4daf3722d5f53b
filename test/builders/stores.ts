import { randomBytes } from 'node:crypto';
import { MongoClient, type Document } from 'mongodb';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { ConnectorConfig } from '@keiro/schemas';
import { createAnalytics } from '@keiro/scripts/demo/analytics/app';
import { createHits } from '@keiro/scripts/demo/analytics/hits';
import { env } from './environment.ts';
import type { DirectiveDependencies } from '@keiro/erase/connectors/directive';
import type { Work } from '@keiro/erase/connectors/connector';
import { processorDomain, startProcessor, type Processor, type ProcessorTraits } from './processor.ts';

/** One item of a person in a store of the tests. */
export interface Row {
  readonly id: string;
  readonly member: string;
  readonly email: string;
  readonly generation: number;
}

/** A downstream store on a real server, with a place of its own in it, and the configuration of its connector. */
export interface TestStore {
  readonly config: ConnectorConfig;
  /** Addresses and secrets that the configuration names. */
  readonly settings: Readonly<Record<string, string>>;
  /** What it can tell: rows of a later generation, suspended purposes, where a locator points. */
  readonly knows: {
    readonly generations: boolean;
    readonly suspension: boolean;
    readonly locators: boolean;
    /** Absent: it can be asked what is left. */
    readonly nothing?: true;
  };
  /** What a connector that sends directives needs. */
  readonly directives?: DirectiveDependencies;
  /** What work at this store is bound to, where that is not any. */
  readonly bound?: Pick<Work, 'request' | 'holder' | 'directiveKey'>;
  put(rows: readonly Row[]): Promise<void>;
  /** Removes everything, as a restore does before it puts the old copy in place. */
  clear(): Promise<void>;
  /** Ids of the rows that are there. */
  ids(): Promise<string[]>;
  /** Every row that is there, read from the store itself: whose it is, by the member. */
  scan(): Promise<{ id: string; member: string }[]>;
  /** Removes these rows behind everybody's back. */
  take(ids: readonly string[]): Promise<void>;
  /** Suspended purposes by id of row. */
  suspended(): Promise<Record<string, string[]>>;
  close(): Promise<void>;
}

type Single = Exclude<ConnectorConfig, { kind: 'composite' | 'directive' | 'google-analytics' }>;
const isSingle = (config: ConnectorConfig): config is Single =>
  config.kind !== 'composite' && config.kind !== 'directive' && config.kind !== 'google-analytics';

const uniqueName = () => `test_${randomBytes(6).toString('hex')}`;

export async function mongodbStore(): Promise<TestStore> {
  const client = await new MongoClient(env('DEMO_MONGO_URL')).connect();
  const database = uniqueName();
  const people = client.db(database).collection<Document & { _id: string }>('people');
  await client.db(database).createCollection('people');
  return {
    config: {
      kind: 'mongodb',
      url: { env: 'DEMO_MONGO_URL' },
      database,
      collections: [
        {
          name: 'people',
          identifiers: { member: 'member', email: 'contact.emails' },
          locator: '_id',
          generation: 'generation',
          suspended: 'suspended',
        },
      ],
    },
    settings: { DEMO_MONGO_URL: env('DEMO_MONGO_URL') },
    knows: { generations: true, suspension: true, locators: true },
    async put(rows) {
      await people.insertMany(
        rows.map(({ id, member, email, generation }) => ({
          _id: id,
          member,
          contact: { emails: [email] },
          generation,
        })),
      );
    },
    async clear() {
      await people.deleteMany({});
    },
    ids: async () => (await people.find().toArray()).map(({ _id }) => _id).sort(),
    scan: async () =>
      (await people.find().toArray()).map((one) => ({ id: one._id, member: String(one['member']) })),
    async take(ids) {
      await people.deleteMany({ _id: { $in: [...ids] } });
    },
    suspended: async () =>
      Object.fromEntries(
        (await people.find().toArray()).map((one) => [
          one._id,
          (one['suspended'] as string[] | undefined) ?? [],
        ]),
      ),
    async close() {
      await client.db(database).dropDatabase();
      await client.close();
    },
  };
}

export async function postgresqlStore(): Promise<TestStore> {
  const address = new URL(env('DEMO_POSTGRES_URL'));
  const schema = uniqueName();
  const pool = new pg.Pool({ connectionString: address.toString(), max: 2 });
  // A quote in a name has to be quoted itself.
  await pool.query(`create schema ${schema}`);
  await pool.query(
    `create table ${schema}."Pay""ments" (id text primary key, member text, email text, generation int, suspended text[])`,
  );
  const rows = async () =>
    (
      await pool.query<{ id: string; member: string; suspended: string[] | null }>(
        `select * from ${schema}."Pay""ments" order by id`,
      )
    ).rows;
  return {
    config: {
      kind: 'postgresql',
      url: { env: 'DEMO_POSTGRES_URL' },
      database: address.pathname.slice(1) || 'postgres',
      tables: [
        {
          name: `${schema}.Pay"ments`,
          identifiers: { member: 'member', email: 'email' },
          locator: 'id',
          generation: 'generation',
          suspended: 'suspended',
        },
      ],
    },
    settings: { DEMO_POSTGRES_URL: address.toString() },
    knows: { generations: true, suspension: true, locators: true },
    async put(all) {
      for (const { id, member, email, generation } of all) {
        await pool.query(`insert into ${schema}."Pay""ments" values ($1, $2, $3, $4)`, [
          id,
          member,
          email,
          generation,
        ]);
      }
    },
    async clear() {
      await pool.query(`delete from ${schema}."Pay""ments"`);
    },
    ids: async () => (await rows()).map(({ id }) => id),
    scan: async () => (await rows()).map(({ id, member }) => ({ id, member })),
    async take(ids) {
      await pool.query(`delete from ${schema}."Pay""ments" where id = any($1)`, [ids]);
    },
    suspended: async () =>
      Object.fromEntries((await rows()).map(({ id, suspended }) => [id, suspended ?? []])),
    async close() {
      await pool.query(`drop schema ${schema} cascade`);
      await pool.end();
    },
  };
}

export async function redisStore(): Promise<TestStore> {
  const redis = new Redis(env('DEMO_REDIS_URL'), { lazyConnect: true });
  await redis.connect();
  const prefix = uniqueName();
  const clear = async () => {
    const keys = await redis.keys(`${prefix}:*`);
    if (keys.length > 0) await redis.del(...keys);
  };
  return {
    clear,
    config: {
      kind: 'redis',
      url: { env: 'DEMO_REDIS_URL' },
      keys: [{ pattern: `${prefix}:by-email:{email}`, identifier: 'email' }],
      indexes: [{ pattern: `${prefix}:items-of:{member}`, identifier: 'member' }],
    },
    settings: { DEMO_REDIS_URL: env('DEMO_REDIS_URL') },
    knows: { generations: false, suspension: false, locators: true },
    async put(rows) {
      for (const { id, member, email } of rows) {
        await redis.hset(`${prefix}:item:${id}`, { id, member });
        await redis.sadd(`${prefix}:items-of:${member}`, `${prefix}:item:${id}`);
        await redis.sadd(`${prefix}:by-email:${email}`, id);
      }
    },
    async ids() {
      const keys = await redis.keys(`${prefix}:item:*`);
      return keys.map((key) => key.slice(`${prefix}:item:`.length)).sort();
    },
    async scan() {
      const items = await Promise.all(
        (await redis.keys(`${prefix}:item:*`)).map((key) => redis.hgetall(key)),
      );
      return items.map(({ id = '', member = '' }) => ({ id, member }));
    },
    async take(ids) {
      await redis.del(...ids.map((id) => `${prefix}:item:${id}`));
    },
    suspended: () => Promise.resolve({}),
    async close() {
      await clear();
      redis.disconnect();
    },
  };
}

/** Analytics (G1): members are its client ids here, so that it passes through what every connector does. */
export async function analyticsStore(): Promise<TestStore> {
  const token = randomBytes(12).toString('hex');
  const hits = createHits('G-TEST');
  const app = createAnalytics({ hits, property: '42', token, now: () => new Date() });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const rows = new Map<string, string>();
  const there = () => [...rows].filter(([, member]) => hits.count([member]) > 0);
  return {
    config: {
      kind: 'google-analytics',
      url: { env: 'TEST_ANALYTICS_URL' },
      token: { env: 'TEST_ANALYTICS_TOKEN' },
      property: '42',
      identifier: 'member',
    },
    settings: { TEST_ANALYTICS_URL: url, TEST_ANALYTICS_TOKEN: token },
    knows: { generations: false, suspension: false, locators: false, nothing: true },
    async put(more) {
      for (const { id, member } of more) {
        const hit = new URLSearchParams({ v: '2', tid: 'G-TEST', cid: member, en: 'page_view' });
        await fetch(`${url}/g/collect?${hit.toString()}`, { method: 'POST' });
        rows.set(id, member);
      }
    },
    clear() {
      for (const [, member] of rows) hits.end(member, new Date());
      return Promise.resolve();
    },
    ids: () =>
      Promise.resolve(
        there()
          .map(([id]) => id)
          .sort(),
      ),
    scan: () => Promise.resolve(there().map(([id, member]) => ({ id, member }))),
    take(ids) {
      for (const id of ids) hits.end(rows.get(id) ?? '', new Date());
      return Promise.resolve();
    },
    suspended: () => Promise.resolve({}),
    close: () => app.close(),
  };
}

export async function httpStore(
  traits?: ProcessorTraits,
): Promise<TestStore & { readonly processor: Processor }> {
  const token = randomBytes(12).toString('hex');
  const processor = await startProcessor(token, traits);
  const idsByItem = new Map<string, string>();
  return {
    processor,
    config: {
      kind: 'http',
      url: { env: 'TEST_PROCESSOR_URL' },
      token: { env: 'TEST_PROCESSOR_TOKEN' },
      identities: { member: 'controller_customer_id', email: 'email' },
      domain: processorDomain,
      authorities: { env: 'TEST_PROCESSOR_AUTHORITY' },
    },
    settings: {
      TEST_PROCESSOR_URL: processor.url,
      TEST_PROCESSOR_TOKEN: token,
      TEST_PROCESSOR_AUTHORITY: processor.authorityFile,
    },
    knows: { generations: false, suspension: false, locators: false },
    put(rows) {
      for (const { id, member } of rows) {
        processor.items.push(`controller_customer_id:${member}`);
        idsByItem.set(`controller_customer_id:${member}`, id);
      }
      return Promise.resolve();
    },
    clear() {
      processor.items.length = 0;
      return Promise.resolve();
    },
    ids: () => Promise.resolve(processor.items.map((item) => idsByItem.get(item) ?? '').sort()),
    scan: () =>
      Promise.resolve(
        processor.items.map((item) => ({
          id: idsByItem.get(item) ?? '',
          member: item.slice(item.indexOf(':') + 1),
        })),
      ),
    take(ids) {
      const kept = processor.items.filter((item) => !ids.includes(idsByItem.get(item) ?? ''));
      processor.items.splice(0, processor.items.length, ...kept);
      return Promise.resolve();
    },
    suspended: () => Promise.resolve({}),
    close: () => processor.close(),
  };
}

/** A site over two stores, a MongoDB and a PostgreSQL, under these names. */
export async function compositeStore(
  names: readonly [string, string] = ['first', 'second'],
): Promise<TestStore> {
  const [first, second] = await Promise.all([mongodbStore(), postgresqlStore()]);
  if (!isSingle(first.config) || !isSingle(second.config)) throw new Error('parts are single');
  return {
    config: {
      kind: 'composite',
      parts: [
        { name: names[0], connector: first.config },
        { name: names[1], connector: second.config },
      ],
    },
    settings: { ...first.settings, ...second.settings },
    knows: { generations: true, suspension: true, locators: false },
    async put(rows) {
      await Promise.all([first.put(rows), second.put(rows)]);
    },
    async clear() {
      await Promise.all([first.clear(), second.clear()]);
    },
    ids: async () => [...new Set([...(await first.ids()), ...(await second.ids())])].sort(),
    scan: () => first.scan(),
    async take(ids) {
      await Promise.all([first.take(ids), second.take(ids)]);
    },
    async suspended() {
      const [one, two] = await Promise.all([first.suspended(), second.suspended()]);
      return Object.fromEntries(
        Object.keys(one).map((id) => [
          id,
          one[id]?.join() === two[id]?.join() ? (one[id] ?? []) : ['differs'],
        ]),
      );
    },
    async close() {
      await Promise.all([first.close(), second.close()]);
    },
  };
}

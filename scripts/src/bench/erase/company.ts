import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { MongoClient, type Collection } from 'mongodb';
import pg from 'pg';
import type { ConnectorConfig, Holder } from '@keiro/schemas';
import { setting, type StackEnvironment } from '../../services.ts';

/** A person with one row at each of the five holders. */
export interface BenchPerson {
  readonly member: string;
  readonly email: string;
}

/** Five stores on real servers: two collections of MongoDB, two tables of PostgreSQL, keys of Redis. */
export interface BenchCompany {
  readonly holders: readonly Holder[];
  /** Where the register reads them. */
  readonly holdersFile: string;
  put(people: readonly BenchPerson[]): Promise<void>;
  /** Rows that are there, over all five. */
  rows(): Promise<number>;
  close(): Promise<void>;
}

export const newPeople = (count: number): BenchPerson[] =>
  Array.from({ length: count }, () => {
    const id = randomUUID();
    return { member: `bench-${id}`, email: `${id}@people.example` };
  });

export async function createBenchCompany(env: StackEnvironment, folder: string): Promise<BenchCompany> {
  const name = `bench_${randomBytes(4).toString('hex')}`;
  const mongo = await new MongoClient(setting(env, 'DEMO_MONGO_URL')).connect();
  const collections = ['crm', 'support'].map((of): Collection => mongo.db(name).collection(of));
  for (const collection of collections) {
    for (const field of ['member', 'email']) await collection.createIndex({ [field]: 1 });
  }
  const pool = new pg.Pool({ connectionString: setting(env, 'DEMO_POSTGRES_URL'), max: 2 });
  const tables = ['billing', 'accounts'].map((of) => `${name}.${of}`);
  await pool.query(`create schema ${name}`);
  for (const table of tables) {
    await pool.query(`create table ${table} (member text, email text)`);
    await pool.query(`create index on ${table} (member)`);
    await pool.query(`create index on ${table} (email)`);
  }
  const redis = new Redis(setting(env, 'DEMO_REDIS_URL'));
  const keyOf = (member: string) => `${name}:${member}`;

  const identifiers = { member: 'member', email: 'email' };
  const connectors: Readonly<Record<string, ConnectorConfig>> = {
    ...Object.fromEntries(
      collections.map(({ collectionName }) => [
        `bench-${collectionName}`,
        {
          kind: 'mongodb',
          url: { env: 'DEMO_MONGO_URL' },
          database: name,
          collections: [{ name: collectionName, identifiers }],
        } satisfies ConnectorConfig,
      ]),
    ),
    ...Object.fromEntries(
      tables.map((table) => [
        `bench-${table.split('.')[1] ?? ''}`,
        {
          kind: 'postgresql',
          url: { env: 'DEMO_POSTGRES_URL' },
          database: new URL(setting(env, 'DEMO_POSTGRES_URL')).pathname.slice(1),
          tables: [{ name: table, identifiers }],
        } satisfies ConnectorConfig,
      ]),
    ),
    'bench-sessions': {
      kind: 'redis',
      url: { env: 'DEMO_REDIS_URL' },
      keys: [{ pattern: keyOf('{member}'), identifier: 'member' }],
      indexes: [],
    },
  };
  const holders = Object.entries(connectors).map(([id, connector]): Holder => ({
    id,
    kind: 'store',
    name: { ja: id, en: id },
    country: 'JP',
    categories: ['C1'],
    purposes: ['membership'],
    basis: 'own',
    connector,
  }));
  const holdersFile = join(folder, `${name}.json`);
  writeFileSync(holdersFile, JSON.stringify(holders));

  return {
    holders,
    holdersFile,
    async put(people) {
      for (const collection of collections) await collection.insertMany(people.map((one) => ({ ...one })));
      for (const table of tables) {
        await pool.query(`insert into ${table} select * from unnest($1::text[], $2::text[])`, [
          people.map(({ member }) => member),
          people.map(({ email }) => email),
        ]);
      }
      await redis.mset(people.flatMap(({ member }) => [keyOf(member), '1']));
    },
    async rows() {
      const counts = [
        ...collections.map((collection) => collection.countDocuments()),
        ...tables.map(async (table) =>
          Number((await pool.query<{ n: string }>(`select count(*) as n from ${table}`)).rows[0]?.n),
        ),
        redis.keys(keyOf('*')).then(({ length }) => length),
      ];
      return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
    },
    async close() {
      await mongo.db(name).dropDatabase();
      await mongo.close();
      await pool.query(`drop schema ${name} cascade`);
      await pool.end();
      redis.disconnect();
    },
  };
}

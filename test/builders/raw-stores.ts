import { GetObjectCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { patternsOf } from './byte-search.ts';

/*
 * What servers hold, read from themselves past every service: each answers with the places in which one of some values
 * stands, in any form that `patternsOf` knows. A place never has the value in it.
 */

type Holds = (bytes: Buffer) => boolean;

export function holderOf(needles: readonly string[]): Holds {
  const patterns = needles.flatMap(patternsOf);
  return (bytes) => patterns.some((pattern) => bytes.includes(pattern));
}

/** Every document of every collection of every database. */
export async function searchMongo(url: string, needles: readonly string[]): Promise<string[]> {
  const holds = holderOf(needles);
  const client = await new MongoClient(url).connect();
  try {
    const found = new Set<string>();
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    for (const { name } of databases) {
      for (const collection of await client.db(name).collections()) {
        for await (const document of collection.find({}, { raw: true }))
          if (holds(document as unknown as Buffer)) found.add(`${name}.${collection.collectionName}`);
      }
    }
    return [...found].sort();
  } finally {
    await client.close();
  }
}

/** Every key of every database: its name, and what it holds as the server itself would dump it. */
export async function searchRedis(url: string, needles: readonly string[]): Promise<string[]> {
  const holds = holderOf(needles);
  const redis = new Redis(url);
  try {
    const found: string[] = [];
    const keyspace = await redis.info('keyspace');
    for (const [, db = '0'] of keyspace.matchAll(/^db(\d+):/gm)) {
      await redis.select(Number(db));
      for await (const keys of redis.scanBufferStream({ count: 500 }) as AsyncIterable<Buffer[]>) {
        for (const key of keys) {
          if (holds(key) || holds(await valueOf(redis, key))) found.push(`database ${db}: a key`);
        }
      }
    }
    return found;
  } finally {
    redis.disconnect();
  }
}

/** A dump compresses what is long, so it is read by its kind. */
async function valueOf(redis: Redis, key: Buffer): Promise<Buffer> {
  const parts = async (): Promise<unknown> => {
    switch (await redis.type(key)) {
      case 'string':
        return redis.getBuffer(key);
      case 'hash':
        return redis.callBuffer('HGETALL', key);
      case 'list':
        return redis.lrangeBuffer(key, '0', '-1');
      case 'set':
        return redis.smembersBuffer(key);
      case 'zset':
        return redis.zrangeBuffer(key, '0', '-1');
      case 'stream':
        return redis.callBuffer('XRANGE', key, '-', '+');
      default:
        return redis.dumpBuffer(key);
    }
  };
  return Buffer.concat(buffersIn(await parts()));
}

function buffersIn(value: unknown): Buffer[] {
  if (Buffer.isBuffer(value)) return [value, Buffer.from('\n')];
  return Array.isArray(value) ? value.flatMap(buffersIn) : [];
}

/** Every row of every table of every database, as a dump of it has them. */
export async function searchPostgres(url: string, needles: readonly string[]): Promise<string[]> {
  const holds = holderOf(needles);
  const found: string[] = [];
  const databases = await inPostgres(url, undefined, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where datallowconn and not datistemplate',
    );
    return rows.map(({ datname }) => datname);
  });
  for (const database of databases) {
    await inPostgres(url, database, async (client) => {
      const { rows: tables } = await client.query<{ name: string }>(
        `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
          where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
      );
      for (const { name } of tables) {
        const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
        if (rows.some(({ row }) => holds(Buffer.from(row)))) found.push(`${database}: ${name}`);
      }
    });
  }
  return found;
}

async function inPostgres<T>(
  url: string,
  database: string | undefined,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const address = new URL(url);
  if (database !== undefined) address.pathname = `/${encodeURIComponent(database)}`;
  const client = new pg.Client({ connectionString: address.toString() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Every version of every object of a bucket, and every key. */
export async function searchBucket(
  client: S3Client,
  Bucket: string,
  needles: readonly string[],
): Promise<string[]> {
  const holds = holderOf(needles);
  const found: string[] = [];
  for (let after = {}; ;) {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket, ...after }));
    for (const { Key = '' } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])])
      if (holds(Buffer.from(Key))) found.push('a key');
    for (const { Key, VersionId } of page.Versions ?? []) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
      if (Body !== undefined && holds(Buffer.from(await Body.transformToByteArray())))
        found.push('a version');
    }
    if (page.IsTruncated !== true) return found;
    after = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

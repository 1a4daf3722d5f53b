import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { env } from './environment.ts';
import { scanned, uniqueName, type TestStore } from './test-store.ts';

export async function postgresqlStore(): Promise<TestStore> {
  const address = new URL(env('DEMO_POSTGRES_URL'));
  const schema = uniqueName();
  const table = `${schema}."Pay""ments"`;
  const pool = new pg.Pool({ connectionString: address.toString(), max: 2 });
  const expired: string[] = [];
  // A quote in a name has to be quoted itself.
  await pool.query(`create schema ${schema}`);
  await pool.query(
    `create table ${table} (id text primary key, member text, email text, generation int, name text, amount int,
     born date, suspended text[])`,
  );
  const rows = async () =>
    (
      await pool.query<Record<string, unknown> & { id: string; suspended: string[] | null }>(
        `select * from ${table} order by id`,
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
          fields: { name: 'name', amount: 'amount' },
        },
      ],
    },
    settings: { DEMO_POSTGRES_URL: address.toString() },
    knows: { generations: true, suspension: true, locators: true, fields: true },
    async put(all) {
      await pool.query(
        `insert into ${table} (id, member, email, generation, name, amount)
         select id, member, email, generation, name, amount from json_populate_recordset(null::${table}, $1)`,
        [JSON.stringify(all)],
      );
    },
    async clear() {
      await pool.query(`delete from ${table}`);
    },
    ids: async () => (await rows()).map(({ id }) => id),
    scan: async () => (await rows()).map((row) => scanned(row)),
    async take(ids) {
      await pool.query(`delete from ${table} where id = any($1)`, [ids]);
    },
    suspended: async () =>
      Object.fromEntries((await rows()).map(({ id, suspended }) => [id, suspended ?? []])),
    async lie() {
      await pool.query(
        `create function ${schema}.nothing() returns trigger language plpgsql as 'begin return null; end'`,
      );
      await pool.query(
        `create trigger nothing before delete or update on ${table} for each row execute function ${schema}.nothing()`,
      );
    },
    async expire() {
      const [role, password] = [uniqueName(), randomBytes(8).toString('hex')];
      await pool.query(`create role ${role} login password '${password}' valid until '2001-01-01'`);
      expired.push(role);
      const [url, old] = [new URL(address), { username: role, password }];
      return { DEMO_POSTGRES_URL: Object.assign(url, old).toString() };
    },
    async close() {
      for (const role of expired) await pool.query(`drop role ${role}`);
      await pool.query(`drop schema ${schema} cascade`);
      await pool.end();
    },
  };
}

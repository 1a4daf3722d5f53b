import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { connectRedis, type Log } from '@keiro/runtime';
import { connectPostgres } from '@keiro/scripts/demo/postgres';
import { setting, type StackEnvironment } from '../services.ts';

/** How many items in each of the demo company's places hold one of these texts. */
export type Found = Readonly<Record<string, number>>;

/**
 * Looks into every place by itself, with each server's own client and not through Keiro: whole rows, documents,
 * keys and files are searched for the person's identifiers as text.
 */
export interface Inspector {
  look(needles: readonly string[]): Promise<Found>;
  /** Records of the payments of a member, before they are narrowed. */
  paymentsOf(member: string): Promise<string[]>;
  /** Of these payments, in billing and at the recovery site: rows with an amount, and those with more than books hold. */
  books(records: readonly string[]): Promise<{ readonly kept: number; readonly more: number }>;
  close(): Promise<void>;
}

export async function openInspector(env: StackEnvironment, log: Log): Promise<Inspector> {
  const mongo = new MongoClient(setting(env, 'DEMO_MONGO_URL'));
  await mongo.connect();
  const url = setting(env, 'DEMO_POSTGRES_URL');
  const billing = await connectPostgres({ url, database: 'demo_billing', log });
  const drBilling = await connectPostgres({ url, database: 'dr_billing', log });
  const redis = await connectRedis({ url: setting(env, 'DEMO_REDIS_URL'), log });
  const mails = setting(env, 'DEMO_MAIL_FOLDER');

  const collection = (database: string, name: string) => async () =>
    (await mongo.db(database).collection(name).find().toArray()).map((document) => JSON.stringify(document));
  const payments = (pool: typeof billing) => async () =>
    (await pool.query<{ row: string }>('select payments::text as row from payments')).rows.map(
      ({ row }) => row,
    );

  const keysLike = (name: string) => async () => {
    const texts: string[] = [];
    const found = redis.scanStream({ match: `${name}*`, count: 500 }) as AsyncIterable<string[]>;
    for await (const keys of found) {
      for (const key of keys) {
        const content = key.startsWith(`${name}:`) ? await redis.hgetall(key) : await redis.smembers(key);
        texts.push(`${key} ${JSON.stringify(content)}`);
      }
    }
    return texts;
  };

  const places: Readonly<Record<string, () => Promise<string[]>>> = {
    crm: collection('crm', 'profiles'),
    billing: payments(billing),
    newsletter: collection('newsletter', 'readers'),
    sessions: keysLike('session'),
    statistics: keysLike('page-views'),
    mailer: async () =>
      Promise.all((await readdir(mails)).map((name) => readFile(join(mails, name), 'utf8'))),
    'dr-singapore': async () => [
      ...(await collection('dr_crm', 'profiles')()),
      ...(await payments(drBilling)()),
    ],
  };

  return {
    async look(needles) {
      const found: Record<string, number> = {};
      for (const [place, read] of Object.entries(places)) {
        found[place] = (await read()).filter((text) =>
          needles.some((needle) => text.includes(needle)),
        ).length;
      }
      return found;
    },
    async paymentsOf(member) {
      const { rows } = await billing.query<{ record: string }>(
        'select record from payments where member = $1',
        [member],
      );
      return rows.map(({ record }) => record);
    },
    async books(records) {
      const sum = { kept: 0, more: 0 };
      for (const pool of [billing, drBilling]) {
        const { rows } = await pool.query<{ kept: string; more: string }>(
          `select count(amount) as kept,
             count(coalesce(member, payer, billing_email, billing_address, card_token)) as more
           from payments where record = any($1)`,
          [records],
        );
        sum.kept += Number(rows[0]?.kept ?? 0);
        sum.more += Number(rows[0]?.more ?? 0);
      }
      return sum;
    },
    async close() {
      await Promise.all([mongo.close(), billing.end(), drBilling.end(), redis.quit()]);
    },
  };
}

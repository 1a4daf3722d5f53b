import type { Db } from 'mongodb';
import type pg from 'pg';
import { createPayments, paymentColumns } from '../stores/billing.ts';
import type { CrmProfile } from '../stores/crm.ts';

/** Whether standing says that a row must not be copied any more: its person is erased, or about to be. */
type IsBarred = (ref: string, generation: number) => boolean;

/**
 * Makes the copy at the site equal to the store as it is now; answers the number of rows. What the store has no
 * longer goes, because it does not carry this snapshot's mark.
 */
export type Copy = (snapshot: string, isBarred: IsBarred) => Promise<number>;

const batch = 500;

export function crmCopy(store: Db, site: Db): Copy {
  return async (snapshot, isBarred) => {
    const from = store.collection<CrmProfile>('profiles');
    const to = site.collection<CrmProfile & { snapshot: string }>('profiles');
    const rows = (await from.find().toArray()).filter(({ ref, generation }) => !isBarred(ref, generation));
    for (let at = 0; at < rows.length; at += batch) {
      await to.bulkWrite(
        rows.slice(at, at + batch).map(({ _id, ...row }) => ({
          replaceOne: { filter: { _id }, replacement: { ...row, snapshot }, upsert: true },
        })),
      );
    }
    await to.deleteMany({ snapshot: { $ne: snapshot } });
    return rows.length;
  };
}

export async function billingCopy(store: pg.Pool, site: pg.Pool): Promise<Copy> {
  const columns = [...paymentColumns, 'suspended'];
  await store.query(createPayments);
  await site.query(createPayments);
  await site.query('alter table payments add column if not exists snapshot text');
  const values = [...columns, 'snapshot'].map((_, position) => `$${String(position + 1)}`).join(', ');
  const update = [...columns.slice(1), 'snapshot']
    .map((column) => `${column} = excluded.${column}`)
    .join(', ');
  const upsert = `insert into payments (${columns.join(', ')}, snapshot) values (${values})
    on conflict (record) do update set ${update}`;

  return async (snapshot, isBarred) => {
    const read = await store.query<Record<string, unknown> & { ref: string; generation: number }>(
      `select ${columns.join(', ')} from payments`,
    );
    const rows = read.rows.filter(({ ref, generation }) => !isBarred(ref, generation));
    const client = await site.connect();
    try {
      await client.query('begin');
      for (const row of rows)
        await client.query(upsert, [...columns.map((column) => toParameter(row[column])), snapshot]);
      await client.query('delete from payments where snapshot is distinct from $1', [snapshot]);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
    return rows.length;
  };
}

/** A jsonb column is read as an object or a list, and a list of text[] must stay one. */
function toParameter(value: unknown): unknown {
  const isTexts = Array.isArray(value) && value.every((one) => typeof one === 'string');
  return typeof value === 'object' && value !== null && !(value instanceof Date) && !isTexts
    ? JSON.stringify(value)
    : value;
}

import { z } from 'zod';
import type { GuardedEvent } from '@keiro/sdk';
import { connectPostgres } from '../postgres.ts';
import type { Store } from './store.ts';

export const billingDatabase = 'demo_billing';

/** Columns of `payments`, in order, without the purposes that were suspended. */
export const paymentColumns = [
  'record',
  'ref',
  'generation',
  'member',
  'payer',
  'plan',
  'method',
  'invoice',
  'amount',
  'currency',
  'payer_name',
  'paid_at',
  'items',
  'billing_email',
  'billing_address',
  'card_token',
  'brand',
] as const;

export const createPayments = `
  create table if not exists payments (
    record text primary key,
    ref text not null,
    generation integer not null,
    member text,
    payer text,
    plan text not null,
    method text not null,
    invoice text,
    amount bigint,
    currency text,
    payer_name text,
    paid_at timestamptz,
    items jsonb,
    billing_email text,
    billing_address text,
    card_token text,
    brand text,
    suspended text[] not null default '{}'
  )`;

/** `billing`: payments (C5) in PostgreSQL. */
export const billing: Store = {
  holder: 'billing',
  purpose: 'payment',
  categories: ['C5'],
  async open({ config, log, counted }) {
    const pool = await connectPostgres({ url: config.DEMO_POSTGRES_URL, database: billingDatabase, log });
    await pool.query(createPayments);
    const rowOf = paymentColumns.map((_, position) => `$${String(position + 1)}`).join(', ');
    const insert = `insert into payments (${paymentColumns.join(', ')}) values (${rowOf}) on conflict (record) do nothing`;
    return {
      async handle(events) {
        for (const event of events) await pool.query(insert, paymentOf(event));
        counted(events.length);
        return events.map(({ record }) => record);
      },
      ready: async () => {
        await pool.query('select 1');
      },
      close: () => pool.end(),
    };
  },
};

const fieldsSchema = z.object({
  invoice: z.string().optional(),
  amount: z.int().optional(),
  currency: z.string().optional(),
  payerName: z.string().optional(),
  paidAt: z.string().optional(),
  items: z.array(z.unknown()).optional(),
  billingEmail: z.string().optional(),
  billingAddress: z.string().optional(),
  cardToken: z.string().optional(),
  brand: z.string().optional(),
});
const readableSchema = z.object({ plan: z.string(), method: z.string() });

/** One row, in the order of {@link paymentColumns}. Pure. */
export function paymentOf(event: GuardedEvent): unknown[] {
  const { plan, method } = readableSchema.parse(event.readable);
  const fields = fieldsSchema.parse(event.fields);
  return [
    event.record,
    event.ref,
    event.generation,
    event.subject['member'] ?? null,
    event.subject['payer'] ?? null,
    plan,
    method,
    fields.invoice ?? null,
    fields.amount ?? null,
    fields.currency ?? null,
    fields.payerName ?? null,
    fields.paidAt ?? null,
    fields.items === undefined ? null : JSON.stringify(fields.items),
    fields.billingEmail ?? null,
    fields.billingAddress ?? null,
    fields.cardToken ?? null,
    fields.brand ?? null,
  ];
}

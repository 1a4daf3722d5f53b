import { connectMongo } from '@keiro/runtime';
import { normaliseIdentifier } from '@keiro/schemas';
import type { GuardedEvent } from '@keiro/sdk';
import type { Store } from './store.ts';

const newsletterDatabase = 'newsletter';

/** One opted-in campaign entry that the newsletter may write to. */
export interface Reader {
  /** Record id. */
  readonly _id: string;
  readonly ref: string;
  readonly generation: number;
  readonly member?: string;
  readonly email: string;
  readonly campaign: string;
  readonly at: Date;
  readonly suspended?: readonly string[];
}

/** `newsletter`: addresses of those who opted in to marketing (C6), in MongoDB. */
export const newsletter: Store = {
  holder: 'newsletter',
  purpose: 'marketing',
  categories: ['C6'],
  async open({ config, log, counted }) {
    const mongo = await connectMongo({ url: config.DEMO_MONGO_URL, database: newsletterDatabase, log });
    const readers = mongo.db.collection<Reader>('readers');
    return {
      async handle(events) {
        const rows = events.map((event) => readerOf(event));
        const writable = rows.filter((row) => row !== undefined);
        if (writable.length > 0) {
          await readers.bulkWrite(
            writable.map(({ _id, ...row }) => ({
              updateOne: { filter: { _id }, update: { $setOnInsert: row }, upsert: true },
            })),
          );
        }
        counted(writable.length);
        return rows.map((row) => row?._id ?? null);
      },
      ready: () => mongo.ping(),
      close: () => mongo.close(),
    };
  },
};

/** Pure. */
export function readerOf(event: GuardedEvent): Reader | undefined {
  const { email } = { ...event.subject, ...event.fields };
  if (typeof email !== 'string') return undefined;
  return {
    _id: event.record,
    ref: event.ref,
    generation: event.generation,
    ...(event.subject['member'] === undefined ? {} : { member: event.subject['member'] }),
    email: normaliseIdentifier('email', email),
    campaign: String(event.readable['campaign']),
    at: event.time,
  };
}

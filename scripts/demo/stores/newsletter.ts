import { connectMongo } from '@keiro/runtime';
import { normaliseIdentifier, type ExportedItem, type FieldChange } from '@keiro/schemas';
import type { Directive, GuardedEvent } from '@keiro/sdk';
import type { Filter } from 'mongodb';
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

/**
 * `newsletter`: addresses of those who opted in to marketing (C6), in MongoDB. It owns its store: it is told by
 * directive what to do with it, and nobody else has its address.
 */
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
      directives: {
        erase: async (directive) => ({
          readers: (await readers.deleteMany(readersOf(directive))).deletedCount,
        }),
        probe: (directive) => readers.countDocuments(readersOf(directive)),
        async flag(directive) {
          const suspended = [...directive.purposes];
          const differing = { ...readersOf(directive), suspended: { $ne: suspended } };
          return { readers: (await readers.updateMany(differing, { $set: { suspended } })).modifiedCount };
        },
        async correct(directive, changes) {
          const { set, missing } = correctionOf(changes);
          if (set.email === undefined) return { affected: { readers: 0 }, differing: 0, missing };
          const differing = { $and: [readersOf(directive), { email: { $ne: set.email } }] };
          const { modifiedCount } = await readers.updateMany(differing, { $set: set });
          const left = await readers.countDocuments(differing);
          return { affected: { readers: modifiedCount }, differing: left, missing };
        },
        async export(directive, { after, limit }) {
          const theirs = readersOf(directive);
          const page = await readers
            .find(after === undefined ? theirs : { $and: [theirs, { _id: { $gt: after } }] })
            .sort({ _id: 1 })
            .limit(limit)
            .toArray();
          const last = page.at(-1)?._id;
          return {
            items: page.map((reader) => itemOf(reader)),
            ...(page.length < limit || last === undefined ? {} : { next: last }),
          };
        },
      },
      ready: () => mongo.ping(),
      close: () => mongo.close(),
    };
  },
};

/** The entries of a person, by identifier and by locator, but none of a later life. Pure. */
export function readersOf({ lives, locators, newestGeneration }: Directive): Filter<Reader> {
  const valuesOf = (kind: string) => lives.flatMap((life) => (life.kind === kind ? [life.value] : []));
  return {
    generation: { $lte: newestGeneration },
    $or: [
      { _id: { $in: [...locators] } },
      { member: { $in: valuesOf('member') } },
      { email: { $in: valuesOf('email') } },
    ],
  };
}

/** What is to be set, and which fields this store has no place for: an entry without an address can't be. Pure. */
export function correctionOf(changes: readonly FieldChange[]): {
  readonly set: { readonly email?: string };
  readonly missing: string[];
} {
  const email = changes.find(({ field, value }) => field === 'email' && typeof value === 'string')?.value;
  return {
    set: typeof email === 'string' ? { email: normaliseIdentifier('email', email) } : {},
    missing: changes.flatMap(({ field }) => (field === 'email' && email !== undefined ? [] : [field])),
  };
}

/** An entry as the person is told of it. Pure. */
export function itemOf({ _id, at, suspended = [], ...reader }: Reader): ExportedItem {
  return {
    place: 'readers',
    locator: _id,
    fields: { ...reader, at: at.toISOString(), suspended: [...suspended] },
    names: { email: 'email' },
  };
}

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

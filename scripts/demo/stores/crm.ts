import type { UpdateFilter } from 'mongodb';
import { connectMongo } from '@keiro/runtime';
import { normaliseIdentifier } from '@keiro/schemas';
import type { GuardedEvent } from '@keiro/sdk';
import type { Store } from './store.ts';

export const crmDatabase = 'crm';

/** One member. Registration and profile stand side by side, so that the order of the two topics does not matter. */
export interface CrmProfile {
  /** Member id. */
  readonly _id: string;
  readonly ref: string;
  readonly generation: number;
  /** Every address and number that the member gave, normalised: that is how an erasure looks for them. */
  readonly emails?: readonly string[];
  readonly phones?: readonly string[];
  readonly registration?: Readonly<Record<string, unknown>>;
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly updatedAt: Date;
  /** Purposes for which the member has suspended use; set by the erase workers. */
  readonly suspended?: readonly string[];
}

/** `crm`: profiles of members (C1, C2) in MongoDB. */
export const crm: Store = {
  holder: 'crm',
  purpose: 'membership',
  categories: ['C1', 'C2'],
  async open({ config, log, counted }) {
    const mongo = await connectMongo({ url: config.DEMO_MONGO_URL, database: crmDatabase, log });
    const profiles = mongo.db.collection<CrmProfile>('profiles');
    return {
      async handle(events) {
        const known = events.filter(({ subject }) => subject['member'] !== undefined);
        if (known.length > 0) {
          await profiles.bulkWrite(
            known.map((event) => ({
              updateOne: { filter: { _id: memberOf(event) }, update: changeOf(event), upsert: true },
            })),
          );
        }
        counted(known.length);
        return events.map(({ subject }) => subject['member'] ?? null);
      },
      ready: () => mongo.ping(),
      close: () => mongo.close(),
    };
  },
};

const memberOf = ({ subject }: GuardedEvent) => subject['member'] ?? '';

/** The same however often and in whatever order of topics it is applied. Pure. */
export function changeOf(event: GuardedEvent): UpdateFilter<CrmProfile> {
  const { email, phone } = { ...event.subject, ...event.fields };
  const { ref, generation, time } = event;
  return {
    $set: {
      ref,
      generation,
      ...(event.type === 'registration' ? { registration: event.fields } : changedFields(event)),
    },
    $max: { updatedAt: time },
    $addToSet: {
      ...(typeof email === 'string' ? { emails: normaliseIdentifier('email', email) } : {}),
      ...(typeof phone === 'string' ? { phones: normaliseIdentifier('phone', phone) } : {}),
    },
  };
}

/** A profile event tells only what changed: each field by itself, so that an older one is not lost. */
function changedFields(event: GuardedEvent): Record<string, unknown> {
  return Object.fromEntries(Object.entries(event.fields).map(([name, value]) => [`profile.${name}`, value]));
}

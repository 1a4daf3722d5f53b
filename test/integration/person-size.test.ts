import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { collections } from '@keiro/infra/collections';
import { createProgressReader } from '@keiro/query/progress';
import { search } from '@keiro/query/search';
import { createStore } from '@keiro/query/store';
import { createLog } from '@keiro/runtime';
import { shippedPolicies, type Ref } from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { MongoClient, type CommandStartedEvent } from 'mongodb';
import { env } from '../builders/environment.ts';
import { factOf, linksOf, minute, recordOf } from '../builders/lineage.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';

/* How often the store is asked for a person of 50 refs and 10,000 records, and that it is never searched through. */

const now = () => new Date(Date.UTC(2026, 3, 1));
const run = randomUUID();
const member = `m-${run}`;
const cookies = Array.from({ length: 48 }, (_, n) => `c-${run}-${String(n)}`);

let pipeline: Pipeline;
let watched: MongoClient;
let refs: readonly Ref[];
/** What the store was asked, by collection; `getMore` only fetches the rest of an answer. */
const asked = new Map<string, number>();

beforeAll(async () => {
  pipeline = await createPipeline('person-size', []);
  const seal = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_DEMO') });
  const identifiers = [
    { kind: 'member' as const, value: member },
    { kind: 'email' as const, value: `${run}@people.example` },
    ...cookies.map((value) => ({ kind: 'cookie' as const, value })),
  ];
  const time = minute(0).toISOString();
  const { results } = await seal.seal({
    source: 'demo-site',
    identifiers: identifiers.map((one) => ({ ...one, groups: [], type: 'registration', time })),
  });
  refs = results.map(({ ref }) => ref);
  await seed();
  watched = new MongoClient(env('KEIRO_MONGO_URL'), { monitorCommands: true });
  watched.on('commandStarted', ({ commandName, command }: CommandStartedEvent) => {
    const collection: unknown = command[commandName];
    if (typeof collection === 'string') asked.set(collection, (asked.get(collection) ?? 0) + 1);
  });
  await watched.connect();
}, 60_000);

afterAll(async () => {
  await watched.close();
  await pipeline.close();
});

/** The person, and ten times as many records of others around. */
async function seed(): Promise<void> {
  const { db } = pipeline.mongo;
  for (const { name, indexes } of collections.filter(({ database }) => database === 'lineage'))
    for (const index of indexes)
      await db.collection(name).createIndexes([{ key: index.key, name: index.name }]);
  const [first = '', ...others] = refs;
  const records = Array.from({ length: 10_000 }, (_, n) =>
    recordOf(refs[n % refs.length] ?? first, String(n), { time: minute(n), type: 'cookie', category: 'C3' }),
  );
  const foreign = Array.from({ length: 5000 }, (_, n) =>
    recordOf(`member.other-${String(n % 500)}`, String(n)),
  );
  const insert = (name: string, documents: readonly { readonly _id: string }[]) =>
    db.collection<{ _id: string }>(name).insertMany([...documents], { ordered: false });
  await insert('records', [...records, ...foreign]);
  await insert(
    'links',
    others.flatMap((ref) => linksOf(first, ref)),
  );
  await insert(
    'copies',
    records.slice(0, 2000).map((record) => factOf(record, 'sessions', 'held', minute(1))),
  );
}

describe('a person of 50 refs and 10,000 records', () => {
  it('is resolved with one question a collection, and one a step outward for who it is', async () => {
    const log = createLog('test-person-size', 'error');
    const progress = createProgressReader({ kafka: pipeline.kafka, groupSuffix: '', log, now });
    const keys = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_QUERY') });
    const store = createStore(watched.db(pipeline.mongo.db.databaseName));
    try {
      asked.clear();
      // The hardest start: the browser leads to the member, and the member to all the others.
      const deps = { store, keys, progress, policies: shippedPolicies(), now };
      const answer = await search(deps, { cookie: cookies[7] ?? '', limit: 100 }, false);
      expect(answer.person.refs).toHaveLength(50);
      expect(answer.page).toMatchObject({ total: 10_000, shown: 100 });
    } finally {
      await progress.close();
    }
    // The browser, its member, all that the member was seen with.
    expect({ links: asked.get('links'), cuts: asked.get('cuts') }).toEqual({ links: 3, cuts: 3 });
    for (const once of [
      'records',
      'copies',
      'facts',
      'standing',
      'requests',
      'quarantine',
      'snapshots',
      'holders',
    ])
      expect([once, asked.get(once)]).toEqual([once, 1]);
  });

  it.each([
    ['records', 'ref'],
    ['copies', 'ref'],
    ['facts', 'ref'],
    ['links', 'from'],
    ['cuts', 'from'],
    ['requests', 'lives.ref'],
  ])('does not have %s searched through', async (name, field) => {
    const plan: unknown = await pipeline.mongo.db
      .collection(name)
      .find({ [field]: { $in: [...refs] } })
      .explain('queryPlanner');
    expect(JSON.stringify(plan)).toContain('"IXSCAN"');
    expect(JSON.stringify(plan)).not.toContain('"COLLSCAN"');
  });
});

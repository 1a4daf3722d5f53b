import { randomBytes } from 'node:crypto';
import {
  callJson,
  connectMongo,
  createLog,
  deleteMany,
  insertNew,
  listsOf,
  until,
  type Mongo,
} from '@keiro/runtime';
import {
  dueOn,
  retentionChangedSchema,
  type CopyDocument,
  type DueDocument,
  type Life,
  type RecordDocument,
  type RequestDocument,
} from '@keiro/schemas';
import { createKeysClient, locatorAssociated, seal } from '@keiro/sdk';
import type { Collection } from 'mongodb';
import { accessRecord, collectedAt, copyOf } from './held-records.ts';
import { openSweepStores, sweepHolders, type SweepStores } from './sweep-stores.ts';

export interface SweepBench {
  readonly records: number;
  readonly persons: number;
  /** Records a second from the first look to the last request that is done. The mark is 2,000. */
  readonly sweep: number;
  /** The same store commands by themselves, in batches of the same size. */
  readonly bare: number;
  readonly ratio: number;
  /** Requests, and copies that holders had. */
  readonly requests: number;
  readonly copies: number;
}

const batch = 1000;
const source = 'bench-sweep';

/**
 * Records that have ended, each with a copy at one or two of three holders on real stores (MongoDB, PostgreSQL, Redis):
 * looked at, planned, erased by their places, probed, and taken out of lineage. Needs `keys`, and starts `transfer`,
 * `request` and `erase`.
 */
export async function benchSweep(
  env: Readonly<Record<string, string | undefined>>,
  startServices: () => Promise<void>,
  { records = 20_000, persons = 2000 }: { records?: number; persons?: number } = {},
): Promise<SweepBench> {
  const of = (name: string): string => env[name] ?? '';
  const log = createLog('bench-sweep', 'error');
  const mongo = await connectMongo({
    url: of('KEIRO_MONGO_URL'),
    database: of('KEIRO_DATABASE') || 'keiro',
    log,
  });
  const { db } = mongo;
  const stores = await openSweepStores(of);
  try {
    await startServices();
    const call = { url: of('KEIRO_REQUEST_URL'), token: of('KEIRO_TOKEN_COMPLIANCE') };
    const act = (path: string) =>
      callJson(call, { path: `/v1/retention/${path}`, body: {} }, retentionChangedSchema);
    await act('pause');
    await stores.register(of('KEIRO_TRANSFER_URL'), of('KEIRO_TOKEN_OPERATOR'));
    const bare = await measureBare(stores, mongo, records);
    const made = await makeData(of, stores, records, persons);
    await insertAll(db.collection<RecordDocument>('records'), made.records);
    await insertAll(db.collection<CopyDocument>('copies'), made.copies);
    const days = listsOf(made.records, batch).flatMap((some) =>
      dueOn('2026-01-01', { records: some.map(({ _id }) => _id) }),
    );
    await db.collection<DueDocument>('due').insertMany(days);

    const requests = db.collection<RequestDocument>('requests');
    const before = await requests.countDocuments({ type: 'retention', state: 'done' });
    const started = performance.now();
    await act('run');
    let done = 0;
    await until(
      async () => {
        done = (await requests.countDocuments({ type: 'retention', state: 'done' })) - before;
        return done >= days.length;
      },
      { what: 'the sweep', timeoutMs: 300_000, everyMs: 100 },
    );
    const sweep = records / ((performance.now() - started) / 1000);
    const left = await db.collection<RecordDocument>('records').countDocuments({ source });
    if (left + (await stores.count()) > 0) throw new Error(`${String(left)} records are left`);
    return {
      records,
      persons,
      sweep: Math.round(sweep),
      bare: Math.round(bare),
      ratio: Math.round((sweep / bare) * 100) / 100,
      requests: done,
      copies: made.copies.length,
    };
  } finally {
    await stores.close();
    await mongo.close();
  }
}

/** Deletes as many rows, copies and records with the same commands, holders at the same time as a batch has them. */
async function measureBare(stores: SweepStores, { db }: Mongo, records: number): Promise<number> {
  const ids = Array.from({ length: records }, (_, n) => `bare-${String(n)}`);
  const plain = db.collection<{ _id: string; ref: string }>('bareRecords');
  const reports = db.collection<{ _id: string; ref: string }>('bareCopies');
  await Promise.all([plain.createIndex({ ref: 1 }), reports.createIndex({ ref: 1 })]);
  const documents = ids.map((_id) => ({ _id, ref: _id }));
  const copiesOf = ids.map((id, n) => holdersOf(n).map((holder) => `${id}|${holder}|held`)).flat();
  await insertAll(plain, documents);
  await insertAll(
    reports,
    copiesOf.map((_id) => ({ _id, ref: _id })),
  );
  for (const holder of sweepHolders) await stores.put(holder, placesAt(ids, holder));
  const started = performance.now();
  for (const some of listsOf(ids, batch)) {
    const offset = ids.indexOf(some[0] ?? '');
    await Promise.all(sweepHolders.map((holder) => stores.erase(holder, placesAt(some, holder, offset))));
    await deleteMany(
      reports,
      some.flatMap((id, n) => holdersOf(offset + n).map((holder) => `${id}|${holder}|held`)),
    );
    await deleteMany(plain, some);
  }
  const seconds = (performance.now() - started) / 1000;
  await Promise.all([plain.drop(), reports.drop()]);
  return records / seconds;
}

/** Every record is at the first holder or at another two: four copies for every three records. */
const holdersOf = (n: number): readonly (typeof sweepHolders)[number][] =>
  n % 3 === 0 ? ['sweep-postgres', 'sweep-redis'] : ['sweep-mongo'];
const placesAt = (ids: readonly string[], holder: (typeof sweepHolders)[number], offset = 0) =>
  ids.filter((_, n) => holdersOf(offset + n).includes(holder));

async function makeData(
  of: (name: string) => string,
  stores: SweepStores,
  count: number,
  persons: number,
): Promise<{ records: RecordDocument[]; copies: CopyDocument[] }> {
  const lives = await livesOf(of, persons);
  const custody = createKeysClient({ url: of('KEIRO_KEYS_URL'), token: of('KEIRO_TOKEN_IMPORT') });
  const keys = new Map<string, Buffer>();
  for (const holder of sweepHolders) {
    for (const some of listsOf(lives, 500)) {
      const { results } = await custody.custodyKeys({ holder, lives: some });
      for (const [n, result] of results.entries())
        if (result.state === 'live')
          keys.set(`${holder}|${some[n]?.ref ?? ''}`, Buffer.from(result.key, 'base64'));
    }
  }
  const perPerson = Math.ceil(count / persons);
  const records: RecordDocument[] = [];
  const copies: CopyDocument[] = [];
  for (let n = 0; n < count; n += 1) {
    const life = lives[Math.floor(n / perPerson)];
    if (life === undefined) throw new Error('there are fewer persons');
    const record = accessRecord(life, n, { source, groups });
    records.push(record);
    for (const holder of holdersOf(n)) {
      const key = keys.get(`${holder}|${life.ref}`);
      if (key === undefined) throw new Error('there is a custody key');
      const locator = seal(
        key,
        Buffer.from(`place-${String(n)}`),
        locatorAssociated(holder, record._id),
        randomBytes(12),
      );
      copies.push(copyOf(record, holder, locator));
    }
  }
  const places = records.map((_, n) => `place-${String(n)}`);
  for (const holder of sweepHolders) await stores.put(holder, placesAt(places, holder));
  return { records, copies };
}

async function livesOf(of: (name: string) => string, persons: number): Promise<Life[]> {
  const keys = createKeysClient({ url: of('KEIRO_KEYS_URL'), token: of('KEIRO_TOKEN_DEMO') });
  const asked = { groups: [], type: 'registration' as const, time: new Date().toISOString() };
  const members = Array.from(
    { length: persons },
    (_, n) => `m-sweep-${String(n)}-${randomBytes(4).toString('hex')}`,
  );
  const lives: Life[] = [];
  for (const some of listsOf(members, 500)) {
    const identifiers = some.map((value) => ({ kind: 'member' as const, value, ...asked }));
    const { results } = await keys.seal({ source: 'demo-site', identifiers });
    lives.push(...results.map(({ ref, generation }) => ({ ref, generation })));
  }
  return lives;
}

const endOf2025 = new Date('2025-12-31T15:00:00Z');
const endedGroup = (group: string, rule: string) => ({
  group,
  purposes: ['membership'],
  rule,
  start: 'collection',
  startAt: collectedAt,
  end: endOf2025,
});
const groups = [endedGroup('C4.authentication', 'access-auth'), endedGroup('C4.usage', 'access')];

async function insertAll<T extends { readonly _id: string }>(
  collection: Collection<T>,
  documents: readonly T[],
): Promise<void> {
  for (const some of listsOf(documents, batch)) await insertNew(collection, some);
}

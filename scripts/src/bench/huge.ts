import { randomBytes } from 'node:crypto';
import { callJson, connectMongo, createLog, insertNew, listsOf, until } from '@keiro/runtime';
import {
  acceptedSchema,
  registeredAnswerSchema,
  type CopyDocument,
  type Holder,
  type Life,
  type RecordDocument,
  type RequestDocument,
} from '@keiro/schemas';
import { createKeysClient, locatorAssociated, seal } from '@keiro/sdk';
import { MongoClient } from 'mongodb';
import { accessRecord, collectedAt, copyOf, heldAccessAt } from './held-records.ts';

export interface HugeBench {
  readonly holders: number;
  readonly persons: readonly HugePerson[];
}

/** A deletion of one person with so many records, each with a copy at one of the holders. */
export interface HugePerson {
  readonly records: number;
  /** Milliseconds until the request was answered. */
  readonly acceptedMs: number;
  /** Milliseconds from the call to the plan, the time in which it was accepted included; the mark is 2,000. */
  readonly plannedMs: number;
  /** Milliseconds to the last probe. */
  readonly doneMs: number;
  /** The most memory that these ever had resident by then, in MB. */
  readonly requestMb: number;
  readonly eraseMb: number;
}

const source = 'bench-huge';
const database = 'bench_huge';

/** Deletions of persons of growing size over twenty collections of a real store, swept by place. */
export async function benchHuge(
  env: Readonly<Record<string, string | undefined>>,
  startServices: () => Promise<void>,
  peakMb: (service: 'request' | 'erase') => number,
  { sizes = [1000, 100_000], holders = 20 }: { sizes?: readonly number[]; holders?: number } = {},
): Promise<HugeBench> {
  const of = (name: string): string => env[name] ?? '';
  const log = createLog('bench-huge', 'error');
  const mongo = await connectMongo({
    url: of('KEIRO_MONGO_URL'),
    database: of('KEIRO_DATABASE') || 'keiro',
    log,
  });
  const stores = await new MongoClient(of('DEMO_MONGO_URL')).connect();
  const rows = stores.db(database);
  const names = Array.from({ length: holders }, (_, n) => `huge-${String(n)}`);
  try {
    await startServices();
    const operator = { url: of('KEIRO_TRANSFER_URL'), token: of('KEIRO_TOKEN_OPERATOR') };
    for (const name of names)
      await callJson(operator, { path: '/v1/holders', body: holderOf(name) }, registeredAnswerSchema);
    const requests = mongo.db.collection<RequestDocument>('requests');
    const persons: HugePerson[] = [];
    for (const size of sizes) {
      const member = `m-huge-${randomBytes(6).toString('hex')}`;
      const made = await makePerson(of, member, size, names);
      for (const some of listsOf(made.records, 1000))
        await insertNew(mongo.db.collection<RecordDocument>('records'), some);
      for (const some of listsOf(made.copies, 1000))
        await insertNew(mongo.db.collection<CopyDocument>('copies'), some);
      for (const [holder, ids] of made.places)
        for (const some of listsOf(ids, 1000))
          await rows.collection<{ _id: string }>(holder).insertMany(some.map((_id) => ({ _id })));

      const started = Date.now();
      const { id } = await callJson(
        { url: of('KEIRO_REQUEST_URL'), token: of('KEIRO_TOKEN_COMPLIANCE'), timeoutMs: 60_000 },
        { path: '/v1/requests', body: { type: 'deletion', subject: { member } } },
        acceptedSchema,
      );
      const acceptedMs = Date.now() - started;
      let request: RequestDocument | null = null;
      await until(
        async () => {
          request = await requests.findOne({ _id: id });
          return request?.state === 'done';
        },
        { what: `the deletion of a person with ${String(size)} records`, timeoutMs: 900_000, everyMs: 200 },
      );
      const done = request as RequestDocument | null;
      const left = await Promise.all(names.map((name) => rows.collection(name).countDocuments()));
      if (left.some((n) => n > 0)) throw new Error('rows are left');
      const since = (at: Date | undefined) => (at?.getTime() ?? Number.NaN) - started;
      persons.push({
        records: size,
        acceptedMs,
        plannedMs: since(done?.steps.find(({ step }) => step === 'planned')?.at),
        doneMs: since(done?.doneAt),
        requestMb: peakMb('request'),
        eraseMb: peakMb('erase'),
      });
    }
    return { holders, persons };
  } finally {
    await rows.dropDatabase();
    await stores.close();
    await mongo.close();
  }
}

const holderOf = (id: string): Holder =>
  heldAccessAt(id, {
    kind: 'mongodb',
    url: { env: 'DEMO_MONGO_URL' },
    database,
    collections: [{ name: id, identifiers: {}, locator: '_id' }],
  });

const groups = [
  { group: 'C4.usage', purposes: ['membership'], rule: 'access', start: 'collection', startAt: collectedAt },
];

async function makePerson(
  of: (name: string) => string,
  member: string,
  size: number,
  holders: readonly string[],
): Promise<{ records: RecordDocument[]; copies: CopyDocument[]; places: Map<string, string[]> }> {
  const producer = createKeysClient({ url: of('KEIRO_KEYS_URL'), token: of('KEIRO_TOKEN_DEMO') });
  const asked = { groups: [], type: 'registration' as const, time: new Date().toISOString() };
  const identifiers = [{ kind: 'member' as const, value: member, ...asked }];
  const { results } = await producer.seal({ source: 'demo-site', identifiers });
  const life: Life = { ref: results[0]?.ref ?? '', generation: results[0]?.generation ?? 0 };
  const custody = createKeysClient({ url: of('KEIRO_KEYS_URL'), token: of('KEIRO_TOKEN_IMPORT') });
  const keys = new Map<string, Buffer>();
  for (const holder of holders) {
    const [found] = (await custody.custodyKeys({ holder, lives: [life] })).results;
    if (found?.state === 'live') keys.set(holder, Buffer.from(found.key, 'base64'));
  }
  const records: RecordDocument[] = [];
  const copies: CopyDocument[] = [];
  const places = new Map<string, string[]>();
  for (let n = 0; n < size; n += 1) {
    const holder = holders[n % holders.length] ?? '';
    const key = keys.get(holder);
    if (key === undefined) throw new Error('there is a custody key');
    const record = accessRecord(life, n, { source, groups });
    const place = `${member}-${String(n)}`;
    const there = places.get(holder) ?? [];
    there.push(place);
    places.set(holder, there);
    records.push(record);
    const associated = locatorAssociated(holder, record._id);
    copies.push(copyOf(record, holder, seal(key, Buffer.from(place), associated, randomBytes(12))));
  }
  return { records, copies, places };
}

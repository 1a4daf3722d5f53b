import { randomBytes } from 'node:crypto';
import { collections } from '@keiro/infra/collections';
import { connectMongo, createLog, createMetrics, type Message } from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import {
  proofHeader,
  recordId,
  shippedPolicies,
  type CopyDocument,
  type CopyReport,
  type Holder,
} from '@keiro/schemas';
import { createHandler } from '@keiro/transfer/handle';
import { openHolderStore } from '@keiro/transfer/holder-store';
import { createHolders } from '@keiro/transfer/holders';
import { erasedIn } from '@keiro/transfer/erased';
import { createKeep } from '@keiro/transfer/keep';
import { createTransferMetrics } from '@keiro/transfer/metrics';
import { openPeople } from '@keiro/transfer/people';
import { openTransferStore } from '@keiro/transfer/store';
import { openViolationStore } from '@keiro/transfer/violation-store';
import { createProofs } from '@keiro/transfer/proofs';
import { custodyProof, reportKeyOf } from '@keiro/sdk';
import { lifeOf } from './wire-events.ts';

export interface CustodyBench {
  readonly reports: number;
  /** Reports a second through transfer's handler: decoded, checked, looked up, inserted. */
  readonly transfer: number;
  /** Documents a second of insertMany alone, into a collection with the same indexes. */
  readonly raw: number;
  /** The mark is 0.6. */
  readonly ratio: number;
}

const holder = 'bench-store';
const batch = 1000;
const reportKey = reportKeyOf(randomBytes(32), holder);

/** Custody reports beside inserting the very same documents, batch by batch in turns. Needs the registry and MongoDB. */
export async function benchCustody(
  env: Readonly<Record<string, string | undefined>>,
  { reports = 30_000 }: { reports?: number } = {},
): Promise<CustodyBench> {
  const of = (name: string): string => env[name] ?? '';
  const log = createLog('bench-custody', 'error');
  const registry = connectRegistry({ url: of('KEIRO_REGISTRY_URL') });
  const encode = await registry.encoder('custody.copies-value');
  const database = `keiro_bench_${randomBytes(4).toString('hex')}`;
  const mongo = await connectMongo({ url: of('KEIRO_MONGO_URL'), database, log });
  const store = openTransferStore(mongo.db);
  const bare = mongo.db.collection<CopyDocument>('bare');
  const indexes = collections.find(({ name }) => name === 'copies')?.indexes ?? [];
  for (const { key } of indexes) {
    await mongo.db.collection('copies').createIndex(key);
    await bare.createIndex(key);
  }
  const register = openHolderStore(mongo.db);
  await register.register(benchHolder, 'bench', new Date());
  const metrics = createMetrics('bench');
  const counted = createTransferMetrics(metrics);
  const handle = createHandler({
    registry,
    holders: await createHolders(
      () => register.all(),
      () => new Date(),
    ),
    keep: createKeep({
      erased: erasedIn(mongo.db, () => false),
      store,
      violations: await openViolationStore(mongo.db, metrics, log),
      people: openPeople(mongo.db),
      policies: shippedPolicies(),
      metrics: counted,
    }),
    proofs: createProofs({ reportKeys: () => Promise.resolve([reportKey]) }),
    mode: 'required',
    quarantine: {
      add: (items) => {
        if (items.length > 0) throw new Error(`a report was refused: ${items[0]?.detail ?? ''}`);
        return Promise.resolve();
      },
    },
    metrics: counted,
    now: () => new Date(),
  });
  const seconds = { transfer: 0, raw: 0 };
  try {
    for (let from = 0; from < reports; from += batch) {
      const some = Array.from({ length: batch }, (_, n) => reportOf(from + n));
      const messages = some.map((report, n) => messageOf(encode(report), from + n));
      const documents = some.map(documentOf);
      const timed = async (kind: 'transfer' | 'raw', work: () => Promise<unknown>) => {
        const started = performance.now();
        await work();
        // The first two batches warm both up.
        if (from >= 2 * batch) seconds[kind] += (performance.now() - started) / 1000;
      };
      await timed('transfer', () => handle(messages));
      await timed('raw', () => bare.insertMany(documents, { ordered: false }));
    }
    const found = await mongo.db.collection('copies').countDocuments();
    if (found !== reports) throw new Error(`${String(found)} copies of ${String(reports)}`);
  } finally {
    await mongo.db.dropDatabase();
    await Promise.all([mongo.close(), registry.close()]);
  }
  const measured = reports - 2 * batch;
  return {
    reports,
    transfer: Math.round(measured / seconds.transfer),
    raw: Math.round(measured / seconds.raw),
    ratio: Math.round((seconds.raw / seconds.transfer) * 100) / 100,
  };
}

const benchHolder: Holder = {
  id: holder,
  kind: 'store',
  name: { ja: '計測用', en: 'For measuring' },
  country: 'JP',
  categories: ['C1'],
  purposes: ['membership'],
  basis: 'own',
  connector: { kind: 'http', url: { env: 'NOWHERE' } },
};

function reportOf(number: number): CopyReport {
  const life = lifeOf('member', `custody-${String(number % 1000)}`);
  return {
    holder,
    action: 'held',
    record: recordId(life, 'bench', `custody-${String(number)}`),
    ...life,
    category: 'C1',
    groups: ['C1.subject', 'C1.identity'],
    purpose: 'membership',
    locator: randomBytes(60).toString('base64'),
    at: new Date().toISOString(),
  };
}

const documentOf = (report: CopyReport): CopyDocument => ({
  ...report,
  _id: `${report.record}|${report.holder}|${report.action}`,
  at: new Date(report.at),
  reportedAt: new Date(),
});

const messageOf = (value: Buffer, number: number): Message => ({
  topic: 'custody.copies',
  partition: 0,
  offset: String(number),
  timestamp: 0,
  key: undefined,
  headers: { [proofHeader]: custodyProof(reportKey, { topic: 'custody.copies', key: undefined, value }) },
  value,
});

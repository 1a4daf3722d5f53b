import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  collectionTopics,
  custodyTopics,
  lineageAnswerSchema,
  type CopyDocument,
  type Holder,
  type LineageAnswer,
  type RecordDocument,
} from '@keiro/schemas';
import { createKeysClient, locatorAssociated, open } from '@keiro/sdk';
import type { Collection } from 'mongodb';
import { env } from './environment.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { mongodbStore } from './store-mongodb.ts';
import { postgresqlStore } from './store-postgresql.ts';
import { redisStore } from './store-redis.ts';
import { httpStore } from './store-http.ts';
import type { TestStore } from './test-store.ts';

export const holderIds = ['crm', 'billing', 'sessions', 'mailer', 'support'] as const;
export type HolderId = (typeof holderIds)[number];

/** A pipeline of its own over five holders, each on a real server. */
export interface FiveHolders {
  readonly pipeline: Pipeline;
  readonly stores: Readonly<Record<HolderId, TestStore>>;
  readonly records: Collection<RecordDocument>;
  readonly copies: Collection<CopyDocument>;
  /** A folder for files of the test. */
  readonly folder: string;
  /** What the command line needs to reach it. */
  readonly cliEnv: NodeJS.ProcessEnv;
  /** Waits until all that is in Kafka now has been handled. */
  settled(): Promise<void>;
  lineageOf(member: string): Promise<LineageAnswer>;
  /** `<record>|<holder>` to where the holder has it, opened. */
  locators(): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}

const categories: Readonly<Record<HolderId, string>> = {
  crm: 'C1',
  billing: 'C5',
  sessions: 'C3',
  mailer: 'C6',
  support: 'C7',
};

export async function createFiveHolders(name: string): Promise<FiveHolders> {
  const pipeline = await createPipeline(name, [
    { group: 'keiro.tag', topics: collectionTopics },
    { group: 'keiro.quarantine', topics: ['quarantine'] },
    { group: 'keiro.transfer', topics: custodyTopics },
    { group: 'keiro.holder.crm.membership', topics: ['collection.registration', 'custody.withheld'] },
  ]);
  const [crm, billing, sessions, mailer, support] = await Promise.all([
    mongodbStore(),
    postgresqlStore(),
    redisStore(),
    httpStore(),
    mongodbStore(),
  ]);
  const stores = { crm, billing, sessions, mailer, support };
  const folder = mkdtempSync(join(tmpdir(), 'keiro-holders-'));
  const holdersFile = join(folder, 'holders.json');
  writeFileSync(holdersFile, JSON.stringify(holderIds.map((id) => holderOf(id, stores[id]))));
  const [query] = await Promise.all([
    pipeline.start('query'),
    pipeline.start('tag'),
    pipeline.start('transfer', { KEIRO_HOLDERS_FILE: holdersFile }),
  ]);

  const copies = pipeline.mongo.db.collection<CopyDocument>('copies');
  const keys = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_IMPORT') });
  return {
    pipeline,
    stores,
    records: pipeline.mongo.db.collection('records'),
    copies,
    folder,
    cliEnv: { ...process.env, KEIRO_QUERY_URL: query.url },
    async settled() {
      await pipeline.passed('keiro.tag', collectionTopics);
      await pipeline.passed('keiro.quarantine', ['quarantine']);
      await pipeline.passed('keiro.transfer', custodyTopics);
    },
    async lineageOf(member) {
      const response = await fetch(`${query.url}/v1/lineage/search`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${env('KEIRO_TOKEN_COMPLIANCE')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ member, limit: 2000 }),
      });
      return lineageAnswerSchema.parse(await response.json());
    },
    async locators() {
      const opened = new Map<string, string>();
      for (const holder of holderIds) {
        const all = await copies.find({ holder, action: 'held' }).toArray();
        const lives = [...new Map(all.map(({ ref, generation }) => [ref, { ref, generation }])).values()];
        if (lives.length === 0) continue;
        const { results } = await keys.custodyKeys({ holder, lives });
        const keyOf = new Map(
          lives.map(({ ref }, position) => {
            const result = results[position];
            return [ref, Buffer.from(result?.state === 'live' ? result.key : '', 'base64')];
          }),
        );
        for (const { record, ref, locator = '' } of all) {
          const key = keyOf.get(ref) ?? Buffer.alloc(0);
          opened.set(`${record}|${holder}`, open(key, locator, locatorAssociated(holder, record)).toString());
        }
      }
      return opened;
    },
    async close() {
      await pipeline.close();
      await Promise.all(Object.values(stores).map((store) => store.close()));
      rmSync(folder, { recursive: true });
    },
  };
}

function holderOf(id: HolderId, store: TestStore): Holder {
  return {
    id,
    kind: id === 'mailer' ? 'processor' : 'store',
    name: { ja: id, en: id },
    country: 'JP',
    categories: [categories[id]],
    purposes: ['membership', 'payment', 'service'],
    basis: id === 'mailer' ? 'entrustment' : 'own',
    connector: store.config,
  };
}

/** The category of which a holder has records. */
export const categoryOf = (holder: HolderId): string => categories[holder];

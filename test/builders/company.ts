import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectionTopics, custodyTopics, factTopic, recordId, type Holder, type Life } from '@keiro/schemas';
import { createKeysClient, locatorAssociated, seal } from '@keiro/sdk';
import { env } from './environment.ts';
import { fit } from './holders.ts';
import { provenBy } from './reporting.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { mongodbStore } from './store-mongodb.ts';
import { postgresqlStore } from './store-postgresql.ts';
import { httpStore } from './store-http.ts';
import { compositeStore } from './stores.ts';
import type { TestStore } from './test-store.ts';
import { produce, sealedEvent } from './wire.ts';

/** A person whom the keys service knows, invented for one test. */
export interface TestPerson {
  readonly member: string;
  readonly email: string;
  readonly lives: readonly [member: Life, email: Life];
}

/** A pipeline of its own with a company's holders behind it, each on a real server. */
export interface Company {
  readonly pipeline: Pipeline;
  readonly stores: {
    readonly crm: TestStore;
    readonly billing: TestStore;
    readonly mailer: Awaited<ReturnType<typeof httpStore>>;
    readonly recovery: TestStore;
  };
  /** What the services need in their environment, by service. */
  variablesOf(service: 'tag' | 'transfer' | 'request' | 'erase'): Record<string, string>;
  newPerson(): Promise<TestPerson>;
  /** Sends an event about these refs, the first being the primary one; answers its record's id. */
  send(type: 'registration' | 'payment', lives: readonly Life[]): Promise<string>;
  /** Reports, as `crm` for `membership` or as `billing` for `payment`, a copy that can be found by its locator only; of another holder it is sealed for none. */
  reportCopy(
    life: Life,
    record: string,
    locator: string,
    more?: { readonly holder?: string; readonly purpose?: string },
  ): Promise<void>;
  close(): Promise<void>;
}

/** Of a holder that not every company has. */
export interface MoreHolder {
  readonly store: TestStore;
  readonly categories: readonly string[];
}

/** `billingFor`: what its payments are held for; the law has books of them kept where that is `payment` (R4). */
export async function createCompany(
  name: string,
  others: Readonly<Record<string, MoreHolder>> = {},
  { billingFor = 'membership' }: { readonly billingFor?: 'membership' | 'payment' } = {},
): Promise<Company> {
  const pipeline = await createPipeline(name, [
    { group: 'keiro.tag', topics: collectionTopics },
    { group: 'keiro.quarantine', topics: ['quarantine'] },
    { group: 'keiro.transfer', topics: custodyTopics },
    { group: 'keiro.request', topics: [factTopic, 'lineage.tagged'] },
    { group: 'keiro.retention', topics: [factTopic, 'lineage.tagged'] },
  ]);
  const [crm, billing, mailer, recovery] = await Promise.all([
    mongodbStore(),
    postgresqlStore(),
    httpStore(),
    compositeStore(['crm', 'billing']),
  ]);
  const holder = (
    id: string,
    store: TestStore,
    categories: string[],
    more: Partial<Holder> = {},
  ): Holder => ({
    id,
    kind: 'store',
    name: { ja: id, en: id },
    country: 'JP',
    categories,
    purposes: ['membership'],
    basis: 'own',
    connector: store.config,
    ...more,
  });
  const folder = mkdtempSync(join(tmpdir(), 'keiro-holders-'));
  const holdersFile = join(folder, 'holders.json');
  writeFileSync(
    holdersFile,
    JSON.stringify([
      holder('crm', crm, ['C1']),
      holder('billing', billing, ['C5'], { purposes: [billingFor] }),
      holder('mailer', mailer, ['C1'], { kind: 'processor', basis: 'entrustment', ...fit }),
      holder('recovery', recovery, ['C1', 'C5'], {
        kind: 'dr-site',
        country: 'SG',
        basis: 'own',
        operator: 'own-branch',
        replicates: ['crm', 'billing'],
      }),
      ...Object.entries(others).map(([id, { store, categories }]) => holder(id, store, [...categories])),
    ]),
  );

  const keysUrl = env('KEIRO_KEYS_URL');
  const producer = createKeysClient({ url: keysUrl, token: env('KEIRO_TOKEN_DEMO') });
  const opener = createKeysClient({ url: keysUrl, token: env('KEIRO_TOKEN_CRM') });
  const biller = createKeysClient({ url: keysUrl, token: env('KEIRO_TOKEN_BILLING') });
  const queues = new URL(env('KEIRO_REDIS_URL'));
  // A database of its own in Redis, so that a test can flush it.
  queues.pathname = '/7';

  return {
    pipeline,
    stores: { crm, billing, mailer, recovery },
    variablesOf: (service) => ({
      ...pipeline.variables,
      ...crm.settings,
      ...billing.settings,
      ...mailer.settings,
      ...Object.fromEntries(Object.values(others).flatMap(({ store }) => Object.entries(store.settings))),
      KEIRO_TOKEN: env(`KEIRO_TOKEN_${service.toUpperCase()}`),
      KEIRO_REDIS_URL: queues.toString(),
      KEIRO_HOLDERS_FILE: holdersFile,
      KEIRO_SESSION_TIMEOUT_MS: '6000',
      KEIRO_RECONCILE_SECONDS: '1',
      KEIRO_RETENTION_EVERY_SECONDS: '1',
      KEIRO_RETRY_FIRST_MS: '5',
    }),

    async newPerson() {
      const id = randomUUID();
      const person = { member: `m-${id}`, email: `${id}@people.example` };
      const asked = { groups: [], type: 'registration' as const, time: new Date().toISOString() };
      const { results } = await producer.seal({
        source: 'demo-site',
        identifiers: [
          { kind: 'member', value: person.member, ...asked },
          { kind: 'email', value: person.email, ...asked },
        ],
      });
      const [member, email] = results.map(({ ref, generation }) => ({ ref, generation }));
      if (member === undefined || email === undefined) throw new Error('two refs were asked for');
      return { ...person, lives: [member, email] };
    },

    async send(type, lives) {
      const [first] = lives;
      if (first === undefined) throw new Error('an event is of somebody');
      const id = randomUUID();
      await produce(pipeline, type, [sealedEvent({ type, id, refs: lives, source: 'demo-site' })]);
      return recordId(first, 'demo-site', id);
    },

    async reportCopy(life, record, locator, { holder: by = 'crm', purpose = 'membership' } = {}) {
      const isBilling = by === 'billing' && purpose === 'payment';
      const { results } = await (isBilling ? biller : opener).release({
        holder: isBilling ? 'billing' : 'crm',
        purpose: isBilling ? 'payment' : 'membership',
        groups: [],
        lives: [life],
      });
      const [answer] = results;
      if (answer?.state !== 'released') throw new Error('the person is open');
      const key = Buffer.from(answer.keys['custody'] ?? '', 'base64');
      const encode = await pipeline.registry.encoder('custody.copies-value');
      const report = {
        holder: by,
        action: 'held',
        record,
        ...life,
        category: isBilling ? 'C5' : 'C1',
        groups: isBilling ? ['C5.books', 'C5.card'] : ['C1.identity'],
        purpose,
        locator: seal(
          key,
          Buffer.from(locator),
          locatorAssociated(isBilling ? 'billing' : 'crm', record),
          randomBytes(12),
        ),
        at: new Date().toISOString(),
      };
      await pipeline.producer.send([
        {
          topic: 'custody.copies',
          messages: await provenBy(by, 'custody.copies', [{ key: record, value: encode(report) }]),
        },
      ]);
    },

    async close() {
      const all = [crm, billing, mailer, recovery, ...Object.values(others).map(({ store }) => store)];
      await Promise.all(all.map((store) => store.close()));
      await pipeline.close();
      rmSync(folder, { recursive: true });
    },
  };
}

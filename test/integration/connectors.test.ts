import { describe, expect, it } from '@jest/globals';
import type { SweptLife } from '@keiro/erase/connectors/connector';
import { describeFailure } from '@keiro/erase/connectors/failure';
import { openConnector } from '@keiro/erase/connectors/open';
import { createLog } from '@keiro/runtime';
import { startProcessor } from '../builders/processor.ts';
import { postgresqlStore } from '../builders/store-postgresql.ts';
import { httpStore } from '../builders/stores.ts';
import { anyWork, lifeOf, row } from '../builders/work.ts';

const log = createLog('test-connectors', 'silent');

describe('failures', () => {
  const unreachable = 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300';

  /** Of a server that has just ended. */
  async function closedAddress(): Promise<string> {
    const processor = await startProcessor('');
    await processor.close();
    return processor.url;
  }

  it('name codes and places, never what the server quotes', async () => {
    const store = await postgresqlStore();
    if (store.config.kind !== 'postgresql') throw new Error('not PostgreSQL');
    const table = store.config.tables[0];
    if (table === undefined) throw new Error('no table');
    const without = { ...store.config, tables: [{ ...table, identifiers: { member: 'nickname' } }] };
    const connector = openConnector(without, (name) => store.settings[name], log);
    const failure = await connector.erase(anyWork([lifeOf('member', 'canary-7f3a')])).catch(describeFailure);
    expect(failure).toBe('postgresql 42703');
    await connector.close();
    await store.close();
  });

  it('of a server that does not answer say so', async () => {
    const config = (kind: 'mongodb' | 'redis' | 'http') =>
      kind === 'mongodb'
        ? {
            kind,
            url: { env: 'URL' },
            database: 'd',
            collections: [{ name: 'c', identifiers: { member: 'm' } }],
          }
        : kind === 'redis'
          ? {
              kind,
              url: { env: 'URL' },
              keys: [{ pattern: 'k:{member}', identifier: 'member' as const }],
              indexes: [],
            }
          : { kind, url: { env: 'URL' } };
    for (const [kind, url, expected] of [
      ['mongodb', unreachable, /^mongodb MongoServerSelectionError$/],
      ['redis', 'redis://:secret@127.0.0.1:1', /^MaxRetriesPerRequestError/],
      ['http', await closedAddress(), /^TypeError: Error ECONNREFUSED$/],
    ] as const) {
      const connector = openConnector(config(kind), () => url, log);
      const failure = await connector
        .erase(anyWork([lifeOf('member', 'canary-7f3a')]))
        .catch(describeFailure);
      expect(failure).toMatch(expected);
      expect(failure).not.toMatch(/canary|secret/);
      await connector.close();
    }
  });

  it('of a setting that is missing name it', () => {
    expect(() => openConnector({ kind: 'http', url: { env: 'NOWHERE_URL' } }, () => undefined, log)).toThrow(
      'NOWHERE_URL',
    );
  });
});

describe('a processor', () => {
  const person = [lifeOf('member', 'canary-7f3a')];

  it.each([
    ['broken', 'POST /requests answered 500'],
    ['garbage', 'GET /requests/:id answered something else: the body'],
  ] as const)('that is %s fails the attempt, and what it quotes goes nowhere', async (manner, expected) => {
    const store = await httpStore();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    store.processor.manner = manner;
    expect(await connector.erase(anyWork(person)).catch(describeFailure)).toBe(expected);
    await store.close();
  });

  it('that takes its time is waited for; each attempt is a request of its own', async () => {
    const store = await httpStore();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    store.processor.manner = 'slow';
    await store.put([row('1', 'canary-7f3a')]);
    const work = anyWork(person);
    await connector.erase(work);
    expect(work.counts).toEqual({ requests: 1 });
    await connector.erase({ ...work, attempt: 2 });
    expect(new Set(store.processor.requests).size).toBe(2);
    await store.close();
  });

  it('that lies is found out by the probe', async () => {
    const store = await httpStore();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    store.processor.manner = 'lying';
    await store.put([row('1', 'canary-7f3a')]);
    await connector.erase(anyWork(person));
    expect(await connector.probe(anyWork(person))).toBe(1);
    await store.close();
  });

  it('gets only the identifiers that it has names for', async () => {
    const store = await httpStore();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    const cookie: SweptLife = {
      ref: `cookie.${'x'.repeat(32)}`,
      generation: 1,
      kind: 'cookie',
      value: 'c-1',
    };
    await connector.erase(anyWork([cookie]));
    expect(store.processor.requests).toEqual([]);
    await store.close();
  });
});

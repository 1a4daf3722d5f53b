import { describe, expect, it } from '@jest/globals';
import { describeFailure } from '@keiro/erase/connectors/failure';
import { openConnector } from '@keiro/erase/connectors/open';
import { createLog } from '@keiro/runtime';
import { startProcessor } from '../builders/processor.ts';
import { postgresqlStore } from '../builders/store-postgresql.ts';
import { anyWork, lifeOf } from '../builders/work.ts';

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

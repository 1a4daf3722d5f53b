import pg from 'pg';
import type { Log } from '@keiro/runtime';
import type { ConnectorConfig } from '@keiro/schemas';
import type { Connector, Flagging, Work } from './connector.ts';
import { describeFailure } from './failure.ts';
import { conditionsOf } from './postgresql-conditions.ts';
import { eraseTable, presentIn, probeTable } from './postgresql-erase.ts';
import { correctTables, exportTables } from './postgresql-fields.ts';
import { quote } from './postgresql-names.ts';
import { readersOf } from './postgresql-readers.ts';
import { scanTables } from './postgresql-scan.ts';

type Config = Extract<ConnectorConfig, { kind: 'postgresql' }>;

/** Tables of a PostgreSQL database. Names are quoted, values are parameters only. */
export function openPostgresqlConnector(config: Config, url: string, log: Log, timeoutMs: number): Connector {
  const pool = new pg.Pool({
    connectionString: databaseUrl(url, config.database),
    max: 5,
    connectionTimeoutMillis: 3000,
    idleTimeoutMillis: 10_000,
    statement_timeout: timeoutMs,
    // Of a server that takes a statement and never answers.
    query_timeout: timeoutMs + 1000,
    application_name: 'keiro-erase',
  });
  // Of a connection that nobody uses at the moment; the next query opens another.
  pool.on('error', (error) => {
    log.warn({ failure: describeFailure(error) }, 'a connection to PostgreSQL was lost');
  });

  async function flag(work: Work): Promise<Flagging> {
    for (const table of config.tables) {
      if (table.suspended === undefined) continue;
      const column = quote(table.suspended);
      for (const { where, parameters } of conditionsOf(table, work)) {
        work.signal.throwIfAborted();
        const purposes = `$${String(parameters.length + 1)}::text[]`;
        const { rowCount } = await pool.query(
          `UPDATE ${quote(table.name)} SET ${column} = ${purposes} WHERE (${where}) AND ${column} IS DISTINCT FROM ${purposes}`,
          [...parameters, work.purposes],
        );
        work.count(table.name, rowCount ?? 0);
      }
    }
    const silent = config.tables.filter(({ suspended }) => suspended === undefined).map(({ name }) => name);
    return silent.length === 0
      ? {}
      : { unsupported: `no column for suspended purposes in ${silent.join(', ')}` };
  }

  return {
    async erase(work) {
      for (const table of config.tables) await eraseTable(pool, table, work);
    },
    async present(work) {
      const counts: Record<string, number> = {};
      for (const table of config.tables) counts[table.name] = await presentIn(pool, table, work);
      return counts;
    },
    suspend: flag,
    resume: flag,
    async probe(work) {
      let found = 0;
      for (const table of config.tables) found += await probeTable(pool, table, work);
      return found;
    },
    correct: (work, changes) => correctTables(pool, config.tables, work, changes),
    export: (work) => exportTables(pool, config.tables, work),
    readers: () =>
      readersOf(
        pool,
        config.tables.map(({ name }) => ({ name, quoted: quote(name) })),
      ),
    scan: (scan) => scanTables(pool, config.tables, scan),
    close: () => pool.end(),
  };
}

function databaseUrl(url: string, database: string): string {
  const address = new URL(url);
  address.pathname = `/${encodeURIComponent(database)}`;
  return address.toString();
}

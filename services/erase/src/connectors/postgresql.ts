import pg from 'pg';
import type { Log } from '@keiro/runtime';
import type { ConnectorConfig } from '@keiro/schemas';
import {
  chunksOf,
  newestGeneration,
  valuesByColumn,
  type Connector,
  type Flagging,
  type Work,
} from './connector.ts';
import { describeFailure } from './failure.ts';
import { quote } from './postgresql-names.ts';
import { readersOf } from './postgresql-readers.ts';
import { scanTables } from './postgresql-scan.ts';

type Config = Extract<ConnectorConfig, { kind: 'postgresql' }>;
type Table = Config['tables'][number];

/** A condition with its parameters, `$1` being the first. */
export interface Condition {
  readonly where: string;
  readonly parameters: readonly unknown[];
}

/** Tables of a PostgreSQL database. Names are quoted, values are parameters only. */
export function openPostgresqlConnector(config: Config, url: string, log: Log): Connector {
  const pool = new pg.Pool({
    connectionString: databaseUrl(url, config.database),
    max: 5,
    connectionTimeoutMillis: 3000,
    idleTimeoutMillis: 10_000,
    statement_timeout: 60_000,
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
      for (const table of config.tables) {
        for (const { where, parameters } of conditionsOf(table, work)) {
          work.signal.throwIfAborted();
          const { rowCount } = await pool.query(`DELETE FROM ${quote(table.name)} WHERE ${where}`, [
            ...parameters,
          ]);
          work.count(table.name, rowCount ?? 0);
        }
      }
    },
    suspend: flag,
    resume: flag,
    async probe(work) {
      let found = 0;
      for (const table of config.tables) {
        for (const { where, parameters } of conditionsOf(table, work)) {
          work.signal.throwIfAborted();
          const { rows } = await pool.query<{ n: string }>(
            `SELECT count(*) AS n FROM ${quote(table.name)} WHERE ${where}`,
            [...parameters],
          );
          found += Number(rows[0]?.n ?? 0);
        }
      }
      return found;
    },
    readers: () =>
      readersOf(
        pool,
        config.tables.map(({ name }) => ({ name, quoted: quote(name) })),
      ),
    scan: (scan) => scanTables(pool, config.tables, scan),
    close: () => pool.end(),
  };
}

/** Conditions that together find every row of these lives: by each column with an identifier, and by locator. Pure. */
export function conditionsOf(
  table: Table,
  work: Pick<Work, 'lives' | 'locators' | 'locatorsUpTo'>,
): Condition[] {
  const { lives, locators } = work;
  const conditions: Condition[] = [];
  const add = (column: string, values: readonly string[]) => {
    for (const some of chunksOf(values)) {
      // As text, so that numbers and UUIDs can be identifiers too; a text column keeps its index.
      const found = `${quote(column)}::text = ANY($1::text[])`;
      if (table.generation === undefined) conditions.push({ where: found, parameters: [some] });
      else {
        const generation = quote(table.generation);
        const where = `${found} AND (${generation} IS NULL OR ${generation} <= $2)`;
        conditions.push({ where, parameters: [some, newestGeneration(work)] });
      }
    }
  };
  for (const [column, values] of valuesByColumn(table.identifiers, lives)) add(column, values);
  if (table.locator !== undefined) add(table.locator, locators);
  return conditions;
}

function databaseUrl(url: string, database: string): string {
  const address = new URL(url);
  address.pathname = `/${encodeURIComponent(database)}`;
  return address.toString();
}

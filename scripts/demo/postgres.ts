import pg from 'pg';
import { KeiroError, whileUnavailable, type Log } from '@keiro/runtime';

/**
 * A pool on one database of the server, made first where it is missing. Waits with a message while the server is
 * down. An error that the pool meets while idle is logged; the next query connects anew.
 */
export async function connectPostgres(options: {
  url: string;
  database: string;
  log: Log;
}): Promise<pg.Pool> {
  const { database, log } = options;
  if (!/^[a-z_]+$/.test(database)) {
    throw new KeiroError('configuration', 'a database is named in lower case', { retryable: false });
  }
  await whileUnavailable({ what: 'PostgreSQL', log, giveUpAfterMs: 60_000 }, () =>
    createDatabase(options.url, database),
  );
  const url = new URL(options.url);
  url.pathname = `/${database}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 5 });
  pool.on('error', (error) => {
    log.warn({ err: error }, 'PostgreSQL');
  });
  return pool;
}

const duplicateDatabase = new Set(['42P04', '23505']);

async function createDatabase(url: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${database}`);
  } catch (error) {
    // Somebody else made it at the same moment.
    if (!duplicateDatabase.has(String((error as { code?: unknown }).code))) throw error;
  } finally {
    await client.end();
  }
}

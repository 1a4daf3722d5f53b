import type pg from 'pg';
import { identifierKinds, type ConnectorConfig } from '@keiro/schemas';
import type { Scan, ScannedBatch, ScannedRow } from './connector.ts';
import { placeOf, positionAt } from './position.ts';
import { quote } from './postgresql-names.ts';

type Table = Extract<ConnectorConfig, { kind: 'postgresql' }>['tables'][number];

/** Pages of the server (8 kB unless it was built otherwise) that one batch reads: about a thousand rows. */
const pages = 8;

/**
 * Every row of every table, some pages at a time: a position is the number of a page, so it names nobody and needs no
 * key of the table. A row that is updated moves to another page and may be seen twice.
 */
export async function* scanTables(
  pool: pg.Pool,
  tables: readonly Table[],
  { from, signal }: Scan,
): AsyncGenerator<ScannedBatch> {
  const { place: first, at } = placeOf(from);
  for (const [position, table] of tables.entries()) {
    if (position < first) continue;
    const select = selectOf(table);
    let end = await pagesOf(pool, table.name);
    for (let page = position === first ? Number(at) : 0; page < end; page += pages) {
      signal.throwIfAborted();
      const { rows } = await pool.query<Record<string, unknown>>(select, [
        `(${String(page)},0)`,
        `(${String(page + pages)},0)`,
      ]);
      // What was updated meanwhile may have made the table longer.
      if (page + pages >= end) end = await pagesOf(pool, table.name);
      if (rows.length === 0) continue;
      yield {
        place: table.name,
        rows: rows.map((row) => rowOf(table, row)),
        after: () => positionAt(position, String(page + pages)),
      };
    }
  }
}

/** The longest of its partitions, where it has some: a position counts pages in each of them. */
async function pagesOf(pool: pg.Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ pages: number }>(
    `SELECT (coalesce((SELECT max(pg_relation_size(relid)) FROM pg_partition_tree($1::regclass)),
      pg_relation_size($1::regclass)) / current_setting('block_size')::bigint)::float8 AS pages`,
    [quote(table)],
  );
  return rows[0]?.pages ?? 0;
}

function selectOf({ name, identifiers, generation, suspended }: Table): string {
  const columns = identifierKinds.flatMap((kind) => {
    const column = identifiers[kind];
    return column === undefined ? [] : [`${quote(column)}::text AS ${kind}`];
  });
  if (generation !== undefined) columns.push(`${quote(generation)}::float8 AS generation`);
  if (suspended !== undefined) columns.push(`${quote(suspended)} AS suspended`);
  return `SELECT ${columns.join(', ')} FROM ${quote(name)} WHERE ctid >= $1::tid AND ctid < $2::tid`;
}

function rowOf(table: Table, row: Readonly<Record<string, unknown>>): ScannedRow {
  const { generation, suspended } = row;
  return {
    identifiers: identifierKinds.flatMap((kind) => {
      const value = row[kind];
      return typeof value === 'string' ? [{ kind, value }] : [];
    }),
    ...(typeof generation === 'number' ? { generation } : {}),
    ...(table.suspended === undefined
      ? {}
      : { suspended: Array.isArray(suspended) ? suspended.filter((one) => typeof one === 'string') : [] }),
  };
}

import { messageOf, KeiroError } from '@keiro/runtime/errors';
import pg from 'pg';
import { columns } from './import-columns.ts';
import type { SourceRow } from './import-rows.ts';

/** Rows that are fetched at once. */
const atOnce = 500;

/** The rows of a query to PostgreSQL, whose columns are those of a file; `line` counts the rows of its result. */
export async function* readQuery(url: string, query: string): AsyncGenerator<SourceRow> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: parserOf } });
  try {
    await client.connect();
    // It only looks, whatever it is given; and the server keeps what has not been fetched.
    await client.query('begin transaction read only');
    await client.query("set local datestyle = 'ISO'");
    await client.query("set local timezone = 'UTC'");
    await client.query(`declare held no scroll cursor for ${query}`);
    let line = 0;
    for (;;) {
      const { rows, fields } = await client.query<Record<string, unknown>>(
        `fetch ${String(atOnce)} from held`,
      );
      const unknown = fields.find(({ name }) => columnOf(name) === undefined);
      if (unknown !== undefined)
        throw refusal(`the query has the column ${unknown.name}, which is none of ${columns.join(', ')}`);
      for (const row of rows) yield { line: (line += 1), fields: given(row) };
      if (rows.length < atOnce) return;
    }
  } catch (error) {
    if (error instanceof KeiroError) throw error;
    // What PostgreSQL says besides may quote a row.
    const why =
      error instanceof pg.DatabaseError ? `PostgreSQL refuses it (${error.code ?? ''})` : messageOf(error);
    throw refusal(`the query can't be read: ${why}`);
  } finally {
    await client.end();
  }
}

/** SQL does not mind the case of a name that is not quoted. */
const columnOf = (name: string) => columns.find((column) => column.toLowerCase() === name.toLowerCase());

const given = (row: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      value === null || value === '' ? [] : [[columnOf(name) ?? name, value]],
    ),
  );

/** PostgreSQL's numbers for its types, as far as they have to be told apart. */
const oid = { bool: 16, timestamp: 1114, timestamptz: 1184, textArray: 1009, varcharArray: 1015 } as const;

/** Values as the texts that a file would have. An instant without an offset is one in Japan (L1). */
function parserOf(type: number): (text: string) => unknown {
  switch (type) {
    case oid.bool:
      return (text) => text === 't';
    case oid.timestamptz:
      return (text) => text.replace(' ', 'T').replace(/\+00$/, 'Z');
    case oid.timestamp:
      return (text) => `${text.replace(' ', 'T')}+09:00`;
    case oid.textArray:
    case oid.varcharArray:
      // Names of fields: none of them needs the quotation marks of other texts.
      return (text) => text.slice(1, -1).split(',');
    default:
      return (text) => text;
  }
}

const refusal = (message: string) => new KeiroError('unreadable', message, { retryable: false });

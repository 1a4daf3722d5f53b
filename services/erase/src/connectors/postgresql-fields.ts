import pg from 'pg';
import type { FieldChange, Rows } from '@keiro/schemas';
import { exportChunk, type Correction, type ExportChunk, type Work } from './connector.ts';
import { missingFrom, namesOf, settingsOf } from './fields.ts';
import { plain, plainFields } from './plain.ts';
import { conditionOf, conditionsOf } from './postgresql-conditions.ts';
import { quote } from './postgresql-names.ts';

/** Sets columns of the person's rows and counts what holds something else afterwards. */
export async function correctTables(
  pool: pg.Pool,
  tables: readonly Rows[],
  work: Work,
  changes: readonly FieldChange[],
): Promise<Correction> {
  let changed = 0;
  let differing = 0;
  for (const table of tables) {
    const settings = settingsOf(table, changes);
    if (settings.length === 0) continue;
    for (const { where, parameters } of conditionsOf(table, work)) {
      work.signal.throwIfAborted();
      const values = settings.map(([, value]) => value);
      const pairs = settings.map(
        ([column], position) => [quote(column), `$${String(parameters.length + position + 1)}`] as const,
      );
      const set = pairs.map(([column, value]) => `${column} = ${value}`).join(', ');
      const wrong = pairs.map(([column, value]) => `${column} IS DISTINCT FROM ${value}`).join(' OR ');
      const ours = `(${where}) AND (${wrong})`;
      const { rowCount } = await pool.query(`UPDATE ${quote(table.name)} SET ${set} WHERE ${ours}`, [
        ...parameters,
        ...values,
      ]);
      work.count(table.name, rowCount ?? 0);
      changed += rowCount ?? 0;
      const { rows } = await pool.query<{ n: string }>(
        `SELECT count(*) AS n FROM ${quote(table.name)} WHERE ${ours}`,
        [...parameters, ...values],
      );
      differing += Number(rows[0]?.n ?? 0);
    }
  }
  return { changed, differing, missing: missingFrom(tables, changes) };
}

const { builtins } = pg.types;
/** Their text is ISO 8601 or exact; as the driver reads them they would be instants of our own time zone. */
const exportTypes = new pg.TypeOverrides();
for (const type of [
  builtins.DATE,
  builtins.TIMESTAMP,
  builtins.TIMESTAMPTZ,
  builtins.TIME,
  builtins.INTERVAL,
])
  exportTypes.setTypeParser(type, (value) => value);

/** Every row of the person, once, through a cursor of the server: what nobody has asked for yet is in nobody's memory. */
export async function* exportTables(
  pool: pg.Pool,
  tables: readonly Rows[],
  work: Work,
): AsyncGenerator<ExportChunk> {
  for (const table of tables) {
    const condition = conditionOf(table, work);
    if (condition === undefined) continue;
    work.signal.throwIfAborted();
    const client = await pool.connect();
    let isWhole = false;
    try {
      await client.query('BEGIN READ ONLY');
      const select = `SELECT * FROM ${quote(table.name)} WHERE ${condition.where}`;
      await client.query(`DECLARE held NO SCROLL CURSOR FOR ${select}`, [...condition.parameters]);
      for (;;) {
        work.signal.throwIfAborted();
        const { rows } = await client.query<Record<string, unknown>>({
          text: `FETCH FORWARD ${String(exportChunk)} FROM held`,
          types: exportTypes,
        });
        if (rows.length === 0) break;
        yield { items: rows.map((row) => itemOf(table, row)) };
      }
      await client.query('COMMIT');
      isWhole = true;
    } finally {
      // With an open transaction in it a connection is closed.
      client.release(!isWhole);
    }
  }
}

function itemOf(table: Rows, row: Record<string, unknown>): ExportChunk['items'][number] {
  const locator = table.locator === undefined ? null : plain(row[table.locator]);
  const names = namesOf(table);
  return {
    place: table.name,
    ...(locator === null ? {} : { locator: typeof locator === 'string' ? locator : JSON.stringify(locator) }),
    fields: plainFields(row),
    ...(names === undefined ? {} : { names }),
  };
}

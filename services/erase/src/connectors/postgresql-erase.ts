import type pg from 'pg';
import type { Rows } from '@keiro/schemas';
import type { Work } from './connector.ts';
import { conditionOf, conditionsOf, type Condition } from './postgresql-conditions.ts';
import { quote } from './postgresql-names.ts';
import { forbiddenIn, treatmentOf, type Treatment } from './treatment.ts';

/** What is done with rows that stay. */
interface Change {
  readonly set: string;
  /** True of a row in which something is still to be changed. */
  readonly left: string;
  readonly parameters: readonly string[];
}

/** Does with the person's rows in one table what is to be done with them. */
export async function eraseTable(pool: pg.Pool, table: Rows, work: Work): Promise<void> {
  const name = quote(table.name);
  const treatment = treatmentOf(table, work);
  const change = await changeOf(pool, table, treatment);
  let replaced = 0;
  for (const condition of conditionsOf(table, work)) {
    const deleted = deletedBy(treatment, condition.where);
    if (deleted !== undefined) {
      work.signal.throwIfAborted();
      const { rowCount } = await pool.query(`DELETE FROM ${name} WHERE ${deleted}`, [
        ...condition.parameters,
      ]);
      work.count(table.name, rowCount ?? 0);
    }
    if (change === undefined) continue;
    work.signal.throwIfAborted();
    const { set, left, parameters } = after(change, condition);
    const { rowCount } = await pool.query(
      `UPDATE ${name} SET ${set} WHERE (${condition.where}) AND (${left})`,
      [...condition.parameters, ...parameters],
    );
    if (treatment.how === 'replace') replaced += rowCount ?? 0;
    else work.count(table.name, rowCount ?? 0);
  }
  if (treatment.how === 'replace') {
    const columns = treatment.values.map(([column]) => column);
    work.remains({ place: table.name, why: 'pseudonymised', columns, rows: replaced });
  }
  if (treatment.how === 'delete' || treatment.kept.length === 0) return;
  const rows = await countOf(pool, table, conditionOf(table, work), hasSome(treatment.kept));
  work.remains({ place: table.name, why: 'kept', columns: [...treatment.kept], rows });
}

/** How many rows an erasure would still change, each once. */
export async function probeTable(pool: pg.Pool, table: Rows, work: Work): Promise<number> {
  const treatment = treatmentOf(table, work);
  const condition = conditionOf(table, work);
  if (condition === undefined) return 0;
  work.signal.throwIfAborted();
  const change = await changeOf(pool, table, treatment);
  const wanted = [
    deletedBy(treatment, 'TRUE'),
    ...(change === undefined ? [] : [after(change, condition).left]),
  ].filter((one) => one !== undefined);
  const parameters = [...condition.parameters, ...(change?.parameters ?? [])];
  return countOf(pool, table, { ...condition, parameters }, wanted.join(' OR '));
}

/** How many of them it would delete or empty: one that gets a pseudonym is told apart. */
export const presentIn = async (pool: pg.Pool, table: Rows, work: Work): Promise<number> =>
  treatmentOf(table, work).how === 'replace' ? 0 : probeTable(pool, table, work);

/** Which of the rows that a condition finds are deleted; a row that has nothing of what a floor keeps goes whole. */
function deletedBy(treatment: Treatment, where: string): string | undefined {
  if (treatment.how === 'delete') return where;
  if (treatment.how !== 'narrow') return undefined;
  return `(${where}) AND NOT (${hasSome(treatment.kept)})`;
}

async function changeOf(pool: pg.Pool, table: Rows, treatment: Treatment): Promise<Change | undefined> {
  if (treatment.how === 'delete') return undefined;
  if (treatment.how === 'replace') {
    const values = treatment.values.map(
      ([column], position) => [quote(column), `$${String(position + 1)}`] as const,
    );
    return {
      // What is empty says nothing, and stays so.
      set: values.map(([c, p]) => `${c} = CASE WHEN ${c} IS NULL THEN NULL ELSE ${p} END`).join(', '),
      left: values.map(([c, p]) => `${c} <> ${p}`).join(' OR '),
      parameters: treatment.values.map(([, pseudonym]) => pseudonym),
    };
  }
  const columns =
    treatment.how === 'clear' ? treatment.columns : await othersThan(pool, table, treatment.stay);
  // A table with nothing else in it.
  if (columns.length === 0) return undefined;
  return {
    set: columns.map((column) => `${quote(column)} = NULL`).join(', '),
    left: hasSome(columns),
    parameters: [],
  };
}

/** With its parameters behind those of the condition. */
function after({ set, left, parameters }: Change, condition: Condition): Change {
  const behind = (text: string) =>
    text.replaceAll(
      /\$(\d+)/g,
      (_, position: string) => `$${String(Number(position) + condition.parameters.length)}`,
    );
  return parameters.length === 0
    ? { set, left, parameters }
    : { set: behind(set), left: behind(left), parameters };
}

const hasSome = (columns: readonly string[]) =>
  columns.length === 0 ? 'FALSE' : columns.map((column) => `${quote(column)} IS NOT NULL`).join(' OR ');

/** Columns of the table but for these and its primary key, where that says nothing of a person. */
async function othersThan(pool: pg.Pool, table: Rows, stay: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; key: boolean }>(
    `SELECT a.attname AS name, coalesce(a.attnum = ANY(i.indkey), false) AS key
      FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
      WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      ORDER BY a.attnum`,
    [quote(table.name)],
  );
  const personal = new Set([...forbiddenIn(table, stay), ...Object.values(table.fields ?? {}).flat()]);
  return rows.flatMap(({ name, key }) => (stay.includes(name) || (key && !personal.has(name)) ? [] : [name]));
}

async function countOf(
  pool: pg.Pool,
  table: Rows,
  condition: Condition | undefined,
  more: string,
): Promise<number> {
  if (condition === undefined) return 0;
  const { rows } = await pool.query<{ n: string }>(
    `SELECT count(*) AS n FROM ${quote(table.name)} WHERE (${condition.where}) AND (${more})`,
    [...condition.parameters],
  );
  return Number(rows[0]?.n ?? 0);
}

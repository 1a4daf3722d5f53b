import type { Rows } from '@keiro/schemas';
import { chunksOf, newestGeneration, valuesByColumn, type Work } from './connector.ts';
import { quote } from './postgresql-names.ts';

type Subject = Pick<Work, 'lives' | 'locators' | 'locatorsUpTo'>;

/** A condition with its parameters, `$1` being the first. */
export interface Condition {
  readonly where: string;
  readonly parameters: readonly unknown[];
}

/** Conditions that together find every row of these lives: by each column with an identifier, and by locator. Pure. */
export function conditionsOf(table: Rows, work: Subject): Condition[] {
  return wantedOf(table, work).flatMap(([column, values]) =>
    [...chunksOf(values)].map((some) => {
      const found = isAmong(column, 1);
      if (table.generation === undefined) return { where: found, parameters: [some] };
      const generation = quote(table.generation);
      const where = `${found} AND (${generation} IS NULL OR ${generation} <= $2)`;
      return { where, parameters: [some, newestGeneration(work)] };
    }),
  );
}

/** All of them as one, for a statement that has to see each row once; undefined where nothing could be found. Pure. */
export function conditionOf(table: Rows, work: Subject): Condition | undefined {
  const wanted = wantedOf(table, work);
  if (wanted.length === 0) return undefined;
  const found = wanted.map(([column], position) => isAmong(column, position + 1)).join(' OR ');
  const parameters = wanted.map(([, values]) => values);
  if (table.generation === undefined) return { where: found, parameters };
  const generation = quote(table.generation);
  return {
    where: `(${found}) AND (${generation} IS NULL OR ${generation} <= $${String(parameters.length + 1)})`,
    parameters: [...parameters, newestGeneration(work)],
  };
}

function wantedOf(table: Rows, { lives, locators }: Subject): [column: string, values: readonly string[]][] {
  const wanted: [string, readonly string[]][] = valuesByColumn(table.identifiers, lives);
  if (table.locator !== undefined && locators.length > 0) wanted.push([table.locator, locators]);
  return wanted;
}

/** As text, so that numbers and UUIDs can be identifiers too; a text column keeps its index. */
const isAmong = (column: string, parameter: number) =>
  `${quote(column)}::text = ANY($${String(parameter)}::text[])`;

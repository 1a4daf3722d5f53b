import { createHash } from 'node:crypto';
import type { Rows } from '@keiro/schemas';
import { ConnectorError, type Work } from './connector.ts';
import { columnsOf } from './fields.ts';

/**
 * What an erasure does with the rows of one place. `kept` are columns that a floor keeps; they are told, and nobody
 * calls them erased.
 */
export type Treatment =
  | { readonly how: 'delete' }
  /** These columns become empty. */
  | { readonly how: 'clear'; readonly columns: readonly string[]; readonly kept: readonly string[] }
  /** Every column becomes empty but these. */
  | { readonly how: 'narrow'; readonly stay: readonly string[]; readonly kept: readonly string[] }
  /** These columns get these values. */
  | {
      readonly how: 'replace';
      readonly values: readonly (readonly [column: string, pseudonym: string])[];
      readonly kept: readonly string[];
    };

type Told = Pick<Work, 'keep' | 'request' | 'holder'>;

/**
 * By configuration, narrowed by the floor. A row that is kept has to be found again when the floor ends, by its locator
 * or by an identifier that is kept too: where neither is there, nothing is done and the error says so. Pure.
 */
export function treatmentOf(place: Rows, work: Told): Treatment {
  const { keep = [] } = work;
  const kept = [...new Set(keep.flatMap((field) => columnsOf(place, field)))];
  const { erase = { action: 'delete' as const } } = place;
  if (erase.action === 'delete') {
    if (kept.length === 0) return { how: 'delete' };
    return { how: 'narrow', stay: stayOf(place, keep, kept), kept };
  }
  const columns = erase.columns.filter((column) => !kept.includes(column));
  if (erase.action === 'null') return { how: 'clear', columns, kept };
  return { how: 'replace', values: columns.map((column) => [column, pseudonymOf(work, column)]), kept };
}

function stayOf(place: Rows, keep: readonly string[], kept: readonly string[]): string[] {
  const { identifiers, locator, generation, suspended, fields = {}, technical = [] } = place;
  const mapped = new Set(Object.values(fields).flat());
  // One that is a field of its own stays only where that field is kept.
  const named = keep.includes('subject') ? Object.values(identifiers).filter((one) => !mapped.has(one)) : [];
  const isFound =
    locator !== undefined || Object.values(identifiers).some((one) => [...named, ...kept].includes(one));
  if (!isFound) {
    throw new ConnectorError(
      'not-found-again',
      `what a floor keeps in ${place.name} could not be found again when it ends: register the column with its locator`,
    );
  }
  const structure = [locator, generation, suspended].filter((one) => one !== undefined);
  return [...new Set([...kept, ...structure, ...technical, ...named])];
}

/** Columns that hold an identifier and that may not stay. Pure. */
export function forbiddenIn({ identifiers }: Pick<Rows, 'identifiers'>, stay: readonly string[]): string[] {
  return Object.values(identifiers).filter((column) => !stay.includes(column));
}

/**
 * The same for every row of the person at this holder in one request, so that rows which belong together stay so, and
 * made of nothing that is the person's, so that nobody can guess it back.
 */
function pseudonymOf({ request, holder }: Told, column: string): string {
  const digest = createHash('sha256')
    .update(`pseudonym\n${request}\n${holder}\n${column}`)
    .digest('base64url');
  return `pseudonym-${digest.slice(0, 22)}`;
}

import { KeiroError } from '@keiro/runtime/errors';
import {
  importSource,
  importType,
  lifeKey,
  type Identifier,
  type Life,
  type LookupResponse,
} from '@keiro/schemas';
import { digestGroup } from '@keiro/sdk/sealing';
import type { KeysClient } from '@keiro/sdk/keys-client';
import type { ImportRow } from './import-row.ts';
import type { RowKeys } from './import-seal.ts';

export type Known = LookupResponse['results'][number];
type Keys = Pick<KeysClient, 'lookup' | 'seal' | 'custodyKeys'>;

/** What one call takes. */
const callLimit = 1000;

export const nameOf = ({ kind, value }: Identifier) => `${kind}\n${value}`;

/** What `keys` knows of the identifiers of these rows, by name; creates nothing. */
export async function lookUp(rows: readonly ImportRow[], keys: Keys): Promise<ReadonlyMap<string, Known>> {
  const identifiers = distinct(rows);
  const known = new Map<string, Known>();
  for (const some of inCalls([...identifiers.values()])) {
    const { results } = await keys.lookup({ identifiers: some });
    for (const [position, identifier] of some.entries())
      known.set(nameOf(identifier), results[position] ?? null);
  }
  return known;
}

/**
 * Whether a row is of somebody whose data were erased: an identifier of it has no life any more; or it has a later
 * one, and the row is from before the erasure, or does not say when it is from. Pure.
 */
export function isOfErased(row: ImportRow, known: ReadonlyMap<string, Known>): boolean {
  return row.identifiers.some((identifier) => {
    const life = known.get(nameOf(identifier)) ?? null;
    if (life === null || life.erasedThrough === 0) return false;
    if (life.erasedThrough >= life.generation || life.erasedAt === undefined) return true;
    return row.collected === undefined || row.collected <= new Date(life.erasedAt);
  });
}

/**
 * The lives and keys of rows, by row; without those whose person was erased meanwhile. Refs that were never seen are
 * made.
 */
export async function obtainKeys(
  rows: readonly ImportRow[],
  holder: string,
  now: Date,
  keys: Keys,
): Promise<ReadonlyMap<ImportRow, RowKeys>> {
  const primaries = new Set(rows.map(({ identifiers }) => nameOf(identifiers[0])));
  const sealed = new Map<string, { readonly life: Life; readonly digestKey: Buffer } | 'erased'>();
  for (const some of inCalls([...distinct(rows).values()])) {
    const { results } = await keys.seal({
      source: importSource,
      identifiers: some.map((identifier) => ({
        ...identifier,
        groups: primaries.has(nameOf(identifier)) ? [digestGroup] : [],
        type: importType,
        time: now.toISOString(),
      })),
    });
    for (const [position, identifier] of some.entries()) {
      const result = results[position];
      if (result === undefined) throw incomplete();
      const { ref, generation, state, keys: given } = result;
      const digestKey = Buffer.from(given[digestGroup] ?? '', 'base64');
      sealed.set(nameOf(identifier), state === 'erased' ? state : { life: { ref, generation }, digestKey });
    }
  }

  const found = new Map<ImportRow, RowKeys>();
  for (const row of rows) {
    const answers = row.identifiers.map((identifier) => sealed.get(nameOf(identifier)));
    const live = answers.filter((answer) => answer !== undefined && answer !== 'erased');
    const [first, ...others] = live;
    if (first === undefined || live.length < answers.length) continue;
    found.set(row, { lives: [first.life, ...others.map(({ life }) => life)], digestKey: first.digestKey });
  }
  return withLocatorKeys(found, holder, keys);
}

async function withLocatorKeys(
  rows: ReadonlyMap<ImportRow, RowKeys>,
  holder: string,
  keys: Keys,
): Promise<ReadonlyMap<ImportRow, RowKeys>> {
  const located = [...rows].filter(([{ locator }]) => locator !== undefined);
  const lives = new Map(
    located.map(
      ([
        ,
        {
          lives: [primary],
        },
      ]) => [lifeKey(primary), primary],
    ),
  );
  const custody = new Map<string, Buffer>();
  for (const some of inCalls([...lives.values()])) {
    const { results } = await keys.custodyKeys({ holder, lives: some });
    for (const [position, life] of some.entries()) {
      const result = results[position];
      if (result?.state === 'live') custody.set(lifeKey(life), Buffer.from(result.key, 'base64'));
    }
  }
  return new Map(
    [...rows].flatMap(([row, rowKeys]) => {
      if (row.locator === undefined) return [[row, rowKeys] as const];
      const locatorKey = custody.get(lifeKey(rowKeys.lives[0]));
      return locatorKey === undefined ? [] : [[row, { ...rowKeys, locatorKey }] as const];
    }),
  );
}

const distinct = (rows: readonly ImportRow[]): Map<string, Identifier> =>
  new Map(rows.flatMap(({ identifiers }) => identifiers.map((one) => [nameOf(one), one] as const)));

function inCalls<T>(items: readonly T[]): T[][] {
  const calls: T[][] = [];
  for (let from = 0; from < items.length; from += callLimit) calls.push(items.slice(from, from + callLimit));
  return calls;
}

const incomplete = () =>
  new KeiroError('keys-incomplete', 'the keys service did not answer for every identifier', {
    retryable: false,
  });

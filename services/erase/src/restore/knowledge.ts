import { whileUnavailable, type Log } from '@keiro/runtime';
import { normaliseIdentifier } from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import { chunksOf, type ScannedRow } from '../connectors/connector.ts';
import type { Known, KnownRef } from './judge.ts';
import type { RestoreStore } from './store.ts';

/** As many as `keys` takes in one call. */
const perCall = 1000;
/** Longer ones are in no ref. */
const longest = 320;
const loneSurrogate = /\p{Surrogate}/u;

type Identifier = ScannedRow['identifiers'][number];

/**
 * What `keys` and standing say about the identifiers of some rows. Values go to `keys` and are forgotten with the batch.
 */
export function createKnowledge(deps: {
  keys: Pick<KeysClient, 'lookup'>;
  store: Pick<RestoreStore, 'standings' | 'sweptSince' | 'keptAt'>;
  log: Log;
}): (
  rows: readonly ScannedRow[],
  restore: { readonly holder: string; readonly watermark: Date },
  signal: AbortSignal,
) => Promise<Known> {
  return async (rows, { holder, watermark }, signal) => {
    const asked = new Map<string, Identifier>();
    for (const { kind, value } of rows.flatMap(({ identifiers }) => identifiers)) {
      const identifier = { kind, value: normaliseIdentifier(kind, value) };
      const { length } = identifier.value;
      if (length > 0 && length <= longest && !loneSurrogate.test(identifier.value))
        asked.set(nameOf(identifier), identifier);
    }
    const names = [...asked.keys()];
    const waiting = { what: 'keys or MongoDB, which a restore needs,', log: deps.log, signal };
    return whileUnavailable(waiting, async () => {
      const results = [];
      for (const identifiers of chunksOf([...asked.values()], perCall))
        results.push(...(await deps.keys.lookup({ identifiers })).results);
      const found = results.flatMap((result, position) =>
        result === null ? [] : [{ name: names[position] ?? '', ...result }],
      );
      const standings = await deps.store.standings(found.map(({ ref }) => ref));
      const states = found.map(({ name, ref, generation, erasedThrough }) => {
        const standing = standings.get(ref);
        // What is only hidden may be taken back, or be under a hold: its deletion sweeps the holder when its time comes.
        const ended = Math.max(erasedThrough, standing?.erasedThrough ?? 0);
        const suspended = [...(standing?.suspended ?? []), ...(standing?.withdrawn ?? [])];
        return { name, ref, generation, goneThrough: ended, suspended: [...new Set(suspended)].sort() };
      });
      // Only where somebody has registered anew does it matter when the holder was swept of the life before.
      const renewed = states.filter(
        ({ generation, goneThrough }) => goneThrough > 0 && generation > goneThrough,
      );
      const gone = states.flatMap(({ ref, goneThrough }) => (goneThrough > 0 ? [ref] : []));
      const [swept, kept] = await Promise.all([
        deps.store.sweptSince(renewed, holder, watermark),
        deps.store.keptAt(holder, gone),
      ]);
      const known = new Map<string, KnownRef>(
        states.map(({ name, ...state }) => {
          const keep = kept.get(state.ref);
          const sweptSince = swept.has(state.ref);
          return [name, { ...state, sweptSince, ...(keep === undefined ? {} : { keep }) }];
        }),
      );
      return ({ kind, value }) => known.get(nameOf({ kind, value: normaliseIdentifier(kind, value) }));
    });
  };
}

const nameOf = ({ kind, value }: Identifier) => `${kind}\n${value}`;

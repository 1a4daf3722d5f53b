import {
  lifeKey,
  type CopyDocument,
  type HolderDocument,
  type SweepResponse,
  type TaskDocument,
} from '@keiro/schemas';
import type { Work } from './connectors/connector.ts';
import { createOpener, type Located } from './locators.ts';
import { ByHandError } from './returned.ts';
import type { EraseStore } from './store.ts';

type Subject = Pick<Work, 'lives' | 'locators' | 'locatorsUpTo' | 'replicated'>;

/**
 * Retention: the copies of records that have ended, by their places; of lives of which nothing else is there, all that
 * the holder has. A row that also holds what has not ended stays until that has: its records are answered as `kept`.
 * Throws {@link ByHandError} for a place that its key does not open.
 */
export async function expiredCopies(
  { request, holder: id, records = [], createdAt }: TaskDocument,
  { alone, whole }: NonNullable<TaskDocument['retention']>,
  holder: HolderDocument | null,
  lives: SweepResponse['lives'],
  store: Pick<EraseStore, 'placesIn' | 'reportsOf' | 'reportsUnder'>,
): Promise<Subject & { readonly kept: readonly string[] }> {
  const stores = holder?.replicates ?? [];
  const from = [id, ...stores];
  const wholly = new Set(whole.map(lifeKey));
  const told = lives.filter((life) => wholly.has(lifeKey(life)));
  const refs = [...new Set(lives.map(({ ref }) => ref))];
  const planned = alone && told.length === 0 ? await store.placesIn(request, id) : undefined;
  const reports: readonly Report[] =
    planned?.map((place) => ({ ...place, holder: id, action: 'held' as const, at: createdAt })) ??
    (alone && told.length === 0
      ? await store.reportsOf(records, from)
      : await store.reportsUnder(refs, from));
  const { places, kept } = placesOf(records, reports, lives, wholly);
  const at = (name: string) => [...(places.get(name) ?? [])];
  return {
    lives: told.map(({ ref, generation, kind, value }) => ({ ref, generation, kind, value })),
    locatorsUpTo: Math.max(0, ...lives.map(({ generation }) => generation)),
    locators: at(id),
    replicated: Object.fromEntries(stores.map((name) => [name, at(name)])),
    kept,
  };
}

/** What a holder said of a copy, as far as its place goes. */
type Report = Located & Pick<CopyDocument, 'action' | 'at'>;

/** By holder, the places at which nothing is that has not ended; and the records that stay because of it. Pure. */
export function placesOf(
  records: readonly string[],
  reports: readonly Report[],
  lives: SweepResponse['lives'],
  wholly: ReadonlySet<string>,
): { readonly places: ReadonlyMap<string, ReadonlySet<string>>; readonly kept: readonly string[] } {
  const ended = new Set(records);
  const known = new Set(lives.map(lifeKey));
  const placeOf = createOpener(lives);
  const removed = new Map(
    reports
      .filter(({ action }) => action === 'removed')
      .map(({ record, holder, at }) => [`${record}|${holder}`, at]),
  );
  const own = new Map<string, Map<string, string[]>>();
  const others = new Set<string>();
  const kept = new Set<string>();
  for (const copy of reports) {
    const { holder, record, action, at } = copy;
    if (action !== 'held' || copy.locator === undefined) continue;
    const isEnded = ended.has(record) || wholly.has(lifeKey(copy));
    const since = removed.get(`${record}|${holder}`);
    if (!isEnded && since !== undefined && since >= at) continue;
    if (isEnded && !known.has(lifeKey(copy))) {
      // Erased since it was planned: the next look finds the deletion's proof.
      kept.add(record);
      continue;
    }
    const place = placeOf(copy);
    if (place === 'unreadable' && isEnded)
      throw new ByHandError('unreadable', 'the place that the holder reported does not open');
    if (place === undefined || place === 'unreadable') continue;
    if (!isEnded) others.add(`${holder}\n${place.locator}`);
    else {
      const there = own.get(holder) ?? new Map<string, string[]>();
      own.set(holder, there.set(place.locator, [...(there.get(place.locator) ?? []), record]));
    }
  }
  const places = new Map<string, Set<string>>();
  for (const [holder, there] of own) {
    for (const [locator, of] of there) {
      if (others.has(`${holder}\n${locator}`)) for (const record of of) kept.add(record);
      else places.set(holder, (places.get(holder) ?? new Set()).add(locator));
    }
  }
  return { places, kept: [...kept] };
}

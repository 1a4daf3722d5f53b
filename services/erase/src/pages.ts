import { whileUnavailable, type Log } from '@keiro/runtime';
import type { SweepResponse } from '@keiro/schemas';
import { newestGeneration, type Work } from './connectors/connector.ts';
import { narrowedWorks } from './keeping.ts';
import { createOpener, type Located } from './locators.ts';

/* A person may have a hundred thousand copies at a holder: their places are read and opened as they are swept. */

/** Reads all places of a work from the beginning, so many a page. */
export type Pages = (signal: AbortSignal, size: number) => AsyncIterable<Page>;

/** Locators that a connector gets in one call. */
export const pageLocators = 1000;

/** Some of the places of a person's copies, each once. */
export interface Page extends Pick<Work, 'locators' | 'replicated'> {
  /** Number of those that their key does not open: sealed wrongly, or for another life. */
  readonly unreadable: number;
}

/**
 * Opens places page by page; one page at least, so that there is a look by identifier. The same place may come again on
 * another page: erasing what is gone already counts nothing. Pure but for what it reads.
 */
export async function* pagesOf(
  copies: AsyncIterable<Located>,
  lives: SweepResponse['lives'],
  { holder, stores, size }: { holder: string; stores: readonly string[]; size: number },
): AsyncGenerator<Page> {
  const placeOf = createOpener(lives);
  let places = new Map<string, Set<string>>();
  let [count, pages, unreadable] = [0, 0, 0];
  const take = (): Page => {
    const at = (id: string) => [...(places.get(id) ?? [])];
    const page = {
      locators: at(holder),
      replicated: Object.fromEntries(stores.map((id) => [id, at(id)])),
      unreadable,
    };
    places = new Map();
    [count, unreadable] = [0, 0];
    pages += 1;
    return page;
  };
  for await (const copy of copies) {
    const place = placeOf(copy);
    // The sweep by identifier and the probe go on; the log says how many could not be used.
    if (place === 'unreadable') unreadable += 1;
    else if (place !== undefined) {
      const there = places.get(copy.holder) ?? new Set();
      count -= there.size;
      places.set(copy.holder, there.add(place.locator));
      count += there.size;
    }
    if (count >= size) yield take();
  }
  if (count > 0 || unreadable > 0 || pages === 0) yield take();
}

/**
 * The calls of a connector in which all places of a work come up; a single one where they stand in it, and two where a
 * floor narrows it (R4).
 */
export async function* worksOf(work: Work, pages: Pages | undefined, log: Log): AsyncGenerator<Work> {
  if (work.whole !== undefined) {
    yield* narrowedWorks(work, work.whole);
    return;
  }
  if (pages === undefined) {
    yield work;
    return;
  }
  let number = 0;
  let unreadable = 0;
  for await (const page of pages(work.signal, pageLocators)) {
    unreadable += page.unreadable;
    yield workOf(work, page, number);
    number += 1;
  }
  if (unreadable > 0) log.warn({ task: work.task, unreadable }, 'locators that their key does not open');
}

/** What a connector does for one page: by identifier with the first, by place alone with those after it. Pure. */
export function workOf(work: Work, { locators, replicated }: Page, page: number): Work {
  if (page === 0) return { ...work, locators, replicated };
  return { ...work, lives: [], locatorsUpTo: newestGeneration(work), locators, replicated, page };
}

/**
 * What our own store gives, though it may be away for a while: then it is read from the beginning again, which a sweep
 * does not mind. Waiting for it is no failure of the holder.
 */
export async function* steadily<T>(
  read: () => AsyncIterable<T>,
  { signal, log }: { signal: AbortSignal; log: Log },
): AsyncGenerator<T> {
  let reading: AsyncIterator<T> | undefined;
  try {
    for (;;) {
      const next = await whileUnavailable(
        { what: 'MongoDB, which a sweep reads,', log, signal },
        async () => {
          try {
            reading ??= read()[Symbol.asyncIterator]();
            return await reading.next();
          } catch (error) {
            reading = undefined;
            throw error;
          }
        },
      );
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await reading?.return?.();
  }
}

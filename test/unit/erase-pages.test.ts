import { describe, expect, it } from '@jest/globals';
import { pageLocators, pagesOf, steadily, worksOf, type Page, type Pages } from '@keiro/erase/pages';
import type { Located } from '@keiro/erase/locators';
import { createLog, UnavailableError } from '@keiro/runtime';
import { custodyGroup, groupKeyOf, locatorAssociated, seal, sealKeyOf } from '@keiro/sdk';
import { anyWork, lifeOf } from '../builders/work.ts';

const log = createLog('test-pages', 'silent');
const signal = new AbortController().signal;
const life = lifeOf('member', 'hanako', 2);
const custodyKey = groupKeyOf(Buffer.alloc(32, 7), custodyGroup);
const lives = [{ ...life, custodyKey: custodyKey.toString('base64') }];
let iv = 0;
const copy = (holder: string, place: string, more: Partial<Located> = {}): Located => ({
  holder,
  record: place,
  ref: life.ref,
  generation: 2,
  locator: seal(
    sealKeyOf(custodyKey, holder),
    Buffer.from(place),
    locatorAssociated(holder, place),
    Buffer.alloc(12, (iv += 1)),
  ),
  ...more,
});
const stream = (...copies: readonly Located[]) =>
  steadily(
    () => ({
      [Symbol.asyncIterator]: async function* () {
        await Promise.resolve();
        yield* copies;
      },
    }),
    { signal, log },
  );
async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const one of given) items.push(one);
  return items;
}
const at = { holder: 'crm', stores: ['billing'], size: 2 };

describe('the places of a person with very many copies', () => {
  it('are opened some at a time, each page without repetitions', async () => {
    const copies = ['1', '1', '2', '3', '4', '5'].map((place) => copy('crm', place));
    const pages = await all(pagesOf(stream(...copies, copy('billing', '6')), lives, at));
    expect(pages.map(({ locators, replicated }) => [locators, replicated['billing']])).toEqual([
      [['1', '2'], []],
      [['3', '4'], []],
      [['5'], ['6']],
    ]);
  });

  it('are one page where there are none, so that identifiers are looked for', async () => {
    expect(await all(pagesOf(stream(), lives, at))).toEqual([
      { locators: [], replicated: { billing: [] }, unreadable: 0 },
    ]);
    const wrong = copy('crm', '1', { record: 'another' });
    expect(await all(pagesOf(stream(wrong), lives, at))).toMatchObject([{ locators: [], unreadable: 1 }]);
  });

  it('are read again from the beginning when our own store was away', async () => {
    let tries = 0;
    const read = async function* (): AsyncGenerator<string> {
      await Promise.resolve();
      tries += 1;
      yield 'first';
      if (tries === 1) throw new UnavailableError('MongoDB', 'it is gone');
      yield 'second';
    };
    expect(await all(steadily(read, { signal, log }))).toEqual(['first', 'first', 'second']);
  });
});

describe('the calls of a connector for them', () => {
  const pages = (size: number): Page[] => {
    const places = Array.from({ length: pageLocators + 1 }, (_, n) => String(n));
    return size > pageLocators
      ? [{ locators: places, replicated: {}, unreadable: 0 }]
      : [places.slice(0, size), places.slice(size)].map((locators) => ({
          locators,
          replicated: {},
          unreadable: 0,
        }));
  };
  const given: Pages = async function* (_signal, size) {
    await Promise.resolve();
    yield* pages(size);
  };

  it('go by identifier once, then by place alone, and never beyond the lives that are erased', async () => {
    const works = await all(worksOf(anyWork([life]), given, log));
    expect(
      works.map(({ lives: of, locators, locatorsUpTo, page }) => [
        of.length,
        locators.length,
        locatorsUpTo,
        page,
      ]),
    ).toEqual([
      [1, pageLocators, undefined, undefined],
      [0, 1, 2, 1],
    ]);
  });

  it('are a single one where a floor keeps something: its rows are counted once', async () => {
    const works = await all(worksOf(anyWork([life], { keep: ['payment'] }), given, log));
    expect(works.map(({ locators }) => locators.length)).toEqual([pageLocators + 1]);
  });

  it('are a single one where the places stand in the work', async () => {
    const work = anyWork([], { locators: ['1'], locatorsUpTo: 1 });
    expect(await all(worksOf(work, undefined, log))).toEqual([work]);
  });
});

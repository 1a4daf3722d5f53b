import { expect, it } from '@jest/globals';
import type { AtStore } from '../../builders/at-store.ts';
import { hostile, lifeOf, row, total } from '../../builders/work.ts';
import { locatorOf } from './fields.ts';

/** What every connector does with a deletion and a suspension (R4, R5). */
export function erasing(at: AtStore): void {
  it('removes what is the person’s, says how much, and finds nothing afterwards', async () => {
    await at.store.put([row('1', 'hanako'), row('2', 'taro')]);
    const work = at.workFor([lifeOf('member', 'hanako')]);
    if (!at.store.knows.nothing) expect(await at.connector.probe(work)).toBeGreaterThan(0);
    await at.connector.erase(work);
    expect(await at.store.ids()).toEqual(['2']);
    expect(total(work.counts)).toBeGreaterThan(0);
    expect(await at.connector.probe(work)).toBe(at.nothingLeft);
  });

  it('knows before how much it will count, however many identifiers find the same', async () => {
    const ids = ['1', '2', '3'];
    await at.store.put(ids.map((id) => row(id, 'hanako')));
    const locators = ['3', '2'].map((id) => locatorOf(at, id));
    const lives = [lifeOf('member', 'hanako'), ...ids.map((id) => lifeOf('email', `${id}@people.example`))];
    const work = at.workFor(lives, { locators, replicated: { first: locators, second: locators } });
    const present = await at.connector.present?.(work);
    await at.connector.erase(work);
    // A processor, or a service that owns its store, says it itself.
    const kinds = ['http', 'directive', 'google-analytics'];
    expect(present === undefined).toBe(kinds.includes(at.store.config.kind));
    if (present === undefined) return;
    expect(total(present)).toBe(total(work.counts));
    expect(total((await at.connector.present?.(work)) ?? {})).toBe(0);
  });

  it('erases what is already gone, and counts nothing', async () => {
    await at.store.put([row('1', 'hanako')]);
    await at.connector.erase(at.workFor([lifeOf('member', 'hanako')]));
    const again = at.workFor([lifeOf('member', 'hanako')], { attempt: 2 });
    await at.connector.erase(again);
    if (!at.store.knows.nothing) expect(total(again.counts)).toBe(0);
    const nobody = at.workFor([]);
    await at.connector.erase(nobody);
    expect(total(nobody.counts)).toBe(0);
    expect(await at.connector.probe(nobody)).toBe(at.nothingLeft);
  });

  it('takes every identifier as a value, whatever it looks like', async () => {
    const members = [...hostile, 'taro'];
    await at.store.put(members.map((member, index) => row(String(index), member)));
    for (const [index, member] of hostile.entries()) {
      await at.connector.erase(at.workFor([lifeOf('member', member)]));
      const left = members.map((_, position) => String(position)).slice(index + 1);
      expect(await at.store.ids()).toEqual(left.sort());
    }
  });

  it('sweeps a person of many identifiers, also when it is stopped halfway', async () => {
    // More than one statement takes; where each is a request of its own, a few must do.
    const many = at.store.knows.oneByOne ? 61 : 1201;
    const [middle, last] = [many >> 1, many - 1].map(String);
    const rows = [
      row('1', 'm-0'),
      row('2', `m-${String(middle)}`),
      row('3', `m-${String(last)}`),
      row('4', 'taro'),
    ];
    await at.store.put(rows);
    const lives = Array.from({ length: many }, (_, index) => lifeOf('member', `m-${String(index)}`));
    const lost = new AbortController();
    const first = at.workFor(lives, { signal: lost.signal });
    const stopping = (place: string, n: number) => {
      first.count(place, n);
      if (n > 0) lost.abort();
    };
    await at.connector.erase({ ...first, count: stopping }).catch((error: unknown) => {
      if (!lost.signal.aborted) throw error;
    });
    const second = at.workFor(lives, { attempt: 2 });
    await at.connector.erase(second);
    expect(await at.store.ids()).toEqual(['4']);
    expect(await at.connector.probe(second)).toBe(at.nothingLeft);
    if (at.store.knows.nothing) return;

    // Never less than what went, however many attempts it took.
    await at.store.clear();
    await at.store.put(rows);
    const whole = at.workFor(lives, { attempt: 3 });
    await at.connector.erase(whole);
    expect(total(first.counts) + total(second.counts)).toBe(total(whole.counts));
  });

  it('sets suspended purposes and puts them back, or says that it can’t', async () => {
    await at.store.put([row('1', 'hanako'), row('2', 'taro')]);
    const lives = [lifeOf('member', 'hanako')];
    const answer = await at.connector.suspend(at.workFor(lives, { purposes: ['marketing', 'statistics'] }));
    if (!at.store.knows.suspension) {
      expect(answer.unsupported).toMatch(/\w/);
      expect(await at.connector.resume(at.workFor(lives))).toEqual(answer);
      return;
    }
    expect(answer).toEqual({});
    expect(await at.store.suspended()).toEqual({ 1: ['marketing', 'statistics'], 2: [] });

    const same = at.workFor(lives, { purposes: ['marketing', 'statistics'] });
    await at.connector.suspend(same);
    expect(total(same.counts)).toBe(0);

    await at.connector.resume(at.workFor(lives, { purposes: ['marketing'] }));
    expect(await at.store.suspended()).toEqual({ 1: ['marketing'], 2: [] });
    await at.connector.resume(at.workFor(lives));
    expect(await at.store.suspended()).toEqual({ 1: [], 2: [] });
  });

  it('ends early when the task is no longer its own', async () => {
    await at.store.put([row('1', 'hanako')]);
    const stolen = AbortSignal.abort();
    await expect(
      at.connector.erase(at.workFor([lifeOf('member', 'hanako')], { signal: stolen })),
    ).rejects.toThrow();
    expect(await at.store.ids()).toEqual(['1']);
  });

  it('finds a copy by its locator alone', async () => {
    await at.store.put([row('1', 'under-a-name-nobody-knows'), row('2', 'taro')]);
    const locator = locatorOf(at, '1');
    const work = at.workFor([lifeOf('email', 'nobody@people.example')], {
      locators: [locator],
      replicated: { first: ['1'], second: ['1'] },
    });
    const takesLocators = at.store.config.kind !== 'http' && at.store.config.kind !== 'google-analytics';
    const expected = takesLocators ? ['2'] : ['1', '2'];
    await at.connector.erase(work);
    expect(await at.store.ids()).toEqual(expected);
    expect(await at.connector.probe(work)).toBe(at.nothingLeft);
  });

  it('spares the rows of somebody who has registered anew, where the holder tells lives apart', async () => {
    await at.store.put([row('1', 'hanako', 1), row('2', 'hanako', 2)]);
    const work = at.workFor([lifeOf('member', 'hanako', 1)]);
    await at.connector.erase(work);
    expect(await at.store.ids()).toEqual(at.store.knows.generations ? ['2'] : []);
    expect(await at.connector.probe(work)).toBe(at.nothingLeft);
  });
}

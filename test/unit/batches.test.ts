import { describe, expect, it } from '@jest/globals';
import { createBatches, KeiroError, UnavailableError } from '@keiro/runtime';
import { draftingStore } from '@keiro/request/draft';
import type { RequestStore } from '@keiro/request/store';
import type { RequestDocument } from '@keiro/schemas';

describe('what many ask for in the same moment', () => {
  it('is done in one go, and each gets its own answer', async () => {
    const calls: number[][] = [];
    const double = createBatches((items: readonly number[]) => {
      calls.push([...items]);
      return Promise.resolve(items.map((n) => 2 * n));
    });
    expect(await Promise.all([1, 2, 3].map(double))).toEqual([2, 4, 6]);
    expect(await double(4)).toBe(8);
    expect(calls).toEqual([[1, 2, 3], [4]]);
  });

  it('while one batch is under way makes the next, never more at a time than it may', async () => {
    const calls: number[] = [];
    const same = createBatches(
      async (items: readonly number[]) => {
        calls.push(items.length);
        await new Promise((resolve) => setImmediate(resolve));
        return items;
      },
      { most: 2 },
    );
    await Promise.all([1, 2, 3, 4, 5].map(same));
    expect(calls).toEqual([2, 2, 1]);
  });

  it('begins no sooner than it may after the one before, unless it is full; after a quiet moment at once', async () => {
    const began: number[] = [];
    const same = createBatches(
      (items: readonly number[]) => {
        began.push(performance.now());
        return Promise.resolve(items);
      },
      { most: 3, everyMs: 1000 },
    );
    const asked = performance.now();
    await same(1);
    await same(2);
    await Promise.all([3, 4, 5].map(same));
    const [first = 0, second = 0, third = 0] = began;
    expect(first - asked).toBeLessThan(900);
    expect(second - first).toBeGreaterThan(990);
    expect(third - second).toBeLessThan(900);
  });

  it('fails for nobody on account of another; a server that is away fails all', async () => {
    const odd = createBatches((items: readonly number[]) =>
      items.includes(13)
        ? Promise.reject(new KeiroError('odd', 'unlucky', { retryable: false }))
        : Promise.resolve(items),
    );
    const settled = await Promise.allSettled([1, 13, 2].map(odd));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    let calls = 0;
    const away = createBatches((_items: readonly number[]): Promise<number[]> => {
      calls += 1;
      return Promise.reject(new UnavailableError('MongoDB'));
    });
    const failed = await Promise.allSettled([1, 2].map(away));
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toBe(1);
  });
});

describe('a deletion that its driver takes on', () => {
  const at = new Date('2026-04-02T03:00:00.000Z');
  const step = (name: string) => ({ step: name, at, evidence: {} });
  const request = { _id: 'req-1', type: 'deletion', state: 'accepted', lives: [], steps: [] };
  const stored = request as unknown as RequestDocument;

  /** Writes that reached the store: the state and steps that they set out from, and what they added. */
  function drafting(moves = true) {
    const writes: unknown[] = [];
    const advance: RequestStore['advance'] = (from, change, beside, before = []) => {
      const changes = [...before, change];
      const steps = changes.flatMap(({ step }) => step?.step ?? []);
      const set: unknown = Object.assign({}, ...changes.map((one) => one.set));
      writes.push({ from: [from.state, from.steps.length], set, steps, beside: beside !== undefined });
      return Promise.resolve(moves);
    };
    return { writes, draft: draftingStore({ advance } as unknown as RequestStore, stored) };
  }

  it('has steps that write nothing besides written with the next that does', async () => {
    const { writes, draft } = drafting();
    await draft.store.advance(draft.current(), { set: { state: 'hiding' }, step: step('hiding') });
    await draft.store.advance(draft.current(), { set: { state: 'shredding' }, step: step('planned') });
    expect(writes).toEqual([]);
    expect(draft.current()).toMatchObject({
      state: 'shredding',
      steps: [{ step: 'hiding' }, { step: 'planned' }],
    });
    await draft.store.advance(draft.current(), { step: step('erased') }, () => ({}));
    await draft.store.advance(draft.current(), { set: { state: 'carrying-out' }, step: step('shredded') });
    await draft.flush();
    expect(writes).toEqual([
      {
        from: ['accepted', 0],
        set: { state: 'shredding' },
        steps: ['hiding', 'planned', 'erased'],
        beside: true,
      },
      { from: ['shredding', 3], set: { state: 'carrying-out' }, steps: ['shredded'], beside: false },
    ]);
    expect(await draft.flush()).toBe(true);
    expect(writes).toHaveLength(2);
  });

  it('is read anew when somebody else has moved it', async () => {
    const { draft } = drafting(false);
    expect(await draft.store.advance(draft.current(), { step: step('erased') }, () => ({}))).toBe(false);
    expect(draft.isLost()).toBe(true);
  });
});

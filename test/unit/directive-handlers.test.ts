import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createLog } from '@keiro/runtime';
import { directiveAnswerSchema, type DirectiveMessage, type DirectiveSubject } from '@keiro/schemas';
import { isProven, openPage, proofOf, type DirectiveHandlers } from '@keiro/sdk';
import { carryOut } from '@keiro/sdk/directive-handlers';

const log = createLog('test-handlers', 'silent');
const key = randomBytes(32);
const subject: DirectiveSubject = { lives: [], locators: ['r-1'], newestGeneration: 1 };
const directive = (kind: DirectiveMessage['kind']): DirectiveMessage => ({
  id: `d-${kind}`,
  request: 'req-1',
  holder: 'crm',
  kind,
  purposes: [],
  sealed: '',
  at: '2026-01-02T03:04:05.000Z',
});
const least: DirectiveHandlers = {
  erase: () => Promise.resolve({ rows: 3 }),
  probe: () => Promise.resolve(0),
};
const told = (kind: DirectiveMessage['kind'], more: Partial<DirectiveSubject>, handlers: DirectiveHandlers) =>
  carryOut(directive(kind), { ...subject, ...more }, { key, handlers, log, random: randomBytes });

describe('a store without a handler', () => {
  it('says so, and removes nothing that a floor keeps', async () => {
    const answers = await Promise.all([
      told('suspend', {}, least),
      told('correct', { changes: [{ field: 'name', value: 'x' }] }, least),
      told('export', {}, least),
      told('erase', { keep: ['amount'] }, least),
    ]);
    expect(answers.map(({ outcome, reason, affected }) => [outcome, reason, affected])).toEqual([
      ['unsupported', 'cannot-flag', {}],
      ['unsupported', 'cannot-correct', {}],
      ['unsupported', 'cannot-export', {}],
      ['unsupported', 'cannot-narrow', {}],
    ]);
    expect(await told('erase', { keep: [] }, least)).toEqual({ outcome: 'done', affected: { rows: 3 } });
  });
});

describe('what a store exports', () => {
  const items = (n: number, size: number) =>
    Array.from({ length: n }, (_, at) => ({ place: 'people', fields: { at, text: 'x'.repeat(size) } }));
  /** Pages of a store with so many items of one size. */
  const store =
    (n: number, size: number): NonNullable<DirectiveHandlers['export']> =>
    (_, { after = '0', limit }) => {
      const page = items(n, size).slice(Number(after), Number(after) + limit);
      const next = Number(after) + page.length;
      return Promise.resolve({ items: page, ...(next < n ? { next: String(next) } : {}) });
    };

  it('comes in pages that fit into a message, the fewer items the larger they are', async () => {
    for (const [n, size, expected] of [
      [300, 10, 200],
      [300, 20_000, 12],
      [2, 400_000, 1],
    ] as const) {
      const answer = await told('export', {}, { ...least, export: store(n, size) });
      const page = openPage(key, { id: 'd-export', holder: 'crm', ...answer });
      expect([page.items.length, page.next]).toEqual([expected, String(expected)]);
      expect(answer.sealed?.length).toBeLessThan(1_000_000);
    }
    expect(await told('export', {}, { ...least, export: store(1, 600_000) })).toMatchObject({
      outcome: 'failed',
      reason: 'item-too-large',
    });
  });

  it('goes on where the page before ended, sealed for this directive alone', async () => {
    const answer = await told('export', { after: '200' }, { ...least, export: store(300, 10) });
    const { items: rest, next } = openPage(key, { id: 'd-export', holder: 'crm', ...answer });
    expect([rest.length, rest[0]?.fields['at'], next]).toEqual([100, 200, undefined]);
    expect(() => openPage(key, { id: 'd-other', holder: 'crm', ...answer })).toThrow('does not open');
    expect(() => openPage(randomBytes(32), { id: 'd-export', holder: 'crm', ...answer })).toThrow(
      'does not open',
    );
    expect(() => openPage(key, { id: 'd-export', holder: 'crm' })).toThrow('without a page');
  });
});

describe('the proof of an answer', () => {
  const before = {
    id: 'd-1',
    holder: 'crm',
    outcome: 'done' as const,
    affected: { people: 1 },
    found: 0,
    at: '2026-01-02T03:04:05.000Z',
  };
  const proven = (answer: object) =>
    isProven(key, directiveAnswerSchema.parse({ ...answer, proof: proofOf(key, before) }));

  it('covers what was read back, what remains and what is exported', () => {
    expect(proven(before)).toBe(true);
    const remains = [{ place: 'p', why: 'kept', columns: [], rows: 0 }];
    for (const more of [{ differing: 0 }, { missing: ['name'] }, { remains }, { sealed: 'AAAA' }])
      expect(proven({ ...before, ...more })).toBe(false);
  });
});

import { describe, expect, it } from '@jest/globals';
import { dueRecords, noHolds } from '@keiro/request/retention/decide';
import { dueOf } from '@keiro/request/retention/follow';
import { batchesOf, laterOf } from '@keiro/request/retention/look';
import { lagOf } from '@keiro/request/retention/metrics';
import { inBatches } from '@keiro/request/retention/sweep';
import {
  dueDay,
  dueOn,
  knownOf,
  knowsLocators,
  shippedPolicies,
  type FactDocument,
  type GroupTag,
  type RecordDocument,
} from '@keiro/schemas';
import fc from 'fast-check';
import { factDocument } from '../builders/facts.ts';
import { recordOf, refOf } from '../builders/lineage.ts';

const at = (text: string) => new Date(text);
const ref = refOf('member', 'hanako');
const now = at('2026-06-01T00:00:00+09:00');
const group = (name: string, more: Partial<GroupTag> = {}): GroupTag => ({
  group: name,
  purposes: ['membership'],
  rule: 'access-auth',
  start: 'collection',
  ...more,
});
const over = group('C4.authentication', { end: at('2026-05-31T00:00:00+09:00') });
const running = group('C4.rest', { end: at('2026-07-01T12:00:00+09:00') });
const withGroups = (...groups: GroupTag[]) => recordOf(ref, 'e-1', { category: 'C4', groups });
const fateOf = (record: RecordDocument, facts: readonly FactDocument[] = [], held = false, when = now) =>
  dueRecords([record], () => knownOf(facts), shippedPolicies(), { isHeld: () => held }, when)[0];

describe('the day on which something is due (L1)', () => {
  it.each([
    ['at midnight in Japan', '2026-05-31T15:00:00.000Z', '2026-06-01'],
    ['a moment before', '2026-05-31T14:59:59.999Z', '2026-06-01'],
    ['a moment after', '2026-05-31T15:00:00.001Z', '2026-06-02'],
    ['at the end of a year', '2026-12-31T15:00:00.001Z', '2027-01-02'],
    ['on a leap day', '2028-02-28T15:00:00.001Z', '2028-03-01'],
  ])('of an end %s', (_what, end, day) => {
    expect(dueDay(at(end))).toBe(day);
  });

  it('is the first at whose beginning it has ended', () => {
    const instants = fc.date({ min: at('1960-01-01'), max: at('2090-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(instants, (end) => {
        const begins = at(`${dueDay(end)}T00:00:00+09:00`).getTime();
        expect(begins).toBeGreaterThanOrEqual(end.getTime());
        expect(begins - 86_400_000).toBeLessThan(end.getTime());
      }),
    );
  });
});

describe('what is due when', () => {
  const ends = { end: '2026-07-01T03:00:00.000Z' };
  it('is one document a day for all records, whatever their order', () => {
    const [a, b] = [
      { record: 'a', groups: [ends, { end: '2026-08-01T03:00:00.000Z' }] },
      { record: 'b', groups: [{ cap: ends.end }] },
    ];
    const made = dueOf([a, b], '2026-06-01');
    expect(made.map(({ day, records }) => [day, records])).toEqual([
      ['2026-07-02', ['a', 'b']],
      ['2026-08-02', ['a']],
    ]);
    expect(dueOf([b, a], '2026-06-01').map(({ _id }) => _id)).toEqual(
      expect.arrayContaining(made.map(({ _id }) => _id)),
    );
  });

  it('leaves nothing without a day', () => {
    expect(dueOf([{ record: 'a', groups: [{}] }], '2026-06-01')).toMatchObject([{ day: '2027-06-01' }]);
    expect(dueOn('2026-06-01', {})).toEqual([]);
  });
});

describe('APPI 22: what becomes of a record', () => {
  it('goes when all of it is over, and not a moment before', () => {
    expect(fateOf(withGroups(over))?.verdict).toBe('erase');
    expect(fateOf(withGroups(over), [], false, at('2026-05-30T23:59:59.999+09:00'))?.verdict).toBe('not-yet');
  });

  it('goes in part, and says when to look again', () => {
    expect(fateOf(withGroups(over, running))).toMatchObject({
      verdict: 'partially',
      over: ['C4.authentication'],
      kept: [{ group: 'C4.rest', fate: 'running' }],
      next: running.end,
    });
  });

  it('keeps what a law keeps until that ends, or until it is known when', () => {
    const floor = { law: 'Companies Act 432(2)', until: at('2036-04-01T00:00:00+09:00') };
    expect(fateOf(withGroups({ ...over, floor }))).toMatchObject({ verdict: 'not-yet', next: floor.until });
    expect(fateOf(withGroups({ ...over, floor }), [], false, floor.until)?.verdict).toBe('erase');
    const open = fateOf(withGroups({ ...over, floor: { law: floor.law } }));
    expect(open).toMatchObject({ verdict: 'not-yet', wait: 'open-floor' });
    expect(open).not.toHaveProperty('next');
  });

  it('waits for a fact, and counts from it by the calendar of Japan', () => {
    const account = group('C1.identity', {
      rule: 'account',
      start: 'account-closed',
      cap: at('2028-01-31T00:00:00+09:00'),
    });
    const record = recordOf(ref, 'e-1', { groups: [account], time: at('2026-01-31T00:00:00+09:00') });
    expect(fateOf(record)).toMatchObject({ verdict: 'not-yet', kept: [{ fate: 'open' }], next: account.cap });
    const closed = factDocument('f', 'account-closed', at('2026-04-30T10:00:00+09:00'), { ref });
    expect(fateOf(record, [closed], false, at('2026-05-30T10:00:00+09:00'))?.verdict).toBe('erase');
    expect(fateOf(record, [closed], false, at('2026-05-30T09:59:59+09:00'))?.verdict).toBe('not-yet');
    expect(fateOf(record, [], false, at('2028-02-01T00:00:00+09:00'))).toMatchObject({ wait: 'review' });
  });

  it('keeps all of it under a hold, and what nobody has the rules of', () => {
    expect(fateOf(withGroups(over), [], true)).toMatchObject({ verdict: 'not-yet', over: [], wait: 'hold' });
    const strange = recordOf(ref, 'e-1', { policy: '1999-01-01', groups: [group('C1.identity')] });
    expect(fateOf(strange)).toMatchObject({ verdict: 'not-yet', wait: 'unknown-policy' });
    expect(noHolds.isHeld(strange)).toBe(false);
  });
});

describe('looking again', () => {
  const fates = (...records: RecordDocument[]) => records.flatMap((record) => fateOf(record) ?? []);

  it('comes after today, but for a person of whom all is to be looked at first', () => {
    const [gone, part] = fates(withGroups(over), recordOf(ref, 'e-2', { groups: [over, running] }));
    if (gone === undefined || part === undefined) throw new Error('two fates');
    const blocked = { record: gone.record._id, wait: 'whole-person' as const, holder: 'mailer' };
    expect(laterOf([gone, part], [blocked], new Set(), now)).toMatchObject([
      { day: '2026-06-01', records: [], refs: [ref] },
      { day: '2026-07-02', records: [part.record._id], refs: [] },
    ]);
    expect(laterOf([gone], [blocked], new Set([ref]), now)).toMatchObject([
      { day: '2026-06-08', refs: [ref], wait: 'whole-person', holder: 'mailer' },
    ]);
    expect(laterOf([gone], [], new Set(), now)).toEqual([]);
    const all = fates(withGroups(running), withGroups({ ...over, floor: { law: 'a law' } }));
    for (const { day } of laterOf(all, [], new Set(), now)) expect(day > '2026-06-01').toBe(true);
  });

  it('takes the days in order, so many records at once, and a life in two only where it is too large', () => {
    const due = [
      ...dueOn('2026-05-01', { records: ['a', 'b'] }),
      ...dueOn('2026-05-02', { records: ['c'] }),
      ...dueOn('2026-05-03', { records: ['d'] }),
      ...dueOn('2026-05-04', { refs: [ref] }),
    ];
    expect(inBatches(due, 3).map((some) => some.map(({ day }) => day))).toEqual([
      ['2026-05-01', '2026-05-02'],
      ['2026-05-03'],
      ['2026-05-04'],
    ]);
    const people = ['a', 'b', 'a', 'c', 'a'].map((name, n) =>
      recordOf(refOf('member', name), `e-${String(n)}`, { groups: [over] }),
    );
    const sizes = batchesOf(fates(...people), 3).map((batch) => batch.length);
    expect(sizes).toEqual([3, 2]);
    // A life that is too large for one fills several.
    expect(batchesOf(fates(...people), 2).map((batch) => batch.length)).toEqual([2, 2, 1]);
  });

  it('tells how many days the oldest is late', () => {
    expect(lagOf([{ day: '2026-06-01' }, { day: '2026-05-29' }], '2026-06-01')).toBe(3);
    expect(lagOf([], '2026-06-01')).toBe(0);
  });
});

it('a holder that knows whole persons only takes no places', () => {
  expect(knowsLocators({ kind: 'http', url: { env: 'A' } })).toBe(false);
  expect(knowsLocators({ kind: 'directive', patienceSeconds: 60 })).toBe(true);
});

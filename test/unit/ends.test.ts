import { describe, expect, it } from '@jest/globals';
import {
  endOf,
  knownOf,
  retentionStarts,
  shippedPolicies,
  type FactDocument,
  type GroupTag,
  type Policy,
  type RecordDocument,
  type RetentionStart,
} from '@keiro/schemas';
import fc from 'fast-check';
import { factDocument } from '../builders/facts.ts';
import { recordOf, refOf } from '../builders/lineage.ts';

const policy = shippedPolicies().newest;
const day = (text: string) => new Date(`${text}T00:00:00.000Z`);
const collected = day('2026-03-01');
const soon = day('2026-03-02');
const ref = refOf('member', 'hanako');
const record = recordOf(ref, 'e-1', { time: collected });
const other = recordOf(ref, 'e-2', { time: collected });
const digestOf = ({ _id }: RecordDocument) => _id.slice(_id.indexOf('/') + 1);

const tagUnder = (rule: string, cap?: Date): GroupTag => ({
  group: 'C1.identity',
  purposes: ['membership'],
  rule,
  start: policy.rules.retention[rule]?.start ?? '',
  ...(cap === undefined ? {} : { cap }),
});
const account = tagUnder('account', day('2028-03-01'));
const campaign = tagUnder('campaign', day('2027-03-01'));

function ends(
  group: GroupTag,
  facts: readonly FactDocument[],
  more: { of?: RecordDocument; now?: Date; newest?: Date; under?: Policy } = {},
) {
  const { of = record, now = soon, newest, under = policy } = more;
  return endOf(group, of, under, knownOf(facts, newest), now);
}

describe('a start that comes later', () => {
  it.each([
    { rule: 'account', kind: 'account-closed', cap: '2028-03-01', end: '2026-05-01' },
    { rule: 'contract', kind: 'contract-ended', cap: '2028-03-01', end: '2026-04-01' },
    { rule: 'campaign', kind: 'draw-or-delivery', cap: '2027-03-01', end: '2026-06-30' },
    { rule: 'inquiry', kind: 'inquiry-closed', cap: '2029-03-01', end: '2027-04-01' },
  ] as const)('$kind: open until then, at most the cap', ({ rule, kind, cap, end }) => {
    const group = tagUnder(rule, day(cap));
    expect(ends(group, [])).toEqual({ state: 'open', cap: day(cap) });
    const fact = factDocument('f-1', kind, day('2026-04-01'));
    expect(ends(group, [fact])).toEqual({
      state: 'running',
      startAt: day('2026-04-01'),
      end: day(end),
      closedBy: fact._id,
    });
    expect(ends(group, [fact], { now: day(end) }).state).toBe('ended');
  });

  it('every start of the policy is either in the tag or one of these, or the last use', () => {
    const later: RetentionStart[] = [
      'account-closed',
      'contract-ended',
      'draw-or-delivery',
      'inquiry-closed',
    ];
    const tagged: RetentionStart[] = ['collection', 'books-closed', 'tax-filing-due'];
    expect([...later, ...tagged, 'last-use'].sort()).toEqual([...retentionStarts].sort());
  });

  it('what began with the collection stays as it was tagged', () => {
    const end = day('2026-03-31');
    const group: GroupTag = { ...tagUnder('session-cookie'), startAt: collected, end };
    expect(ends(group, [factDocument('f-1', 'account-closed', soon)])).toEqual({
      state: 'running',
      startAt: collected,
      end,
    });
  });

  it('is the first after the collection: what was collected after a closing is not closed by it', () => {
    const facts = ['2026-02-01', '2026-06-01', '2026-05-01'].map((at) =>
      factDocument(at, 'account-closed', day(at)),
    );
    expect(ends(account, facts).startAt).toEqual(day('2026-05-01'));
    expect(ends(account, facts.slice(0, 1)).state).toBe('open');
  });

  it('concerns one event where it names one, and no other', () => {
    const fact = factDocument('f-1', 'draw-or-delivery', day('2026-04-01'), { about: digestOf(record) });
    expect(ends(campaign, [fact]).closedBy).toBe(fact._id);
    expect(ends(campaign, [fact], { of: other }).state).toBe('open');
  });

  it('of a user whom a customer controls only where it names the event (X2)', () => {
    const of = recordOf(ref, 'e-3', { time: collected, scope: { kind: 'entrusted', tenant: 'kaede' } });
    const group = tagUnder('entrusted', day('2028-03-01'));
    const at = day('2026-04-01');
    expect(ends(group, [factDocument('f-1', 'contract-ended', at)], { of }).state).toBe('open');
    const named = factDocument('f-2', 'contract-ended', at, { about: digestOf(of) });
    expect(ends(group, [named], { of }).startAt).toEqual(at);
    expect(ends(group, [], { of, newest: day('2027-01-01') }).cap).toEqual(day('2028-03-01'));
  });
});

describe('a cap', () => {
  it('from the last use moves with facts of use and newer records, and not with older ones', () => {
    const use = (at: string) => factDocument(at, 'used', day(at));
    expect(ends(account, [use('2026-07-01')]).cap).toEqual(day('2028-07-01'));
    expect(ends(account, [use('2026-07-01')], { newest: day('2026-08-01') }).cap).toEqual(day('2028-08-01'));
    expect(ends(account, [use('2026-02-01')], { newest: collected }).cap).toEqual(day('2028-03-01'));
  });

  it('a use of one event moves no other', () => {
    const use = factDocument('f-1', 'used', day('2026-07-01'), { about: digestOf(record) });
    expect(ends(account, [use]).cap).toEqual(day('2028-07-01'));
    expect(ends(account, [use], { of: other }).cap).toEqual(day('2028-03-01'));
  });

  it('from the collection does not move', () => {
    expect(ends(campaign, [factDocument('f-1', 'used', day('2026-07-01'))]).cap).toEqual(day('2027-03-01'));
  });

  it('that ends in erasure binds a period that began late, and is the end where none did', () => {
    const late = factDocument('f-1', 'draw-or-delivery', day('2027-02-01'));
    expect(ends(campaign, [late]).end).toEqual(day('2027-03-01'));
    expect(ends(campaign, [], { now: day('2027-03-01') }).state).toBe('ended');
  });

  it('that ends in a review leaves the decision to a person', () => {
    expect(ends(account, [], { now: day('2028-03-01') }).state).toBe('review');
    const late = factDocument('f-1', 'account-closed', day('2028-04-01'));
    expect(ends(account, [late]).end).toEqual(day('2028-05-01'));
  });
});

it('a period from the last use runs from the newest use', () => {
  const { account: rule } = policy.rules.retention;
  if (rule === undefined) throw new Error('the policy has a rule for accounts');
  const under: Policy = {
    ...policy,
    rules: { ...policy.rules, retention: { account: { ...rule, start: 'last-use', period: 'P1Y' } } },
  };
  const group: GroupTag = { ...account, start: 'last-use' };
  expect(ends(group, [], { under }).end).toEqual(day('2027-03-01'));
  expect(ends(group, [], { under, newest: day('2026-05-01') }).end).toEqual(day('2027-05-01'));
});

it('ends do not depend on the order in which facts came', () => {
  const kinds = ['account-closed', 'draw-or-delivery', 'used', 'contract-ended'] as const;
  const facts = fc
    .uniqueArray(
      fc.record({
        id: fc.string({ minLength: 1, maxLength: 4 }),
        kind: fc.constantFrom(...kinds),
        days: fc.integer({ min: -3, max: 3 }),
        single: fc.boolean(),
      }),
      { selector: ({ id }) => id, maxLength: 10 },
    )
    .map((all) =>
      all.map(({ id, kind, days, single }) =>
        factDocument(id, kind, new Date(collected.getTime() + days * 86_400_000), {
          ...(single ? { about: digestOf(record) } : {}),
        }),
      ),
    );
  fc.assert(
    fc.property(
      facts.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        for (const group of [account, campaign, tagUnder('contract')])
          expect(ends(group, shuffled)).toEqual(ends(group, all));
      },
    ),
    { seed: 20150907 },
  );
});

import { describe, expect, it } from '@jest/globals';
import { lapses, type RegisteredHolder } from '@keiro/schemas';
import { equivalentSince, fit, holder } from '../builders/holders.ts';
import { now, policy } from '../builders/transfers.ts';

const contract = (until: string) => ({ contract: { ...fit.contract, until } });
const told = (to: RegisteredHolder, at = now) =>
  lapses(to, policy, at).map(({ what, state, due }) => [what, state, due]);

describe('what of a holder lapses', () => {
  it.each([
    ['is due from 30 days before, in Japan', '2026-07-01', 'due'],
    ['is in order until then', '2026-07-02', 'ok'],
    ['is over the day after', '2026-05-31', 'over'],
    ['counts on its last day', '2026-06-01', 'due'],
  ])('T1: a contract %s', (_, until, state) => {
    expect(told(holder('processor', contract(until)))).toEqual([
      ['qualification', 'ok', '2036-12-31'],
      ['contract', state, until],
    ]);
  });

  it('T3: the check of an equivalent system is due after the policy’s year, whatever date was set', () => {
    const site = holder('site', {
      basis: 'entrustment',
      operator: 'affiliate',
      ...fit,
      ...equivalentSince('2025-06-10'),
    });
    expect(told(site)).toContainEqual(['abroad-review', 'due', '2026-06-10']);
    expect(told(site, new Date('2026-06-11T00:00:00Z'))).toContainEqual([
      'abroad-review',
      'over',
      '2026-06-10',
    ]);
  });

  it('is told where the register itself does not carry it', () => {
    expect(lapses(holder('processor', { qualification: undefined }), policy, now)).toMatchObject([
      { what: 'basis', state: 'over', label: { en: 'nobody has examined its qualification' } },
    ]);
    expect(told(holder('jointUser', { announcement: undefined }))).toEqual([['basis', 'over', undefined]]);
  });

  it.each(['store', 'thirdParty', 'analytics', 'site', 'jointUser'] as const)(
    'is nothing of a %s',
    (name) => {
      expect(told(holder(name))).toEqual([]);
    },
  );

  it('is nothing of one that each case decides', () => {
    expect(told(holder('thirdParty', { basis: 'law' }))).toEqual([]);
  });
});

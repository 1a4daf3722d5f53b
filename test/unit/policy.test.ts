import { describe, expect, it } from '@jest/globals';
import {
  answerDue,
  catalogue,
  cookieKinds,
  entrustedRetention,
  eventTypes,
  floorsOf,
  groupsForPurpose,
  purposeIds,
  purposesOf,
  retentionByPurpose,
  retentionOf,
  rowIds,
  shippedPolicies,
  startOf,
  type Use,
} from '@keiro/schemas';
import { leaves } from '../builders/documents.ts';

const policies = shippedPolicies();
const shipped = policies.newest;
const groupIds = eventTypes.flatMap((type) => catalogue[type].groups.map(({ id }) => id));

/** Every combination of what conditions can ask for. */
const situations = [...cookieKinds, undefined].flatMap((cookieKind) =>
  [true, false, undefined].map((marketingOptIn) => ({ cookieKind, marketingOptIn })),
);

describe('versions (V1, V2)', () => {
  it('are three, the first two with unknown texts and the rules of the third', () => {
    expect(policies.versions).toEqual(['2015-09-07', '2016-11-21', '2017-02-02']);
    const all = policies.versions.map((id) => policies.get(id));
    expect(all.map((one) => one?.text)).toEqual(['unknown', 'unknown', 'known']);
    for (const one of all) {
      expect(one).toMatchObject({ established: '2015-09-07', rulesOf: '2017-02-02' });
      expect(one?.effective).toBe(one?.version);
      expect(one?.rules).toEqual(shipped.rules);
    }
  });

  it('that do not exist are undefined, whatever they are called', () => {
    for (const id of ['2018-01-01', '', 'constructor']) expect(policies.get(id)).toBeUndefined();
  });

  it('can not be changed by whoever holds them', () => {
    const uses = shipped.rules.categories.C4.groups['usage']?.uses as unknown[];
    expect(() => uses.push({ purpose: 'marketing', rule: 'account' })).toThrow(TypeError);
  });

  it.each([
    ['2015-09-06T15:00:00Z', '2015-09-07'],
    ['2016-11-20T14:59:59.999Z', '2015-09-07'],
    ['2016-11-20T15:00:00Z', '2016-11-21'],
    ['2017-02-01T14:59:59.999Z', '2016-11-21'],
    ['2017-02-01T15:00:00Z', '2017-02-02'],
    ['2030-01-01T00:00:00Z', '2017-02-02'],
  ])('change at midnight in Japan: at %s it is %s', (at, id) => {
    expect(policies.inForce(new Date(at)).version).toBe(id);
  });

  it('began with the first', () => {
    expect(() => policies.inForce(new Date('2015-09-06T14:59:59.999Z'))).toThrow(RangeError);
  });
});

describe('purposes (PM)', () => {
  it('are there for exactly the groups that events have', () => {
    const inPolicy = Object.entries(shipped.rules.categories).flatMap(([category, { groups }]) =>
      Object.keys(groups).map((name) => `${category}.${name}`),
    );
    expect(inPolicy.sort()).toEqual([...groupIds].sort());
  });

  const always: Record<string, string[]> = {
    C1: ['membership', 'service'],
    C2: ['membership', 'service'],
    C5: ['payment'],
    C6: ['service'],
    C7: ['service'],
  };

  it.each(groupIds.filter((id) => id.slice(0, 2) in always))(
    '%s serves what its category serves, without more',
    (id) => {
      expect(purposesOf(shipped, id)).toEqual(always[id.slice(0, 2)]);
    },
  );

  it.each([
    ['session', ['membership'], 'session-cookie'],
    ['feature', ['membership'], 'other-cookie'],
    ['analytics', ['statistics', 'quality'], 'other-cookie'],
  ])('C3: a %s cookie serves %j', (cookieKind, purposes, rule) => {
    for (const id of ['C3.subject', 'C3.usage']) {
      expect(purposesOf(shipped, id, { cookieKind })).toEqual(purposes);
      expect(retentionOf(shipped, id, { cookieKind })?.id).toBe(rule);
    }
  });

  it('C3: a cookie of no known kind serves nothing, and so may not be kept', () => {
    expect(purposesOf(shipped, 'C3.usage', { cookieKind: 'advertising' })).toEqual([]);
    expect(retentionOf(shipped, 'C3.usage')).toBeUndefined();
  });

  it('C4: what tells who it was serves membership, the rest statistics', () => {
    expect(purposesOf(shipped, 'C4.auth')).toEqual(['membership']);
    expect(purposesOf(shipped, 'C4.subject')).toEqual(['membership']);
    expect(purposesOf(shipped, 'C4.usage')).toEqual(['statistics']);
  });

  it('P4: marketing only where the person opted in', () => {
    for (const id of groupIds) {
      for (const marketingOptIn of [false, undefined, 'true', 1]) {
        for (const cookieKind of cookieKinds) {
          expect(purposesOf(shipped, id, { cookieKind, marketingOptIn })).not.toContain('marketing');
        }
      }
    }
    const marketing = groupIds.filter((id) =>
      purposesOf(shipped, id, { marketingOptIn: true }).includes('marketing'),
    );
    expect(marketing).toEqual([
      'C1.subject',
      'C1.identity',
      'C2.subject',
      'C2.identity',
      'C6.subject',
      'C6.contact',
    ]);
  });

  it('find their groups, and the groups their purposes', () => {
    for (const purpose of purposeIds) {
      const served = groupIds.filter((id) =>
        situations.some((conditions) => purposesOf(shipped, id, conditions).includes(purpose)),
      );
      expect(groupsForPurpose(shipped, purpose)).toEqual(served);
    }
    expect(groupsForPurpose(shipped, 'development')).toEqual([]);
    expect(groupsForPurpose(shipped, 'entrusted:reiji-shoji')).toEqual([]);
  });

  it.each(['C9.identity', 'C1.nothing', 'C1', '', 'C1.constructor', 'constructor.groups'])(
    '%j is no group',
    (id) => {
      expect(purposesOf(shipped, id)).toEqual([]);
      expect(retentionOf(shipped, id)).toBeUndefined();
      expect(floorsOf(shipped, id)).toEqual([]);
    },
  );
});

describe('retention', () => {
  it.each([
    ['C1.identity', 'account', 'account-closed', 'P30D', 'P24M', 'review'],
    ['C2.profile', 'account', 'account-closed', 'P30D', 'P24M', 'review'],
    ['C4.subject', 'access-auth', 'collection', 'P1Y', undefined, undefined],
    ['C4.auth', 'access-auth', 'collection', 'P1Y', undefined, undefined],
    ['C4.usage', 'access-usage', 'collection', 'P90D', undefined, undefined],
    ['C5.books', 'contract', 'contract-ended', 'P0D', 'P24M', 'review'],
    ['C5.contact', 'contract', 'contract-ended', 'P0D', 'P24M', 'review'],
    ['C5.card', 'contract', 'contract-ended', 'P0D', 'P24M', 'review'],
    ['C6.contact', 'campaign', 'draw-or-delivery', 'P90D', 'P1Y', 'erase'],
    ['C7.message', 'inquiry', 'inquiry-closed', 'P1Y', 'P3Y', 'erase'],
  ])('%s: rule %s, from %s for %s, at most %s (%s)', (id, rule, start, period, cap, then) => {
    const found = retentionOf(shipped, id);
    expect(found).toMatchObject({ id: rule, start, period });
    expect([found?.cap?.period, found?.cap?.then]).toEqual([cap, then]);
  });

  it('of cookies is 30 days for sessions, 13 months for others', () => {
    expect(retentionOf(shipped, 'C3.usage', { cookieKind: 'session' })).toMatchObject({
      start: 'collection',
      period: 'P30D',
    });
    expect(retentionOf(shipped, 'C3.usage', { cookieKind: 'feature' })).toMatchObject({
      start: 'collection',
      period: 'P13M',
    });
  });

  it('of a customer’s users ends with the contract (X2)', () => {
    expect(entrustedRetention(shipped)).toMatchObject({
      id: 'entrusted',
      start: 'contract-ended',
      cap: { period: 'P24M' },
    });
  });

  it.each(groupIds)(
    '%s: wherever there is a purpose, it has an end of its own and one for the bytes',
    (id) => {
      for (const conditions of situations) {
        const purposes = purposesOf(shipped, id, conditions);
        const ends = retentionByPurpose(shipped, id, conditions);
        expect(ends.map(({ purpose }) => purpose)).toEqual(purposes);
        expect(retentionOf(shipped, id, conditions) === undefined).toBe(purposes.length === 0);
        for (const { rule } of ends) {
          const began = startOf(shipped, rule.start, new Date('2026-04-01T00:00:00Z'));
          expect(began !== undefined || rule.cap !== undefined).toBe(true);
        }
      }
    },
  );

  it('keeps the longest rule where several apply', () => {
    const rules = structuredClone(shipped.rules);
    const uses = rules.categories.C4.groups['usage']?.uses as Use[];
    uses.push(
      { purpose: 'quality', rule: 'other-cookie' },
      { purpose: 'membership', rule: 'session-cookie' },
    );
    const longer = { ...shipped, rules };
    expect(retentionByPurpose(longer, 'C4.usage').map(({ rule }) => rule.id)).toEqual([
      'access-usage',
      'other-cookie',
      'session-cookie',
    ]);
    expect(retentionOf(longer, 'C4.usage')?.id).toBe('other-cookie');
  });

  it('has floors for the books alone, each with its law', () => {
    expect(groupIds.filter((id) => floorsOf(shipped, id).length > 0)).toEqual(['C5.books']);
    expect(
      floorsOf(shipped, 'C5.books').map(({ law, start, period, onlyIn }) => [law, start, period, onlyIn]),
    ).toEqual([
      ['Companies Act 432(2)', 'books-closed', 'P10Y', undefined],
      ['Corporation Tax Rules 59', 'tax-filing-due', 'P7Y', undefined],
      ['Corporation Tax Rules 26-3', 'tax-filing-due', 'P10Y', 'loss-year'],
    ]);
  });
});

describe('starts', () => {
  it.each([
    ['2026-03-31T14:59:59Z', '2026-03-31T15:00:00.000Z', '2026-05-31T15:00:00.000Z'],
    ['2026-03-31T15:00:00Z', '2027-03-31T15:00:00.000Z', '2027-05-31T15:00:00.000Z'],
    ['2026-12-31T15:00:00Z', '2027-03-31T15:00:00.000Z', '2027-05-31T15:00:00.000Z'],
  ])('what was collected at %s is in the books that close at %s and are filed by %s', (at, closed, filed) => {
    expect(startOf(shipped, 'books-closed', new Date(at))?.toISOString()).toBe(closed);
    expect(startOf(shipped, 'tax-filing-due', new Date(at))?.toISOString()).toBe(filed);
  });

  it('are open until a fact arrives, but for what follows from the collection', () => {
    const at = new Date('2026-04-01T00:00:00Z');
    expect(startOf(shipped, 'collection', at)).toEqual(at);
    for (const start of [
      'last-use',
      'account-closed',
      'contract-ended',
      'draw-or-delivery',
      'inquiry-closed',
    ] as const) {
      expect(startOf(shipped, start, at)).toBeUndefined();
    }
  });

  it('of an answer: due 14 calendar days after arrival, whatever the days (R7)', () => {
    expect(answerDue(shipped, new Date('2026-04-25T23:30:00+09:00'))).toEqual(
      new Date('2026-05-09T23:30:00+09:00'),
    );
  });
});

describe('what a person reads (L2)', () => {
  const texts = leaves(shipped.rules).filter(({ path }) => path.at(-1) === 'ja' || path.at(-1) === 'en');

  it('exists in Japanese and in English', () => {
    expect(texts.length).toBeGreaterThan(150);
    for (const { path, value } of texts) {
      const script =
        path.at(-1) === 'ja' ? /[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}]/u : /^[\x20-\x7e]+$/;
      expect([path.join('.'), value]).toEqual([path.join('.'), expect.stringMatching(script)]);
    }
  });
});

describe('sources (I0)', () => {
  it('are rows of the policy, which has 44', () => {
    expect(rowIds).toHaveLength(44);
    expect(new Set(rowIds).size).toBe(44);
  });

  it('of each category and right and basis is its own row', () => {
    const { categories, bases, rights } = shipped.rules;
    expect(Object.entries(categories).map(([id, { source }]) => [id, source.row])).toEqual(
      eventTypes.map((type) => [catalogue[type].category, catalogue[type].category]),
    );
    expect(Object.values(bases).map(({ source }) => source.row)).toEqual([
      'TA',
      'TB',
      'TC',
      'TD',
      'TE',
      'TF',
      'T1',
      'T4',
    ]);
    expect(Object.values(rights).map(({ source }) => source.row)).toEqual([
      'R1',
      'R2',
      'R3',
      'R4',
      'R5',
      'R6',
    ]);
  });
});

describe('bases and rights', () => {
  it('TB: a breach of the terms is no basis by itself, at home or abroad', () => {
    const { atHome, abroad } = shipped.rules.bases['terms-violation'] ?? {};
    expect([atHome?.verdict, abroad?.verdict]).toEqual(['only-with', 'only-with']);
  });

  it('APPI 28: what needs no consent at home needs more abroad', () => {
    for (const id of ['succession', 'entrustment', 'joint-use']) {
      expect(shipped.rules.bases[id]).toMatchObject({
        atHome: { verdict: 'allowed' },
        abroad: { verdict: 'only-with' },
      });
    }
  });

  it('R8: only disclosure may cost something, and costs nothing as shipped', () => {
    const withFee = Object.entries(shipped.rules.rights).filter(([, { feeAllowed }]) => feeAllowed);
    expect(withFee.map(([id]) => id)).toEqual(['disclosure']);
    expect(shipped.rules.fees.disclosure).toBe(0);
  });
});

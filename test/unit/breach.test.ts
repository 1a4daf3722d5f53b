import { describe, expect, it } from '@jest/globals';
import { breachLines } from '@keiro/cli/breach-text';
import { classesOf, deadlinesOf, encryptionOf, reportableOf } from '@keiro/query/breach-assess';
import { exposureOf, placesOf, storesOf, type Places } from '@keiro/query/breach-exposure';
import { contactsOf, peopleOf, personsIn, type LoadLinks } from '@keiro/query/breach-persons';
import { addExposure, emptyTotals } from '@keiro/query/breach-totals';
import type { Erasure } from '@keiro/query/copies';
import {
  breachAnswerSchema,
  breachAssessSchema,
  personOf,
  shippedPolicies,
  type BreachAnswer,
  type BreachTally,
  type CopyDocument,
  type Policy,
  type Ref,
} from '@keiro/schemas';
import fc from 'fast-check';
import { factOf, minute, provenTask, recordOf, refOf, snapshotOf } from '../builders/lineage.ts';
import { linkGraphs, linksOf, refNamed, type Pair } from '../builders/link-graphs.ts';

const tally = (more: Partial<BreachTally> = {}): BreachTally => ({
  persons: { atLeast: 1, atMost: 1 },
  records: 1,
  sensitive: 0,
  unattributed: 0,
  categories: { C1: 1 },
  groups: { 'C1.identity': 1 },
  ...more,
});
const verdicts = (counts: Partial<BreachTally>, cause: Parameters<typeof classesOf>[1] = 'loss') =>
  classesOf(tally(counts), cause).map(({ applies }) => applies);

describe('the four classes of Rule 7', () => {
  it.each([
    ['nothing of the four', {}, 'loss', ['no', 'no', 'no', 'no'], 'no'],
    ['one record with sensitive data', { sensitive: 1 }, 'loss', ['yes', 'no', 'no', 'no'], 'yes'],
    ['a card', { groups: { 'C5.card': 1 } }, 'loss', ['no', 'yes', 'no', 'no'], 'yes'],
    [
      'payments without a card',
      { groups: { 'C5.books': 1 } },
      'loss',
      ['no', 'possible', 'no', 'no'],
      'possible',
    ],
    ['one person by unauthorised access', {}, 'unauthorised-access', ['no', 'no', 'yes', 'no'], 'yes'],
    ['one person by theft', {}, 'theft', ['no', 'no', 'yes', 'no'], 'yes'],
    ['nothing by theft', { records: 0 }, 'theft', ['no', 'no', 'no', 'no'], 'no'],
    ['1,000 persons', { persons: { atLeast: 1000, atMost: 1000 } }, 'loss', ['no', 'no', 'no', 'no'], 'no'],
    ['1,001 persons', { persons: { atLeast: 1001, atMost: 1001 } }, 'loss', ['no', 'no', 'no', 'yes'], 'yes'],
    [
      'up to 1,001 persons',
      { persons: { atLeast: 999, atMost: 1001 } },
      'loss',
      ['no', 'no', 'no', 'possible'],
      'possible',
    ],
    [
      '1,000 persons and a record of anybody',
      { persons: { atLeast: 1000, atMost: 1000 }, unattributed: 1 },
      'loss',
      ['no', 'no', 'no', 'possible'],
      'possible',
    ],
  ] as const)('%s', (_what, counts, cause, expected, reportable) => {
    expect(verdicts(counts, cause)).toEqual(expected);
    expect(reportableOf(classesOf(tally(counts), cause))).toBe(reportable);
  });
});

describe('the deadlines', () => {
  const policy = shippedPolicies().inForce(minute(0));
  // Half past midnight on 3 March in Tokyo, still the 2nd in UTC.
  const known = new Date('2026-03-02T15:30:00Z');
  const of = (cause: 'loss' | 'improper-purpose', more: Policy = policy) =>
    deadlinesOf(known, classesOf(tally(), cause), more);

  it('run from the moment of knowing to the end of a day in Tokyo', () => {
    expect(of('loss')).toEqual({
      preliminary: {
        clock: 'breach-preliminary',
        from: '2026-03-06T14:59:59.999Z',
        by: '2026-03-08T14:59:59.999Z',
        mark: 'S',
      },
      final: { clock: 'breach-final', by: '2026-04-02T14:59:59.999Z', mark: 'S' },
    });
  });

  it('leave 60 days where the purpose was improper', () => {
    expect(of('improper-purpose').final).toEqual({
      clock: 'breach-final-improper',
      by: '2026-05-02T14:59:59.999Z',
      mark: 'S',
    });
  });

  it('are those of the policy, and of the Rules where it has none', () => {
    const { answer } = policy.rules.clocks;
    const without = { ...policy, rules: { ...policy.rules, clocks: { answer } } };
    expect(of('loss', without)).toEqual(of('loss'));
    const shorter = { answer, 'breach-final': { ...answer, period: 'P20D' } };
    expect(of('loss', { ...policy, rules: { ...policy.rules, clocks: shorter } }).final.by).toBe(
      '2026-03-23T14:59:59.999Z',
    );
  });
});

describe('encryption', () => {
  it('excludes what is sealed in a topic while the keys are untouched, and never a store', () => {
    expect(
      (['untouched', 'touched', 'unknown'] as const).map((keys) => [
        encryptionOf('topic', keys).isExcluded,
        encryptionOf('holder', keys).isExcluded,
      ]),
    ).toEqual([
      [true, false],
      [false, false],
      [false, false],
    ]);
  });

  it('counts a record as exposed when any place had it in clear, and then the groups that were there', () => {
    const record = recordOf(refOf('member', 'a'), 'r');
    const at = (places: Record<string, string[]>) => ({ at: new Map(Object.entries(places)), snapshots: [] });
    const isSealed = (place: string) => place.startsWith('collection.');
    const totals = emptyTotals();
    addExposure(totals, record, at({ 'collection.registration': ['C1.identity', 'C1.address'] }), isSealed);
    addExposure(
      totals,
      record,
      at({ 'collection.registration': ['C1.address'], crm: ['C1.identity'] }),
      isSealed,
    );
    const entrusted = { ...record, scope: { kind: 'entrusted' as const, tenant: 'acme' } };
    addExposure(totals, entrusted, at({ crm: ['C1.identity'] }), isSealed);
    expect([
      totals.excluded.records,
      totals.exposed.records,
      totals.tenants.get('acme')?.records,
      Object.fromEntries(totals.exposed.groups),
      Object.fromEntries(totals.places),
    ]).toEqual([1, 1, 1, { 'C1.identity': 1 }, { 'collection.registration': 2, crm: 2 }]);
  });
});

describe('where a record was in the window', () => {
  const record = recordOf(refOf('member', 'a'), 'r');
  const window = { from: minute(10), to: minute(20) };
  const places = (
    holders: string[],
    topics: string[] = [],
    snapshots = [] as Parameters<typeof placesOf>[1],
  ): Places => placesOf({ holders, topics }, snapshots, window);
  const where = (facts: CopyDocument[], around: Places, erasure?: Erasure) => {
    const exposure = exposureOf(record, facts, erasure, around);
    return exposure === undefined ? undefined : [...exposure.at.keys()];
  };
  const held = factOf(record, 'crm', 'held', minute(1));

  it.each([
    ['held before', [held], ['crm']],
    ['held at its end', [factOf(record, 'crm', 'held', minute(20))], ['crm']],
    ['held later', [factOf(record, 'crm', 'held', minute(21))], undefined],
    ['removed before', [held, factOf(record, 'crm', 'removed', minute(9))], undefined],
    ['removed in it', [held, factOf(record, 'crm', 'removed', minute(10))], ['crm']],
    ['withheld', [factOf(record, 'crm', 'withheld', minute(1))], undefined],
    ['held by another', [factOf(record, 'mailer', 'held', minute(1))], undefined],
  ])('%s', (_what, facts, expected) => {
    expect(where(facts, places(['crm']))).toEqual(expected);
  });

  it('ends with the proof of its erasure, not with a task that is only done', () => {
    const erasure = (at: number): Erasure => ({
      request: 'q',
      isDone: true,
      tasks: new Map([['crm', provenTask('q', 'crm', minute(at))]]),
    });
    expect([where([held], places(['crm']), erasure(9)), where([held], places(['crm']), erasure(11))]).toEqual(
      [undefined, ['crm']],
    );
  });

  it('is in its topic until the broker must have dropped it', () => {
    const later = (days: number) => ({
      from: new Date(minute(0).getTime() + days * 86_400_000),
      to: new Date(minute(0).getTime() + (days + 1) * 86_400_000),
    });
    const at = (days: number) =>
      placesOf({ holders: [], topics: ['collection.registration'] }, [], later(days));
    expect([where([], at(6.5)), where([], at(7.5)), where([], places([], ['collection.payment']))]).toEqual([
      ['collection.registration'],
      undefined,
      undefined,
    ]);
  });

  it('is at the site by the snapshots that were there, and those are named for a breach at the store too', () => {
    const taken = [
      snapshotOf('dr', 'crm', minute(0), { snapshot: 'before-it' }),
      snapshotOf('dr', 'crm', minute(5), { snapshot: 'image', mutable: false, expiresAt: minute(12) }),
      snapshotOf('dr', 'crm', minute(4), { snapshot: 'expired', mutable: false, expiresAt: minute(9) }),
      snapshotOf('dr', 'crm', minute(3), { snapshot: 'overwritten' }),
      snapshotOf('dr', 'crm', minute(6), { snapshot: 'replica' }),
      snapshotOf('dr', 'crm', minute(30), { snapshot: 'after' }),
    ];
    const of = (holders: string[]) => {
      const around = places(holders, [], taken);
      const exposure = exposureOf(record, [held], undefined, around);
      return [
        storesOf(around),
        [...(exposure?.at.keys() ?? [])],
        exposure?.snapshots.map((one) => one.snapshot),
      ];
    };
    expect(of(['dr'])).toEqual([['dr', 'crm'], ['dr'], ['image', 'replica']]);
    expect(of(['crm'])).toEqual([['crm'], ['crm'], ['image', 'replica']]);
  });
});

const loaderOf =
  (links: ReadonlyMap<Ref, ReadonlySet<Ref>>, asked: Ref[][] = []): LoadLinks =>
  (refs) => {
    asked.push([...refs]);
    return Promise.resolve(refs.flatMap((from) => [...(links.get(from) ?? [])].map((to) => ({ from, to }))));
  };
const none = new Set<string>();

describe('who is behind many refs', () => {
  it('is who personOf says, ref by ref, whatever the links', async () => {
    await fc.assert(
      fc.asyncProperty(linkGraphs, fc.integer({ min: 1, max: 4 }), async (pairs, step) => {
        const links = linksOf(pairs);
        const refs = [...links.keys()].filter((_, position) => position % step === 0);
        const { persons, shared } = await peopleOf(refs, loaderOf(links), none);
        for (const ref of refs) {
          const answer = personOf(ref, links);
          if (!('person' in answer)) throw new Error('all links are there');
          expect(shared.has(ref)).toBe(answer.person.startIsAmbiguous);
          if (answer.person.startIsAmbiguous) continue;
          const [key] = [...persons].find(([, own]) => own.includes(ref)) ?? [];
          expect(answer.person.refs).toContain(key);
          expect(answer.person.member ?? key).toBe(key);
          const contacts = await contactsOf([key ?? ''], loaderOf(links), none);
          expect(contacts.get(key ?? '')).toEqual(
            (['email', 'phone'] as const).filter((kind) =>
              answer.person.refs.some((one) => one.startsWith(`${kind}.`)),
            ),
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is asked for in rounds, not ref by ref', async () => {
    const pairs = Array.from({ length: 1200 }, (_, n): Pair => [
      refNamed('member', n),
      refNamed('cookie', n),
    ]);
    const asked: Ref[][] = [];
    const cookies = pairs.map(([, cookie]) => cookie);
    const { persons } = await peopleOf(cookies, loaderOf(linksOf(pairs), asked), none);
    expect([persons.size, asked.length]).toEqual([1200, 3]);
  });

  it('is a range where several could have a ref', () => {
    const persons = new Map([['member.a', ['member.a']]]);
    const shared = new Map([
      // One of them is counted already.
      ['phone.1', ['member.a', 'member.b']],
      // Nobody of these is: one more at least, and all of them at most. The two refs may be of one and the same.
      ['phone.2', ['member.c', 'member.d']],
      ['phone.3', ['member.d', 'member.e']],
    ]);
    expect(personsIn({ persons, shared })).toEqual({ atLeast: 2, atMost: 5 });
  });
});

describe('what is asked and read', () => {
  const body = {
    holders: ['crm'],
    from: '2026-03-01T00:00:00Z',
    to: '2026-03-02T00:00:00Z',
    knownAt: '2026-03-02T01:00:00Z',
    cause: 'loss',
  };
  it.each([
    ['holders', { holders: [] }],
    ['to', { to: '2026-02-01T00:00:00Z' }],
    ['knownAt', { knownAt: '2026-02-01T00:00:00Z' }],
    ['topics.0', { topics: ['rights.standing'] }],
    ['cause', { cause: 'whatever' }],
  ])('a wrong %s is named', (field, wrong) => {
    const parsed = breachAssessSchema.safeParse({ ...body, ...wrong });
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
    expect(breachAssessSchema.safeParse(body).success).toBe(true);
  });

  it('in both languages, and says where only a person can decide', () => {
    const policy = shippedPolicies().inForce(minute(0));
    const exposed = tally({
      persons: { atLeast: 1, atMost: 3 },
      groups: { 'C5.books': 1 },
      categories: { C5: 1 },
    });
    const classes = classesOf(exposed, 'loss');
    const answer: BreachAnswer = {
      asOf: minute(0).toISOString(),
      window: { from: minute(0).toISOString(), to: minute(1).toISOString() },
      cause: 'loss',
      reportable: reportableOf(classes),
      classes,
      deadlines: deadlinesOf(minute(0), classes, policy),
      exposed,
      excluded: tally({ records: 0 }),
      tenants: [],
      places: [
        { kind: 'holder', id: 'crm', country: 'JP', encryption: 'plaintext', isExcluded: false, records: 1 },
      ],
      countries: ['JP'],
      snapshots: [],
      persons: [{ ref: refOf('member', 'a'), kind: 'member', records: 1, contacts: ['email'] }],
      page: { total: 2, shown: 1 },
      ambiguous: { total: 0, shown: [] },
      labels: { categories: {}, groups: {} },
      notes: [{ code: 'x', ja: '注意', en: 'mind' }],
    };
    expect(breachAnswerSchema.safeParse(answer).success).toBe(true);
    const text = breachLines(answer, 'both').join('\n');
    for (const part of [
      '該当しうる（要判断） possible: a person decides',
      '1 – 3',
      '※ 注意 mind',
      'ほか more 1',
      '平文',
    ])
      expect(text).toContain(part);
    expect(breachLines(answer, 'en').join('\n')).not.toMatch(/[ぁ-んァ-ヶ一-龠]/);
  });
});

import { describe, expect, it } from '@jest/globals';
import { CannotKeepError, openFound, whyByHand, withFound, narrowedWorks } from '@keiro/erase/keeping';
import { planFloors, type FloorInput } from '@keiro/request/floors/plan';
import { endedBy } from '@keiro/request/floors/rest-end';
import { dueOfKept } from '@keiro/request/floors/store';
import { planRest } from '@keiro/request/retention/rest';
import { dueRecords } from '@keiro/request/retention/decide';
import { noticeOf } from '@keiro/request/notices';
import {
  canKeep,
  floorOf,
  flooredCategories,
  keepersOf,
  knownOf,
  shippedPolicies,
  type ConnectorConfig,
  type GroupTag,
  type Holder,
  type Policies,
  type RecordDocument,
  type TaskDocument,
} from '@keiro/schemas';
import { factDocument } from '../builders/facts.ts';
import { recordOf, refOf, requestOf } from '../builders/lineage.ts';
import { lifeOf } from '../builders/work.ts';

/* R4: what a law keeps of a person who is erased, where, and what happens when it keeps it no longer. */

const at = (text: string) => new Date(text);
const now = at('2026-06-01T00:00:00+09:00');
const policies = shippedPolicies();
const ref = refOf('member', 'hanako');
/** Fiscal years end in March: ten years from the end of that, tax books a little longer. */
const booksEnd = at('2037-06-01T00:00:00+09:00');
const books: GroupTag = {
  group: 'C5.books',
  purposes: ['payment'],
  rule: 'contract',
  start: 'contract-ended',
  cap: at('2028-06-01T00:00:00+09:00'),
  floor: { law: 'Companies Act 432(2)', until: booksEnd },
};
const card: GroupTag = { group: 'C5.card', purposes: ['payment'], rule: 'contract', start: 'contract-ended' };
const payment = (id: string, groups: GroupTag[] = [books, card], more: Partial<RecordDocument> = {}) =>
  recordOf(ref, id, {
    category: 'C5',
    type: 'payment',
    groups,
    present: ['amount', 'billingEmail', 'cardToken'],
    time: at('2026-05-01T00:00:00+09:00'),
    ...more,
  });

const table = (more: object = {}): ConnectorConfig => ({
  kind: 'postgresql',
  url: { env: 'URL' },
  database: 'billing',
  tables: [
    {
      name: 'payments',
      identifiers: { member: 'member' },
      locator: 'id',
      fields: { amount: 'amount' },
      ...more,
    },
  ],
});
const http: ConnectorConfig = { kind: 'http', url: { env: 'URL' } };
const holder = (id: string, more: Partial<Holder> = {}): Holder => ({
  id,
  kind: 'store',
  name: { ja: id, en: id },
  country: 'JP',
  categories: ['C5'],
  purposes: ['payment'],
  basis: 'own',
  connector: table(),
  ...more,
});
const billing = holder('billing');
const mailer = holder('mailer', { kind: 'processor', purposes: ['payment', 'service'] });
const site = holder('site', { kind: 'dr-site', replicates: ['billing'] });
const plan = (more: Partial<FloorInput> = {}, when = now) =>
  planFloors(
    {
      records: [payment('p-1')],
      holders: [billing, mailer, site],
      policies,
      knownOf: () => knownOf([]),
      ...more,
    },
    when,
  );

describe('R4: who keeps what a law keeps', () => {
  const keepers = (holders: readonly Holder[]) => keepersOf(books, holders);
  it('is a store of ours that has it for a purpose of the group, and the site that mirrors it; no one else', () => {
    const others = [
      holder('crm', { purposes: ['membership'] }),
      holder('sessions', { categories: ['C3'] }),
      holder('partner', { kind: 'third-party' }),
      holder('elsewhere', { kind: 'dr-site', replicates: ['crm'] }),
    ];
    expect(keepers([billing, mailer, site, ...others])).toEqual(['billing', 'site']);
  });

  it('is what the register says, where it says something', () => {
    const told = { keepsForLaw: ['C5.books'] };
    expect(keepers([{ ...billing, keepsForLaw: [] }, { ...mailer, ...told }, site])).toEqual(['mailer']);
    expect(keepers([billing, { ...site, keepsForLaw: [] }])).toEqual(['billing']);
  });

  it.each<[string, ConnectorConfig, boolean]>([
    ['a table with a column of it', table(), true],
    ['a table without', table({ fields: { name: 'name' } }), false],
    ['OpenDSR', http, false],
    ['a service of its own', { kind: 'directive', patienceSeconds: 1 }, true],
    [
      'a bucket that says what its objects hold',
      s3([{ pattern: 'invoices/{member}/', identifier: 'member', holds: ['amount'] }]),
      true,
    ],
    ['a bucket that does not', s3([{ pattern: 'exports/{member}/', identifier: 'member' }]), false],
  ])('can be told what to leave: %s', (_name, connector, can) => {
    expect(canKeep(connector, ['amount', 'items'])).toBe(can);
  });
});

describe('R4: what a deletion keeps', () => {
  it('is the books of a payment, at who has the duty, until the law ends; neither e-mail nor card', () => {
    const { groups, keep, records, byHand } = plan();
    expect(groups).toEqual([
      {
        group: 'C5.books',
        label: policies.newest.rules.categories.C5.groups['books']?.label,
        law: 'Companies Act 432(2)',
        why: policies.newest.rules.floors['company-books']?.label,
        records: 1,
        holders: ['billing', 'site'],
        until: booksEnd,
      },
    ]);
    expect([...keep.keys()]).toEqual(['billing', 'site']);
    expect(keep.get('billing')).toEqual({
      groups: ['C5.books'],
      fields: ['amount', 'currency', 'invoice', 'items', 'paidAt', 'payerName'],
      laws: ['Companies Act 432(2)'],
      until: booksEnd,
    });
    // Of the site only the part that mirrors that store.
    expect([keep.get('billing')?.in, keep.get('site')?.in]).toEqual([undefined, ['billing']]);
    expect(byHand).toEqual([]);
    const { end: _end, cap: _cap, ...left } = { ...books, purposes: [] };
    expect(records).toEqual([
      { _id: payment('p-1')._id, ref, generation: 1, groups: [{ ...left, end: now }], present: ['amount'] },
    ]);
  });

  it('is nothing of a record whose law has ended, and the last end counts', () => {
    const ended = payment('old', [{ ...books, floor: { law: 'Companies Act 432(2)', until: now } }]);
    const later = payment('new', [
      { ...books, floor: { law: 'Companies Act 432(2)', until: at('2040-01-01T00:00:00Z') } },
    ]);
    const found = plan({ records: [ended, payment('p-1'), later] });
    expect(found.records.map(({ _id }) => _id)).toEqual([payment('p-1')._id, later._id]);
    expect(found.groups).toMatchObject([{ records: 2, until: at('2040-01-01T00:00:00Z') }]);
    expect(plan({ records: [ended] })).toMatchObject({ groups: [], records: [] });
  });

  it('is told to be nobody’s where nobody is registered for it, and goes as any other', () => {
    const { groups, keep, records } = plan({ holders: [mailer] });
    expect(groups).toMatchObject([{ group: 'C5.books', holders: [] }]);
    expect([keep.size, records]).toEqual([0, []]);
  });

  it('is for a person to see to where a holder can’t be told a part', () => {
    const processor = holder('books', { kind: 'processor', keepsForLaw: ['C5.books'], connector: http });
    expect(plan({ holders: [billing, processor] }).byHand).toEqual(['books']);
  });

  it('of what was tagged before there was the law is what the policy in force says; of a customer’s user nothing', () => {
    const { floor: _floor, ...before } = books;
    const old = payment('old', [before]);
    const known = knownOf([]);
    // Books of May 2026 close in March 2027; that tax return is due in May, and seven years are less than ten.
    expect(floorOf(before, old, policies, known, now)).toEqual({
      law: 'Companies Act 432(2)',
      until: at('2037-03-31T15:00:00.000Z'),
    });
    const entrusted = payment('theirs', [before], { scope: { kind: 'entrusted', tenant: 'acme' } });
    expect(floorOf(before, entrusted, policies, known, now)).toBeUndefined();
    expect([...flooredCategories(policies)]).toEqual(['C5']);
  });

  it('of a law whose period waits for something has no end, until that comes', () => {
    const waiting = policyWith('contract-ended', 'P7Y');
    const open: GroupTag = { ...books, floor: { law: 'Companies Act 432(2)' } };
    const record = payment('p-1', [open]);
    const { groups } = plan({ records: [record], policies: waiting });
    expect(groups).toMatchObject([{ start: 'contract-ended', records: 1 }]);
    expect(groups[0]).not.toHaveProperty('until');
    const ended = factDocument('f-1', 'contract-ended', at('2026-05-20T00:00:00+09:00'));
    const until = at('2033-05-20T00:00:00+09:00');
    const knowing = { records: [record], policies: waiting, knownOf: () => knownOf([ended]) };
    expect(plan(knowing).groups).toMatchObject([{ until }]);
    expect(plan(knowing, until).groups).toEqual([]);
  });
});

describe('R4: what is kept', () => {
  const narrowed = plan().records[0];
  const kept = (more: Partial<RecordDocument> = {}) =>
    payment('p-1', [...(narrowed?.groups ?? [])], { kept: { request: 'del', at: now }, ...more });
  const fate = (record: RecordDocument, when: Date, isHeld = false) =>
    dueRecords([record], () => knownOf([]), policies, { isHeld: () => isHeld }, when)[0];

  it('is looked at on the day its law ends, stays until then, and goes then; a hold that lasts longer keeps it', () => {
    expect(dueOfKept(narrowed === undefined ? [] : [narrowed], now)).toMatchObject([
      { day: '2037-06-01', records: [payment('p-1')._id] },
    ]);
    expect(fate(kept(), now)).toMatchObject({ verdict: 'not-yet', next: booksEnd });
    expect(fate(kept(), booksEnd)).toMatchObject({ verdict: 'erase' });
    expect(fate(kept(), booksEnd, true)).toMatchObject({ verdict: 'not-yet', wait: 'hold' });
  });

  const deletion = requestOf('del', {
    type: 'deletion',
    state: 'done',
    lives: [{ ref, generation: 1 }],
    kept: plan().groups,
  });
  const copy = (record: string, holderId: string, hasLocator = true) => ({
    _id: `${record}|${holderId}|held`,
    record,
    holder: holderId,
    action: 'held' as const,
    at: now,
    groups: ['C5.books', 'C5.card'],
    ref,
    generation: 1,
    ...(hasLocator ? { locator: 'sealed' } : {}),
  });
  const rest = (more: Partial<Parameters<typeof planRest>[0]> = {}) => {
    const fates = dueRecords([kept()], () => knownOf([]), policies, { isHeld: () => false }, booksEnd);
    const id = kept()._id;
    return planRest(
      {
        of: { deletion, records: [id] },
        fates,
        copies: [copy(id, 'billing'), copy(id, 'mailer')],
        holders: [billing, mailer, site],
        day: '2037-06-01',
        ...more,
      },
      booksEnd,
      booksEnd,
    );
  };

  it('goes from who kept it and nowhere else, as one request for its deletion', () => {
    const { goes, waiting } = rest();
    expect(waiting).toEqual([]);
    expect(goes?.request.retention).toMatchObject({ rest: 'del', records: 1 });
    expect(goes?.tasks.map(({ holder: id, records, retention }) => [id, records, retention?.rest])).toEqual([
      ['billing', [kept()._id], { deletion: 'del', last: true }],
      ['site', [kept()._id], { deletion: 'del', last: true }],
    ]);
    expect(goes?.batch).toMatchObject({ lives: deletion.lives, records: [kept()._id] });
  });

  it('goes record by record; who can’t tell them apart is told with the last', () => {
    const id = kept()._id;
    const other = 'member.other#1.x';
    const first = rest({ of: { deletion, records: [id, other] } });
    expect(first.goes?.tasks.map(({ holder: name, retention }) => [name, retention])).toEqual([
      ['billing', { alone: false, whole: [], rest: { deletion: 'del', last: false } }],
      ['site', { alone: false, whole: [], rest: { deletion: 'del', last: false } }],
    ]);
    const nowhere = { copies: [copy(id, 'billing', false)] };
    expect(rest({ of: { deletion, records: [id, other] }, ...nowhere })).toEqual({
      waiting: [
        { record: id, wait: 'whole-person', holder: 'billing' },
        { record: id, wait: 'whole-person', holder: 'site' },
      ],
    });
    expect(rest(nowhere).goes?.tasks.map(({ retention }) => retention?.whole)).toEqual([
      deletion.lives,
      deletion.lives,
    ]);
  });

  it('waits for its deletion to be done, and for a holder that nobody knows any more', () => {
    const underWay = { deletion: { ...deletion, state: 'waiting-for-operator' as const }, records: [] };
    expect(rest({ of: underWay }).waiting).toMatchObject([{ wait: 'deletion' }]);
    expect(rest({ holders: [billing] }).waiting).toMatchObject([{ wait: 'unknown-holder', holder: 'site' }]);
  });

  it('is told to be over once, to who is still there to be told, with what holders proved', () => {
    const probe = { at: booksEnd, found: 0 };
    const task = {
      holder: 'billing',
      attempt: 1,
      receipt: { affected: 2, detail: { payments: 2 }, probe },
      doneAt: booksEnd,
    } as unknown as TaskDocument;
    const batch = { _id: 'batch', retention: rest().goes?.request.retention } as Parameters<
      typeof endedBy
    >[1];
    const asked = { ...deletion, events: [{ n: 1, type: 'accepted' as const, at: now, by: 'x' }] };
    const last = endedBy(asked, batch, [task], { left: 0, isReached: true }, booksEnd);
    expect(last.events?.map(({ type, n }) => [type, n])).toEqual([
      ['rest-erased', 2],
      ['notice-due', 3],
    ]);
    expect(last).toMatchObject({ endedAt: booksEnd, rest: [{ holder: 'billing', affected: 2, probe }] });
    const nobody = endedBy(asked, batch, [task], { left: 0, isReached: false }, booksEnd);
    expect(nobody.events?.map(({ type }) => type)).toEqual(['rest-erased']);
    const more = endedBy(
      { ...asked, rest: last.rest ?? [] },
      batch,
      [task],
      { left: 1, isReached: true },
      booksEnd,
    );
    expect(more).toMatchObject({ events: [], rest: [{ affected: 4 }] });
    expect(more).not.toHaveProperty('endedAt');
  });

  it.each([
    [
      'completed',
      /帳簿と証憑.*Companies Act 432\(2\).*2037-06-01まで/,
      /Books and vouchers.*until 2037-06-01/,
    ],
    ['rest-erased', /すべて消去しました[^]*Companies Act 432\(2\)/, /all of that is erased now/],
  ] as const)('is told to the person in the notice %s', (kind, ja, en) => {
    const { text } = noticeOf(deletion, { n: 1, kind, at: now }, policies.newest);
    expect(text.ja).toMatch(ja);
    expect(text.en).toMatch(en);
    const { kept: _kept, ...nothing } = deletion;
    expect(noticeOf(nothing, { n: 1, kind: 'completed', at: now }, policies.newest).text.en).not.toMatch(
      /law/,
    );
  });
});

describe('R4: an erasure that a floor narrows', () => {
  const life = lifeOf('member', 'hanako');
  const sealed = {
    lives: [{ ...life, custodyKey: Buffer.alloc(32, 1).toString('base64') }],
    _id: 't',
    holder: 'h',
  };
  const work = {
    lives: [life],
    locators: ['kept'],
    replicated: {},
    keep: ['amount'],
  } as unknown as Parameters<typeof narrowedWorks>[0];

  it('lets places of what no floor keeps go whole first, by themselves', () => {
    const works = narrowedWorks(work, { locators: ['gone'], replicated: {} });
    expect(works).toMatchObject([
      { pass: 'whole-', lives: [], locators: ['gone'], locatorsUpTo: 1 },
      { lives: [life], locators: ['kept'], keep: ['amount'] },
    ]);
    expect(works[0]).not.toHaveProperty('keep');
    expect(narrowedWorks(work, { locators: [], replicated: { crm: [] } })).toHaveLength(1);
  });

  it('adds places that nobody had reported to those that are known', () => {
    const rows = [{ locator: 'a' }, { part: 'crm', locator: 'b' }];
    const { locators, replicated } = withFound(
      { locators: ['a', 'k'], replicated: { billing: ['x'] } },
      rows,
    );
    expect([locators, replicated]).toEqual([['a', 'k'], { billing: ['x'], crm: ['b'] }]);
    expect(openFound([], sealed)).toEqual([]);
    expect(() => openFound([{ locator: 'AAAA' }], sealed)).toThrow();
  });

  const told = { keep: { groups: ['C5.books'], fields: ['amount'], laws: ['a law'] } };
  it('is for a person where the protocol knows whole erasures alone, and for an operator where the register is silent', () => {
    expect(whyByHand(told, { connector: http })).toMatch(/OpenDSR/);
    expect(whyByHand(told, billing)).toBeUndefined();
    expect(whyByHand({}, { connector: http })).toBeUndefined();
    expect(() => whyByHand(told, { connector: table({ fields: {} }) })).toThrow(CannotKeepError);
    const over = { retention: { alone: false, whole: [], rest: { deletion: 'del', last: true } } };
    expect(whyByHand(over, { connector: http })).toMatch(/over/);
    expect(whyByHand(over, billing)).toBeUndefined();
  });
});

function s3(keys: Extract<ConnectorConfig, { kind: 's3' }>['keys']): ConnectorConfig {
  return { kind: 's3', url: { env: 'URL' }, region: 'r', bucket: 'bucket', keys };
}

/** The shipped policy, but for what the books' law counts from. */
function policyWith(start: 'contract-ended', period: string): Policies {
  const change = (policy: Policies['newest']): Policies['newest'] => {
    const floor = policy.rules.floors['company-books'];
    if (floor === undefined) throw new RangeError('the shipped policy has that floor');
    const floors = { 'company-books': { ...floor, start, period } };
    const { C5 } = policy.rules.categories;
    const own = C5.groups['books'];
    const groups = {
      ...C5.groups,
      ...(own === undefined ? {} : { books: { ...own, floors: ['company-books'] } }),
    };
    return {
      ...policy,
      rules: { ...policy.rules, floors, categories: { ...policy.rules.categories, C5: { ...C5, groups } } },
    };
  };
  return {
    ...policies,
    get: (version) => {
      const found = policies.get(version);
      return found === undefined ? undefined : change(found);
    },
    inForce: (when) => change(policies.inForce(when)),
  };
}

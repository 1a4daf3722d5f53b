import { describe, expect, it } from '@jest/globals';
import type {
  GroupTag,
  HoldDocument,
  Life,
  RecordDocument,
  RequestDocument,
  RequestHappening,
  RequestStep,
  SnapshotDocument,
} from '@keiro/schemas';
import { settle, type Situation } from '@keiro/request/decide';
import { isPrepared } from '@keiro/request/deletion';
import { foresee, type Foreseen } from '@keiro/request/dry-run/foresee';
import { heldBy, lastEnd, recordsHeld } from '@keiro/request/holds/held';
import { awaitUndo, pendingOf } from '@keiro/request/holds/pending';
import { decide, type LifeRules } from '@keiro/request/lifecycle/decide';
import { lifeOf, numbered } from '@keiro/request/lifecycle/evolve';
import { erasuresOf } from '@keiro/query/erasures';
import type { StageDependencies } from '@keiro/request/stage';

const now = new Date('2026-04-02T00:00:00.000Z');
const later = new Date('2026-04-03T00:00:00.000Z');
const ref = (kind: string, name: string) => `${kind}.${name.padEnd(32, '0')}`;
const member = ref('member', 'm');
const email = ref('email', 'e');
const phone = ref('phone', 'p');

const hold = (more: Partial<HoldDocument>): HoldDocument => ({
  _id: 'hold-1',
  case: 'CASE-1',
  named: [],
  refs: [],
  records: [],
  by: 'operator',
  at: now,
  ...more,
});

describe('a hold', () => {
  const onMember = hold({ named: [member], refs: [member, email] });
  it.each([
    ['by what the case named', onMember, { refs: [member] }, true],
    ['by what belonged to the person when it was placed, cut off since', onMember, { refs: [email] }, true],
    ['not of somebody else', onMember, { refs: [phone] }, false],
    [
      'by a shared identifier that the case named',
      hold({ named: [phone] }),
      { refs: [member], ambiguous: [phone] },
      true,
    ],
    [
      'not by one that others share and the case did not name',
      onMember,
      { refs: [phone], ambiguous: [email] },
      false,
    ],
    [
      'by a record, whose key is the person’s',
      hold({ records: [`${member}#1/x`] }),
      { refs: [email, member] },
      true,
    ],
    ['not by a record of somebody else', hold({ records: [`${phone}#1/x`] }), { refs: [member] }, false],
    [
      'not after it was released',
      hold({ named: [member], released: { at: now, by: 'operator' } }),
      { refs: [member] },
      false,
    ],
    ['until its time, and not longer', hold({ named: [member], until: now }), { refs: [member] }, false],
    ['as long as its time is to come', hold({ named: [member], until: later }), { refs: [member] }, true],
  ] as const)('keeps a person: %s', (_what, one, person, isHeld) => {
    expect(heldBy(person, [one], now)).toEqual(isHeld ? [one] : []);
  });

  it('keeps records from the retention sweep by whoever its person is now, or by their ids', () => {
    const persons = new Map([[member, [member, phone]]]);
    const isHeld = recordsHeld([hold({ named: [member], records: [`${email}#1/one`] })], persons, now);
    const record = (_id: string, of: string, refs: string[] = [of]) => ({
      _id,
      ref: of,
      refs: refs.map((one) => ({ ref: one })),
    });
    expect(isHeld(record('a', phone))).toBe(true);
    expect(isHeld(record('b', email, [email, member]))).toBe(true);
    expect(isHeld(record(`${email}#1/one`, email))).toBe(true);
    expect(isHeld(record(`${email}#1/two`, email))).toBe(false);
  });

  it('has no end where one of several has none', () => {
    expect(lastEnd([hold({ until: now }), hold({ until: later })])).toEqual(later);
    expect(lastEnd([hold({ until: later }), hold({})])).toBeUndefined();
  });
});

const life: Life = { ref: member, generation: 1 };
const rules: LifeRules = { type: 'deletion', dueAt: later, grounds: [], fee: 0, feeUntil: now, warnDays: [] };
const situation: Situation = {
  lives: [life],
  ambiguous: [],
  standings: new Map([
    [
      member,
      {
        ref: member,
        hiddenThrough: 1,
        erasedThrough: 0,
        suspended: ['marketing'],
        request: 'req-1',
        at: now.toISOString(),
      },
    ],
  ]),
  open: [],
  categories: [],
  holders: [{ id: 'crm', categories: ['C1'] }],
  purposes: [],
  answerWithin: 'P14D',
  undoPeriod: 'PT24H',
};
function deletion(
  happened: readonly RequestHappening[],
  more: Partial<RequestDocument> = {},
): RequestDocument {
  const events = numbered(happened, 0, now, 'compliance');
  return {
    _id: 'req-1',
    type: 'deletion',
    lives: [life],
    ambiguous: [],
    purposes: [],
    ground: 'policy',
    state: lifeOf(events).state,
    receivedAt: now,
    dueAt: later,
    steps: [],
    by: 'compliance',
    events,
    ...more,
  };
}
const received: RequestHappening = { type: 'received', identity: 'vouched' };
const accepted: RequestHappening[] = [received, { type: 'accepted' }];

describe('the undo window', () => {
  it('begins when a deletion is accepted, and is none where it is not set', () => {
    const made = (undoPeriod: string) =>
      settle(
        deletion([received]),
        [{ type: 'accepted' }],
        { ...situation, standings: new Map(), undoPeriod },
        'compliance',
        now,
        's',
      ).request;
    expect(made('PT24H').notBefore).toEqual(later);
    expect(made('PT0S').notBefore).toBeUndefined();
  });

  it.each([
    ['hiding', later, true],
    ['undo-window', later, true],
    ['shredding', later, true],
    ['undo-window', now, false],
    ['carrying-out', undefined, false],
    ['on-hold', now, true],
  ] as const)('lets go of what is %s until %s: %s', (state, undoUntil, canBeTakenBack) => {
    const decided = decide(
      { type: 'withdraw' },
      lifeOf(numbered([...accepted, { type: 'moved', to: state }], 0, now, 'request')),
      now,
      { ...rules, ...(undoUntil === undefined ? {} : { undoUntil }) },
    );
    expect('events' in decided).toBe(canBeTakenBack);
  });

  it('ends with everything open again that the deletion had hidden, and nothing else changed', () => {
    const waiting = deletion([...accepted, { type: 'moved', to: 'undo-window' }], { notBefore: later });
    const documents = settle(
      waiting,
      [{ type: 'withdrawn' }, { type: 'notice-due', notice: 'withdrawn' }],
      situation,
      'compliance',
      now,
      's',
    );
    expect(documents.request).toMatchObject({ state: 'withdrawn', doneAt: now });
    expect(documents.standings).toMatchObject([{ hiddenThrough: 0, suspended: ['marketing'] }]);
    expect(documents.outbox.map(({ topic, key }) => [topic, key])).toEqual([['rights.standing', member]]);
    expect(documents.audit.map(({ action, by }) => [action, by])).toEqual([
      ['request.withdrawn', 'compliance'],
    ]);
  });

  it('leaves no trace of an erasure in lineage, where another deletion came after it', () => {
    const back = deletion(accepted, { state: 'withdrawn' });
    const again = deletion(accepted, { _id: 'req-2', state: 'done', receivedAt: later });
    expect(erasuresOf([back], [])(life)).toBeUndefined();
    expect(erasuresOf([back, again], [])(life)?.request).toBe('req-2');
  });

  it('reveals nothing where the deletion was not accepted yet', () => {
    const asked = deletion([received, { type: 'review-asked' }]);
    expect(settle(asked, [{ type: 'withdrawn' }], situation, 'compliance', now, 's').standings).toEqual([]);
  });
});

describe('before keys are destroyed', () => {
  const holding = (holds: HoldDocument[], at = now) => ({
    holds: { on: () => Promise.resolve(holds) },
    now: () => at,
  });
  it('a deletion waits for its undo window, then for holds, and for nothing else', async () => {
    const one = deletion(accepted, { notBefore: later });
    const held = [hold({ until: later }), hold({ case: 'CASE-2' })];
    expect(await pendingOf(one, holding(held))).toMatchObject({ set: { state: 'undo-window' } });
    expect(await pendingOf(one, holding(held, later))).toMatchObject({
      set: { state: 'on-hold' },
      step: { evidence: { cases: ['CASE-1', 'CASE-2'] } },
    });
    expect(await pendingOf(one, holding([], later))).toBeUndefined();
    const deps = holding([]) as unknown as StageDependencies;
    expect(await awaitUndo(one, deps)).toMatchObject({ on: 'time' });
  });

  it.each([
    [['hidden', 'planned'], false],
    [['planned', 'prepared'], true],
    [['prepared', 'hold-placed'], false],
    [['prepared', 'on-hold', 'hold-ended'], false],
    [['on-hold', 'hold-ended', 'prepared'], true],
  ])('is prepared after %j: %s', (names, isReady) => {
    const steps = names.map((step): RequestStep => ({ step, at: now, evidence: {} }));
    expect(isPrepared(deletion(accepted, { steps }))).toBe(isReady);
  });

  it('the person is told once that erasing waits, and again when it is done', () => {
    let events = numbered(accepted, 0, now, 'compliance');
    for (const to of ['on-hold', 'hiding', 'on-hold', 'hiding', 'done'] as const) {
      const decided = decide({ type: 'move', to }, lifeOf(events), now, rules);
      if ('events' in decided)
        events = [...events, ...numbered(decided.events, events.length, now, 'request')];
    }
    expect(lifeOf(events).notices.map(({ kind }) => kind)).toEqual(['held', 'completed']);
  });
});

describe('a dry run of a deletion', () => {
  const group = (more: Partial<GroupTag>): GroupTag => ({
    group: 'C5.payment',
    purposes: ['payment'],
    rule: 'r',
    start: 'collected',
    ...more,
  });
  const record = (id: string, groups: GroupTag[]) =>
    ({ _id: id, ref: member, generation: 1, category: 'C5', time: now, groups }) as unknown as RecordDocument;
  const copy = (of: string, holder: string, action: 'held' | 'removed' = 'held') => ({
    _id: `${of}|${holder}|${action}`,
    record: of,
    holder,
    action,
    at: action === 'held' ? now : later,
    groups: [],
    ref: member,
    generation: 1,
    locator: 'sealed',
  });
  const image = (name: string, more: Partial<SnapshotDocument>): SnapshotDocument => ({
    _id: name,
    holder: 'recovery',
    store: 'crm',
    snapshot: name,
    watermark: later,
    takenAt: later,
    reportedAt: later,
    mutable: false,
    rows: 1,
    ...more,
  });
  const known: Foreseen = {
    situation: {
      ...situation,
      holders: [
        { id: 'crm', categories: ['C5'] },
        { id: 'partner', categories: ['C1'], kind: 'third-party' },
        { id: 'stats', categories: ['C5'] },
      ],
      categories: ['C5'],
    },
    records: [
      record('one', [group({ floor: { law: 'tax', until: later } }), group({ group: 'C5.other' })]),
      record('two', [group({ floor: { law: 'tax', until: new Date('2030-01-01T00:00:00Z') } })]),
      record('three', [group({ floor: { law: 'tax', until: now } })]),
    ],
    copies: [copy('one', 'crm'), copy('two', 'crm'), copy('two', 'crm', 'removed'), copy('one', 'partner')],
    snapshots: [
      image('a', { expiresAt: new Date('2026-05-01T00:00:00Z') }),
      image('b', { expiresAt: new Date('2026-06-01T00:00:00Z') }),
      image('over', { expiresAt: now }),
      image('replica', { mutable: true }),
      image('before', { watermark: new Date('2026-01-01T00:00:00Z') }),
      image('of-another', { store: 'elsewhere' }),
    ],
    holds: [hold({ until: later })],
  };

  it('says what goes at each holder, and what laws, holds and images keep', () => {
    const answer = foresee(known, now);
    expect(answer).toMatchObject({
      refs: 1,
      ambiguous: 0,
      records: { C5: 3 },
      undoUntil: later.toISOString(),
    });
    expect(answer.holders).toEqual([
      { holder: 'crm', kind: 'store', copies: { C5: 1 }, unreported: false, byLocator: 1, control: true },
      {
        holder: 'partner',
        kind: 'third-party',
        copies: { C5: 1 },
        unreported: false,
        byLocator: 1,
        control: false,
      },
      { holder: 'stats', kind: 'store', copies: {}, unreported: true, byLocator: 0, control: true },
    ]);
    expect(answer.floors).toEqual([
      { group: 'C5.payment', law: 'tax', records: 2, until: '2030-01-01T00:00:00.000Z' },
    ]);
    expect(answer.holds).toEqual([{ case: 'CASE-1', until: later.toISOString() }]);
    expect(answer.snapshots).toEqual([
      { holder: 'recovery', store: 'crm', snapshots: 2, until: '2026-06-01T00:00:00.000Z' },
    ]);
  });

  it('names no end where one of them has none', () => {
    const open = {
      ...known,
      records: [record('one', [group({ floor: { law: 'tax' } })]), ...known.records],
      snapshots: [image('a', {}), ...known.snapshots],
    };
    const answer = foresee(open, now);
    expect(answer.floors).toEqual([{ group: 'C5.payment', law: 'tax', records: 3 }]);
    expect(answer.snapshots).toEqual([{ holder: 'recovery', store: 'crm', snapshots: 3 }]);
  });
});

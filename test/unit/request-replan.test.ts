import { describe, expect, it } from '@jest/globals';
import {
  purposeIds,
  taskDoneEntry,
  type Life,
  type RequestDocument,
  type Standing,
  type TaskDocument,
} from '@keiro/schemas';
import { decide, type Situation } from '@keiro/request/decide';
import { progressOf, runnable } from '@keiro/request/progress';
import { replan } from '@keiro/request/replan';

const now = new Date('2026-04-02T03:00:00.000Z');
const life = (kind: string, name: string, generation = 1): Life => ({
  ref: `${kind}.${name.padEnd(32, '0')}`,
  generation,
});
const member = life('member', 'hanako');
const phone = life('phone', 'hanako');
const cookie = life('cookie', 'hanako');
const holders = [
  { id: 'crm', categories: ['C1'] },
  { id: 'billing', categories: ['C5'] },
  { id: 'dr', categories: ['C1', 'C5'], replicates: ['crm', 'billing'] },
];
const situation: Situation = {
  lives: [member, phone],
  ambiguous: [],
  standings: new Map(),
  open: [],
  categories: ['C1'],
  holders,
  purposes: purposeIds,
  answerWithin: 'P14D',
};

const decision = decide(
  { id: 'req-1', type: 'deletion', purposes: [], by: 'compliance' },
  situation,
  now,
  's',
);
if (decision.outcome !== 'accepted') throw new Error('was not accepted');
const { request, tasks, standings } = decision.documents;
const hidden = new Map(standings.map(({ _id, ...one }): [string, Standing] => [_id, one]));
const known = { ...situation, standings: hidden };

describe('given a deletion, when all that was sent before is tagged', () => {
  it('and says nothing new, then the plan stands', () => {
    expect(replan(request, tasks, known, now, 's')).toBeUndefined();
  });

  it('and shows a further ref, then it is hidden too', () => {
    const plan = replan(request, tasks, { ...known, lives: [member, phone, cookie] }, now, 's');
    expect(plan).toMatchObject({ grows: true, lives: [member, phone, cookie], tasks: [] });
    expect(plan?.standings).toMatchObject([{ _id: cookie.ref, hiddenThrough: 1 }]);
    expect(plan?.outbox).toHaveLength(1);
  });

  it('and shows a further category, then its holders get their tasks', () => {
    const plan = replan(request, tasks, { ...known, categories: ['C1', 'C5'] }, now, 's');
    expect(plan).toMatchObject({ grows: false, lives: [member, phone], standings: [], outbox: [] });
    expect(plan?.tasks).toMatchObject([{ _id: 'req-1.billing', directive: 'erase', state: 'pending' }]);
  });

  it('and shows that a ref is another’s too, then it is let go', () => {
    const plan = replan(request, tasks, { ...known, lives: [member], ambiguous: [phone.ref] }, now, 's');
    expect(plan).toMatchObject({ grows: false, lives: [member], ambiguous: [phone.ref] });
    expect(plan?.standings).toMatchObject([{ _id: phone.ref, hiddenThrough: 0, erasedThrough: 0 }]);
    expect(JSON.parse(plan?.outbox[0]?.value ?? '')).toMatchObject({ ref: phone.ref, hiddenThrough: 0 });
  });

  it('and a ref has gone with another request, then what is erased stays erased', () => {
    const gone = new Map(
      [...hidden].map(([ref, one]) => [ref, { ...one, erasedThrough: ref === phone.ref ? 1 : 0 }]),
    );
    const plan = replan(request, tasks, { ...known, lives: [member], standings: gone }, now, 's');
    expect(plan?.standings).toMatchObject([{ _id: phone.ref, hiddenThrough: 1, erasedThrough: 1 }]);
  });
});

describe('given the tasks of a deletion', () => {
  const task = (holder: string, more: Partial<TaskDocument>): TaskDocument => ({
    _id: `req-1.${holder}`,
    request: 'req-1',
    holder,
    directive: 'erase',
    purposes: [],
    state: 'pending',
    attempt: 1,
    errors: [],
    createdAt: now,
    ...more,
  });
  const swept = (holder: string, found = 0) =>
    task(holder, { state: 'done', receipt: { affected: 1, detail: {}, probe: { at: now, found } } });
  const inState = (state: RequestDocument['state']) => ({ ...request, state });

  it.each([
    ['all are done', [swept('crm'), swept('dr')], 'done', [], []],
    ['there are none', [], 'done', [], []],
    ['one is open', [swept('crm'), task('dr', {})], 'carrying-out', ['dr'], []],
    ['one is under way', [task('crm', { state: 'running' })], 'carrying-out', ['crm'], []],
    [
      'one has failed',
      [task('crm', { state: 'failed' }), task('dr', {})],
      'waiting-for-operator',
      ['dr'],
      ['crm'],
    ],
    ['one says done, but nobody looked again', [task('crm', { state: 'done' })], 'carrying-out', ['crm'], []],
    ['one says done, and a look says no', [swept('crm', 2)], 'carrying-out', ['crm'], []],
  ] as const)('when %s, then it is %s', (_when, list, outcome, outstanding, failed) => {
    expect(progressOf(list)).toEqual({ outcome, outstanding, failed, byHand: [] });
  });

  it('when one is a person’s to do, then it waits for that person, and is done when closed with evidence', () => {
    expect(progressOf([task('paper', { state: 'by-hand' }), task('crm', {})])).toEqual({
      outcome: 'waiting-for-operator',
      outstanding: ['crm'],
      failed: [],
      byHand: ['paper'],
    });
    const byHand = { at: now, by: 'desk', reference: 'ledger-4' };
    const closed = task('paper', { state: 'done', receipt: { affected: 0, detail: {}, byHand } });
    expect(progressOf([closed]).outcome).toBe('done');
    // No worker has done it, so the audit says nothing of the kind.
    expect(taskDoneEntry(closed)).toBeUndefined();
  });

  it('when a suspension is flagged, then no second look is needed', () => {
    expect(progressOf([task('crm', { directive: 'suspend', state: 'done' })]).outcome).toBe('done');
  });

  const names = (list: readonly TaskDocument[]) => list.map(({ holder }) => holder);
  const crm = task('crm', {});
  const billing = task('billing', {});
  const site = task('dr', {});

  it('when it is not carried out yet, then none may run', () => {
    for (const state of ['accepted', 'hiding', 'shredding', 'done'] as const) {
      expect(runnable(inState(state), [crm, billing], holders, now)).toEqual([]);
    }
  });

  it('when it is carried out, then the DR site comes after what replicates to it', () => {
    const carryingOut = inState('carrying-out');
    expect(names(runnable(carryingOut, [crm, billing, site], holders, now))).toEqual(['crm', 'billing']);
    expect(names(runnable(carryingOut, [swept('crm'), billing, site], holders, now))).toEqual(['billing']);
    expect(names(runnable(carryingOut, [swept('crm'), swept('billing'), site], holders, now))).toEqual([
      'dr',
    ]);
    expect(names(runnable(carryingOut, [swept('crm'), site], holders, now))).toEqual(['dr']);
  });

  it('when one has failed, then the others go on, and it waits', () => {
    const waiting = inState('waiting-for-operator');
    expect(names(runnable(waiting, [task('crm', { state: 'failed' }), billing, site], holders, now))).toEqual(
      ['billing'],
    );
  });

  it('when a worker died, then its task is free again after its lease', () => {
    const lease = { worker: 'w', token: 1, until: new Date(now.getTime() + 1000) };
    const running = task('crm', { state: 'running', lease });
    expect(runnable(inState('carrying-out'), [running], holders, now)).toEqual([]);
    expect(runnable(inState('carrying-out'), [running], holders, lease.until)).toEqual([running]);
  });
});

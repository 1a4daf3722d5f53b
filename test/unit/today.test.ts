import { describe, expect, it } from '@jest/globals';
import { painter } from '@keiro/cli/output';
import { todayLines } from '@keiro/cli/today';
import { today, type Situation } from '@keiro/query/today';
import { holderSchema } from '@keiro/schemas';
import { fit, holder } from '../builders/holders.ts';
import { now, policy } from '../builders/transfers.ts';

/* A1: what somebody has to do today. `now` is 2026-06-01. */

const dayMs = 86_400_000;
const days = (n: number) => new Date(now.getTime() + n * dayMs);
const nothing: Situation = {
  requests: [],
  notices: [],
  failed: [],
  byHand: [],
  pauses: [],
  holds: [],
  violations: [],
  cut: false,
  holders: [],
  readers: [],
  quarantine: { byReason: {}, endingSoon: 0, total: 0 },
  dr: { outlived: [], closed: [] },
};
const listed = (more: Partial<Situation>) => today({ ...nothing, ...more }, policy, now);
const essence = (more: Partial<Situation>) =>
  listed(more).items.map(({ urgency, kind, about, holder: at, count }) =>
    [urgency, kind, at ?? about, count].join(' '),
  );
const request = (id: string, due: number, state: Situation['requests'][number]['state'] = 'accepted') =>
  ({ _id: id, type: 'deletion', state, dueAt: days(due) }) as Situation['requests'][number];
const registered = (contractUntil: string) => [
  {
    ...holderSchema.parse({
      ...holder('processor', { contract: { ...fit.contract, until: contractUntil } }),
      connector: { kind: 'directive' },
    }),
    _id: 'mailer',
    registeredAt: now,
  },
];
const outlived = (request: string, until?: Date) => ({
  request,
  doneAt: now.toISOString(),
  holder: 'site',
  store: 'crm',
  mutable: false,
  snapshots: 2,
  snapshot: 's-1',
  ...(until === undefined ? {} : { until: until.toISOString() }),
});

describe('the list of the day', () => {
  it('is empty where there is nothing', () => {
    const answer = listed({});
    expect(answer).toMatchObject({ items: [], counts: { overdue: 0, act: 0, soon: 0, know: 0 } });
    expect(todayLines(answer, 'en', painter(false))).toEqual([
      'Today  2026-06-01',
      'Nothing is due, and nothing waits for anybody.',
    ]);
  });

  it('tells of a request five days before its end, after it, and whenever it waits for an operator', () => {
    const requests = [
      request('r-far', 6),
      request('r-near', 4),
      request('r-over', -1),
      request('r-stuck', 9, 'waiting-for-operator'),
      request('r-review', 10, 'in-review'),
    ];
    expect(essence({ requests })).toEqual([
      'overdue request r-over 1',
      'act request r-stuck 1',
      'act request r-review 1',
      'soon request r-near 1',
    ]);
  });

  it('tells of a hold two weeks before it ends, and of none that has no end or is over', () => {
    const hold = (n: number | undefined, reference: string) =>
      ({ case: reference, ...(n === undefined ? {} : { until: days(n) }) }) as Situation['holds'][number];
    const holds = [hold(undefined, 'CASE-1'), hold(15, 'CASE-2'), hold(13, 'CASE-3'), hold(-1, 'CASE-4')];
    expect(essence({ holds })).toEqual(['soon hold CASE-3 1']);
    expect(listed({ holds }).items[0]).toMatchObject({
      due: days(13).toISOString(),
      next: 'npx keiro holds list',
    });
  });

  it('tells of what a person was not told, of failed tasks and of copies without a basis, by holder', () => {
    const several = { holder: 'crm', count: 3, oldest: days(-2) };
    expect(
      essence({
        failed: [several],
        byHand: [{ ...several, holder: 'archive' }],
        violations: [{ ...several, holder: 'mailer', count: 1 }],
        notices: [
          { request: 'r-1', kind: 'refused', since: days(-1) },
          { request: 'r-2', kind: 'refused', since: days(-3) },
        ],
        pauses: [{ _id: 'crm', since: now, by: 'operator', reason: 'case-1' }],
      }),
    ).toEqual([
      'overdue violation mailer 1',
      'act notice refused 2',
      'act task archive 3',
      'act task crm 3',
      'act pause crm 1',
    ]);
  });

  it('tells of records that ended more than a day ago, which the sweep should have taken', () => {
    expect(essence({ oldestDue: '2026-05-31' })).toEqual([]);
    expect(essence({ oldestDue: '2026-05-30' })).toEqual(['overdue retention  1']);
  });

  it('tells of what of a holder lapses within 30 days, or has', () => {
    expect(essence({ holders: registered('2026-07-02') })).toEqual([]);
    expect(essence({ holders: registered('2026-07-01') })).toEqual(['soon lapse mailer 1']);
    expect(essence({ holders: registered('2026-05-31') })).toEqual(['overdue lapse mailer 1']);
  });

  it('tells of closed gates, undeclared readers and quarantine; what came for the erased needs nobody', () => {
    const reader = {
      id: 'g-1',
      kind: 'kafka-group',
      name: 'who',
      state: 'undeclared',
      firstSeen: now.toISOString(),
      lastSeen: now.toISOString(),
      reads: [],
      history: [],
    } as const satisfies Situation['readers'][number] | object;
    const closed = {
      restore: 'x',
      holder: 'billing',
      state: 'checked',
      watermark: now.toISOString(),
      declaredAt: days(-1).toISOString(),
    } as const;
    expect(
      essence({
        dr: { outlived: [], closed: [closed] },
        readers: [
          { ...reader, reads: [], history: [] },
          { ...reader, reads: [], history: [], id: 'g-2', state: 'acknowledged' },
        ],
        quarantine: { byReason: { malformed: 2, erased: 5 }, endingSoon: 4, total: 7 },
      }),
    ).toEqual([
      'act gate billing 1',
      'act reader g-1 1',
      'act quarantine malformed 2',
      'soon quarantine  4',
      'know quarantine erased 5',
    ]);
  });

  it('tells until when snapshots outlive erasures: the last day of all, or none where one has none', () => {
    const answer = (found: Situation['dr']['outlived']) =>
      listed({ dr: { outlived: found, closed: [] } }).items;
    expect(answer([outlived('r-1', days(3)), outlived('r-2', days(9))])).toMatchObject([
      {
        urgency: 'know',
        kind: 'snapshot',
        holder: 'site',
        about: 'crm',
        count: 2,
        due: days(9).toISOString(),
      },
    ]);
    const [open] = answer([outlived('r-1', days(3)), outlived('r-2')]);
    expect(open?.due).toBeUndefined();
    expect(open?.message.en).toContain('nobody has said until when');
    // It should have ended, and the site has not said so.
    expect(answer([outlived('r-1', days(-1))])).toMatchObject([{ urgency: 'act' }]);
  });

  it('is read with the most urgent first, each with the command that does it', () => {
    const text = todayLines(
      listed({ requests: [request('r-near', 1), request('r-over', -1)], cut: true }),
      'both',
      painter(false),
    ).join('\n');
    expect(text).toMatch(
      /期限切れ・違反 overdue {2}1\n.*2026-05-31 .*r-over.*npx keiro request show r-over/u,
    );
    expect(text.indexOf('r-over')).toBeLessThan(text.indexOf('r-near'));
    expect(text).toContain('There is more');
  });
});

import { describe, expect, it } from '@jest/globals';
import type { RequestDocument, RequestEvent, RequestHappening, TaskDocument } from '@keiro/schemas';
import { dueOf } from '@keiro/request/decide';
import { decide, type LifeRules } from '@keiro/request/lifecycle/decide';
import { lifeOf, numbered } from '@keiro/request/lifecycle/evolve';
import { nextOf } from '@keiro/request/lifecycle/next';
import { earlierThan, heldBack } from '@keiro/request/order';
import { progressOf } from '@keiro/request/progress';

/* The clock of a request passes whoever is at it. */

const arrival = new Date('2026-04-02T16:30:00.000Z');
const dueAt = dueOf(arrival, 'P14D');
const rules: LifeRules = {
  type: 'disclosure',
  dueAt,
  grounds: [],
  fee: 500,
  feeUntil: dueOf(arrival, 'P5D'),
  warnDays: [7, 3, 1],
};

/** Looks at a request every so many hours, for so many days; answers on which day what happened. */
function watched(
  happened: readonly RequestHappening[],
  everyHours: number,
  days: number,
): [number, string][] {
  let events: RequestEvent[] = numbered(happened, 0, arrival, 'compliance');
  const found: [number, string][] = [];
  for (let hour = 0; hour < days * 24; hour += everyHours) {
    const now = new Date(arrival.getTime() + hour * 3_600_000);
    const decided = decide({ type: 'tick' }, lifeOf(events), now, rules);
    if ('rejected' in decided) throw new Error(decided.rejected.code);
    events = [...events, ...numbered(decided.events, events.length, now, 'request')];
    for (const one of decided.events)
      if (one.type !== 'notice-due')
        found.push([Math.floor(hour / 24), one.type === 'warned' ? `warned ${String(one.days)}` : one.type]);
  }
  return found;
}

const received: RequestHappening = { type: 'received', identity: 'required' };
const inReview: RequestHappening[] = [received, { type: 'review-asked' }];

describe('a request that nobody brings on', () => {
  it('R7: is warned of once on each day that was set, and escalated once', () => {
    expect(watched(inReview, 1, 30)).toEqual([
      [7, 'warned 7'],
      [11, 'warned 3'],
      [13, 'warned 1'],
      [14, 'escalated'],
    ]);
  });

  it('is warned of by the latest day alone where nobody looked for a while', () => {
    expect(watched(inReview, 12 * 24, 40)).toEqual([
      [12, 'warned 3'],
      [24, 'escalated'],
    ]);
  });

  it.each([
    ['waits for identity', [received, { type: 'identity-asked' }]],
    ['is incomplete', [received, { type: 'identity-failed', reason: 'expired', missing: ['code'] }]],
    ['is carried out', [received, { type: 'accepted' }, { type: 'moved', to: 'carrying-out' }]],
    ['waits for a holder', [received, { type: 'accepted' }, { type: 'moved', to: 'waiting-for-holder' }]],
  ] as [string, RequestHappening[]][])('R7: is late all the same when it %s', (_what, happened) => {
    expect(watched(happened, 1, 30).at(-1)).toEqual([14, 'escalated']);
  });

  it('R8: what nobody pays lapses after the last day to pay, in Japan', () => {
    const asked: RequestHappening[] = [...inReview, { type: 'fee-asked', yen: 500, until: rules.feeUntil }];
    expect(rules.feeUntil.toISOString()).toBe('2026-04-08T14:59:59.999Z');
    expect(watched(asked, 1, 30)).toEqual([[5, 'lapsed']]);
    expect(nextOf('disclosure', 'awaiting-fee', dueAt, { yen: 500, until: rules.feeUntil })).toEqual({
      actor: 'person',
      by: rules.feeUntil,
    });
  });

  it.each(['done', 'refused', 'lapsed', 'withdrawn'] as const)('has no clock once it is %s', (to) => {
    expect(watched([received, { type: 'moved', to }], 24, 30)).toEqual([]);
    expect(nextOf('disclosure', to, dueAt, undefined)).toBeUndefined();
  });
});

describe('holders that are behind', () => {
  const task = (more: Partial<TaskDocument>): TaskDocument => ({
    _id: 'req-1.crm',
    request: 'req-1',
    holder: 'crm',
    directive: 'suspend',
    purposes: ['all'],
    state: 'pending',
    attempt: 1,
    errors: [],
    createdAt: arrival,
    ...more,
  });
  const error = { at: arrival, attempt: 1, message: 'connection refused' };
  const request = (more: Partial<RequestDocument>) =>
    ({ _id: 'req-1', type: 'suspension', receivedAt: arrival, ...more }) as RequestDocument;
  const later = new Date(arrival.getTime() + 1);

  it('are waited for by name of state once each of them was tried', () => {
    const done = task({ _id: 'req-1.billing', holder: 'billing', state: 'done' });
    expect(progressOf([done, task({})]).outcome).toBe('carrying-out');
    expect(progressOf([done, task({ errors: [error] })]).outcome).toBe('waiting-for-holder');
    expect(progressOf([done, task({ errors: [error] }), task({ holder: 'mailer' })]).outcome).toBe(
      'carrying-out',
    );
    expect(progressOf([done, task({ state: 'failed', errors: [error] })]).outcome).toBe(
      'waiting-for-operator',
    );
  });

  it('hear of a later request only after the earlier one, unless that waits for an operator', () => {
    const resume = request({ _id: 'req-0', type: 'resume' });
    const deletion = request({ _id: 'req-9', type: 'deletion' });
    const suspension = request({ receivedAt: later });
    expect(earlierThan(suspension, [resume, suspension, deletion])).toEqual([resume]);
    expect(earlierThan(resume, [resume, suspension])).toEqual([]);
    expect(earlierThan(deletion, [resume])).toEqual([]);
    const tasks = [
      task({ request: 'req-0' }),
      task({ request: 'req-0', holder: 'billing', state: 'failed' }),
      task({ request: 'req-0', holder: 'mailer', state: 'done' }),
    ];
    expect([...heldBack(tasks)]).toEqual([['crm', 'req-0']]);
  });
});

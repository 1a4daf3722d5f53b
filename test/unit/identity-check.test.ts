import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  decideCheck,
  evolveCheck,
  newCheck,
  type Check,
  type CheckCommand,
  type CheckDecision,
} from '@keiro/request/identity/check';
import { codeDigest, codeKeyOf, newCode } from '@keiro/request/identity/code';
import { limits, useWithin } from '@keiro/request/identity/limits';
import { viewOfCheck } from '@keiro/request/identity/view';

const start = new Date('2026-04-02T03:00:00.000Z');
const after = (ms: number) => new Date(start.getTime() + ms);
const minutes = (n: number) => after(n * 60_000);
const key = codeKeyOf('a token of the service');
const right = '04200042';
const days7 = after(7 * 86_400_000);

const opened = newCheck('req-1', start, days7);
const send = (id = 'c1', code = right): CheckCommand => ({
  do: 'send-code',
  id,
  digest: codeDigest(key, 'req-1', id, code),
  by: 'site',
});
const answer = (code: string, more: { contactOpen?: boolean } = {}): CheckCommand => ({
  do: 'answer-code',
  code,
  key,
  contactOpen: true,
  by: 'site',
  ...more,
});
const session = (verdict: 'matching' | 'not-matching' | 'invalid'): CheckCommand => ({
  do: 'present-session',
  verdict,
  by: 'site',
});

/** Applies commands one after the other; answers with the check and what became of the last. */
function given(...steps: readonly (readonly [CheckCommand, Date])[]): Check & { last?: string } {
  let check: Check & { last?: string } = opened;
  for (const [command, at] of steps) {
    const { outcome, events } = decideCheck(check, command, at);
    check = { ...events.reduce(evolveCheck, check), last: outcome };
  }
  return check;
}
const sent = () => given([send(), start]);
const endOf = ({ events }: CheckDecision) => {
  const last = events.at(-1);
  return last?.type === 'ended' ? last.end : undefined;
};

describe('a one-time code', () => {
  it('confirms once, and keeps nothing of itself', () => {
    const check = given([send(), start], [answer(right), minutes(1)]);
    expect(check.last).toBe('confirmed');
    expect(check.end).toEqual({ state: 'confirmed', at: minutes(1), by: 'site', method: 'code' });
    expect(check.code).toBeUndefined();
    expect(decideCheck(check, answer(right), minutes(2))).toEqual({ outcome: 'over', events: [] });
  });

  it('is taken until the last moment of its fifteen minutes, and not at the end', () => {
    expect(decideCheck(sent(), answer(right), after(15 * 60_000 - 1)).outcome).toBe('confirmed');
    expect(decideCheck(sent(), answer(right), minutes(15))).toEqual({ outcome: 'no-code', events: [] });
    // Nothing can be learnt from a code that is over, so nothing is counted.
    expect(given([send(), start], [answer('00000000'), minutes(15)]).tries).toBe(0);
  });

  it('is spent after five wrong tries: the right one comes too late', () => {
    const wrong = (n: number) => [answer(`0000000${String(n)}`), minutes(1)] as const;
    const four = given([send(), start], wrong(1), wrong(2), wrong(3), wrong(4));
    expect(decideCheck(four, answer(right), minutes(2)).outcome).toBe('confirmed');
    const five = given([send(), start], wrong(1), wrong(2), wrong(3), wrong(4), wrong(5));
    expect(five.last).toBe('not-matching');
    expect(five.code).toBeUndefined();
    expect(decideCheck(five, answer(right), minutes(2)).outcome).toBe('no-code');
  });

  it('of another request, or the one before it, is not this one', () => {
    const other = codeDigest(key, 'req-2', 'c1', right);
    const moved = given([{ do: 'send-code', id: 'c1', digest: other, by: 'site' }, start]);
    expect(decideCheck(moved, answer(right), minutes(1)).outcome).toBe('not-matching');
    const replaced = given([send(), start], [send('c2', '11111111'), minutes(1)]);
    expect(decideCheck(replaced, answer(right), minutes(2)).outcome).toBe('not-matching');
    expect(decideCheck(replaced, answer('11111111'), minutes(2)).outcome).toBe('confirmed');
  });

  it('is never right where the contact was tried too often, and the try counts all the same', () => {
    const decision = decideCheck(sent(), answer(right, { contactOpen: false }), minutes(1));
    expect(decision).toEqual({
      outcome: 'not-matching',
      events: [{ type: 'tried', at: minutes(1), method: 'code' }],
    });
  });

  it('is made again a minute later at the earliest, five times in all', () => {
    expect(decideCheck(sent(), send('c2'), after(59_999)).outcome).toBe('too-soon');
    expect(decideCheck(sent(), send('c2'), after(60_000)).outcome).toBe('code-made');
    const five = given(...[0, 1, 2, 3, 4].map((n) => [send(`c${String(n)}`), minutes(n)] as const));
    expect([five.last, five.codesMade]).toEqual(['code-made', limits.codesPerRequest]);
    expect(decideCheck(five, send('c6'), minutes(10)).outcome).toBe('no-codes-left');
    expect(decideCheck(five, answer(right), minutes(10)).outcome).toBe('confirmed');
  });
});

describe('a check', () => {
  it('fails with the tenth try, whichever way it is tried, and says what is missing', () => {
    const tries = (n: number) =>
      Array.from({ length: n }, () => [session('not-matching'), minutes(1)] as const);
    const nine = given(...tries(8), [session('invalid'), minutes(1)]);
    expect([nine.last, nine.tries, nine.end]).toEqual(['invalid-token', 9, undefined]);
    expect(decideCheck(nine, session('matching'), minutes(2)).outcome).toBe('confirmed');
    const last = decideCheck(nine, session('invalid'), minutes(2));
    expect(last.outcome).toBe('failed');
    expect(endOf(last)).toMatchObject({
      state: 'failed',
      reason: 'too-many-tries',
      missing: ['confirmation'],
      method: 'session',
    });
    const withCode = given(...tries(9), [send(), minutes(1)], [answer('00000000'), minutes(2)]);
    expect([withCode.last, withCode.code]).toEqual(['failed', undefined]);
  });

  it('is confirmed until its end, and has failed from then on, asked or not', () => {
    const late = given([send(), after(7 * 86_400_000 - 60_000)]);
    expect(decideCheck(late, answer(right), after(7 * 86_400_000 - 1)).outcome).toBe('confirmed');
    for (const command of [
      answer(right),
      send('c2'),
      session('matching'),
      { do: 'look', by: 'request' } as const,
    ]) {
      const decision = decideCheck(late, command, days7);
      expect([decision.outcome, endOf(decision)]).toEqual([
        'failed',
        { state: 'failed', at: days7, by: 'request', reason: 'expired', missing: ['confirmation'] },
      ]);
    }
    expect(decideCheck(late, { do: 'look', by: 'request' }, after(7 * 86_400_000 - 1))).toEqual({
      outcome: 'nothing',
      events: [],
    });
  });

  it('that failed can be confirmed by what an operator sees, and by nothing else; one that is confirmed stays so', () => {
    const seen: CheckCommand = { do: 'confirm', method: 'operator', evidence: 'case-7', by: 'compliance' };
    const fails: CheckCommand = {
      do: 'fail',
      method: 'agent',
      reason: 'incomplete',
      missing: ['authority-document'],
      by: 'compliance',
    };
    const failed = given([fails, minutes(1)]);
    expect(failed.end).toMatchObject({
      state: 'failed',
      reason: 'incomplete',
      missing: ['authority-document'],
    });
    for (const command of [send(), answer(right), session('matching')])
      expect(decideCheck(failed, command, minutes(2)).outcome).toBe('over');
    const completed = given([fails, minutes(1)], [seen, after(8 * 86_400_000)]);
    expect(completed.end).toMatchObject({ state: 'confirmed', method: 'operator', evidence: 'case-7' });
    expect(decideCheck(completed, fails, after(8 * 86_400_000)).outcome).toBe('over');
  });

  it('shows what is open, what is left and until when', () => {
    const configured = new Set(['code', 'operator', 'agent'] as const);
    const view = viewOfCheck(sent(), { waits: true, configured }, minutes(0.5));
    expect(view).toMatchObject({
      state: 'open',
      triesLeft: 10,
      codesLeft: 4,
      nextCodeAt: minutes(1).toISOString(),
      codeUntil: minutes(15).toISOString(),
      methods: [
        { method: 'code', open: true },
        { method: 'session', open: false, why: 'not-configured' },
        { method: 'operator', open: true },
        { method: 'agent', open: true },
      ],
    });
    const over = viewOfCheck(sent(), { waits: true, configured }, days7);
    expect(over.methods.map(({ open }) => open)).toEqual([false, false, true, true]);
    const settled = viewOfCheck(sent(), { waits: false, configured }, minutes(1));
    expect(settled.methods.map(({ why }) => why)).toEqual([
      'check-over',
      'not-configured',
      'check-over',
      'check-over',
    ]);
  });
});

describe('a use of a contact', () => {
  const span = { most: 2, spanMs: 1000 };

  it('is one of at most so many in a span, and leaves it exactly the span later', () => {
    const two = useWithin([start], after(500), span) ?? [];
    expect(two).toEqual([start, after(500)]);
    expect(useWithin(two, after(999), span)).toBeUndefined();
    expect(useWithin(two, after(1000), span)).toEqual([after(500), after(1000)]);
  });
});

describe('the digits', () => {
  const drawing =
    (...draws: number[]) =>
    () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(draws.shift() ?? 0);
      return bytes;
    };

  it('are eight, with their zeros, and none is likelier than another', () => {
    expect(newCode(drawing(42))).toBe('00000042');
    expect(newCode(drawing(4_199_999_999))).toBe('99999999');
    // What would make small numbers likelier is drawn again.
    expect(newCode(drawing(4_200_000_000, 4_294_967_295, 7))).toBe('00000007');
  });

  it('are kept under a key only: without it they can’t be tried', () => {
    const digest = codeDigest(key, 'req-1', 'c1', right);
    const plain = createHmac('sha256', '').update(`req-1\0c1\0${right}`).digest('base64url');
    expect(digest).not.toBe(plain);
    expect(digest).not.toBe(codeDigest(codeKeyOf('another token'), 'req-1', 'c1', right));
    expect(digest).toBe(codeDigest(codeKeyOf('a token of the service'), 'req-1', 'c1', right));
    expect(JSON.stringify(sent())).not.toContain(right);
  });
});

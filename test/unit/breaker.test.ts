import { describe, expect, it } from '@jest/globals';
import { afterOutage, ask, closed, trying, type Breaker } from '@keiro/erase/breaker';
import { postponed } from '@keiro/erase/attempt';
import { describeFailure, isOutage } from '@keiro/erase/connectors/failure';
import { ConnectorError } from '@keiro/erase/connectors/connector';
import { limitsOf } from '@keiro/schemas';

const now = new Date('2026-04-02T03:00:00.000Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const limits = limitsOf({ limits: { breaker: { outages: 3, restSeconds: 10 } } });
const open: Breaker = { state: 'open', since: now, until: later(10) };

describe('a circuit breaker', () => {
  it('opens after so many outages in a row, and not before', () => {
    expect(afterOutage(undefined, 2, now, limits)).toBeUndefined();
    expect(afterOutage(undefined, 3, now, limits)).toEqual(open);
    expect(afterOutage(closed(now), 3, now, limits)).toEqual(open);
    // Those that were under way when it opened change nothing.
    expect(afterOutage(open, 4, later(1), limits)).toBeUndefined();
  });

  it('lets tasks run while it is closed, none while it is open, then one that tries', () => {
    expect(ask(undefined, now)).toBe('go');
    expect(ask(closed(now), now)).toBe('go');
    expect(ask(open, later(9))).toBe('wait');
    expect(ask(open, later(10))).toBe('try');
    const trial = trying(open, later(70));
    expect(ask(trial, later(11))).toBe('wait');
    // Whoever tried is gone with its worker.
    expect(ask(trial, later(70))).toBe('try');
  });

  it('opens again when the one that tried met an outage, and knows since when the holder is away', () => {
    expect(afterOutage(trying(open, later(70)), 1, later(12), limits)).toEqual({
      state: 'open',
      since: now,
      until: later(22),
    });
  });

  it('spends no attempt', () => {
    expect(postponed(3, later(10))).toEqual({ state: 'pending', attempt: 3, notBefore: later(10) });
  });
});

describe('an outage', () => {
  it('is no answer at all; what the holder said of one task, however wrong, is none', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(isOutage(refused)).toBe(true);
    expect(isOutage(new TypeError('fetch failed', { cause: refused }))).toBe(true);
    expect(isOutage(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isOutage(new ConnectorError('still-there', 'probe found 1'))).toBe(false);
    expect(isOutage(new ConnectorError('http-status', 'POST /requests answered 403'))).toBe(false);
    expect(isOutage('a text')).toBe(false);
    expect(describeFailure(refused)).toBe('Error ECONNREFUSED');
  });
});

describe('the limits of a holder', () => {
  it('are sensible where the register says none', () => {
    expect(limitsOf({})).toEqual({ concurrency: 25, breaker: { outages: 5, restSeconds: 15 } });
    expect(limitsOf({ limits: { concurrency: 2, perSecond: 10 } })).toEqual({
      concurrency: 2,
      perSecond: 10,
      breaker: { outages: 5, restSeconds: 15 },
    });
  });
});

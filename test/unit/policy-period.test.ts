import { describe, expect, it } from '@jest/globals';
import { addPeriod, dayInJapan } from '@keiro/schemas';

const japan = (text: string) => new Date(`${text}+09:00`);

describe('a period, in the calendar of Japan (L1)', () => {
  it.each([
    ['2026-01-31T12:00:00', 'P1M', '2026-02-28T12:00:00'],
    ['2024-01-31T12:00:00', 'P1M', '2024-02-29T12:00:00'],
    ['2024-02-29T00:00:00', 'P1Y', '2025-02-28T00:00:00'],
    ['2024-02-29T00:00:00', 'P4Y', '2028-02-29T00:00:00'],
    ['2026-12-31T23:59:59', 'P13M', '2028-01-31T23:59:59'],
    ['2026-02-15T08:00:00', 'P30D', '2026-03-17T08:00:00'],
    ['2026-03-01T00:30:00', 'P1M', '2026-04-01T00:30:00'],
    ['2026-04-01T00:00:00', 'P0D', '2026-04-01T00:00:00'],
    ['2026-04-01T00:00:00', 'P2W', '2026-04-15T00:00:00'],
    ['2026-04-01T00:00:00', 'P1Y2M3DT4H', '2027-06-04T04:00:00'],
  ])('%s and %s is %s', (start, period, end) => {
    expect(addPeriod(japan(start), period)).toEqual(japan(end));
  });

  it('is not counted in UTC: the last hours of a month there are the next month here', () => {
    expect(addPeriod(new Date('2026-01-30T16:00:00Z'), 'P1M')).toEqual(new Date('2026-02-27T16:00:00Z'));
  });

  it.each(['', '30 days', 'P', '30D', 'P-1D', '-P1D', 'P1X'])('is not %j', (text) => {
    expect(() => addPeriod(new Date(0), text)).toThrow(RangeError);
  });

  it('has days that begin at 15:00 UTC', () => {
    expect(dayInJapan(new Date('2026-03-31T14:59:59.999Z'))).toBe('2026-03-31');
    expect(dayInJapan(new Date('2026-03-31T15:00:00Z'))).toBe('2026-04-01');
  });
});

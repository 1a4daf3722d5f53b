import { describe, expect, it } from '@jest/globals';
import { endText, entryLines } from '@keiro/cli/quarantine-entry';
import {
  checkPolicyFile,
  lastEndedDay,
  quarantineCuts,
  quarantineEnd,
  type Policies,
  type QuarantineDocument,
} from '@keiro/schemas';
import { heldByAge } from '@keiro/tag/expiry';
import { entryOf } from '@keiro/tag/view';
import { demoPolicyText, edited } from '../builders/policy-file.ts';
import { randomFrom } from '../builders/random.ts';

/* What could not be recorded ends too (APPI 22): when, by the policy in force. */

function policiesWith(period: string, erased?: string): Policies {
  const text = edited(
    edited(demoPolicyText, ['quarantine', 'period'], period),
    ['quarantine', 'erased'],
    erased,
  );
  const { policies, findings } = checkPolicyFile(text, 'policy.yaml');
  if (policies === undefined) throw new Error(findings.map(({ code }) => code).join(', '));
  return policies;
}

const policies = policiesWith('P90D', 'P30D');
const at = new Date('2026-03-01T00:00:00Z');
const now = new Date('2026-03-02T00:00:00Z');

describe('the end of an entry', () => {
  it('is its period after it was set aside; sooner for what came after an erasure', () => {
    expect(quarantineEnd(policies, { reason: 'untaggable', at }, now)).toEqual(
      new Date('2026-05-30T00:00:00Z'),
    );
    expect(quarantineEnd(policies, { reason: 'erased', at }, now)).toEqual(new Date('2026-03-31T00:00:00Z'));
    expect(quarantineEnd(policiesWith('P90D'), { reason: 'erased', at }, now)).toEqual(
      new Date('2026-05-30T00:00:00Z'),
    );
  });

  it('is shown while it is held, and told beforehand within 14 days', () => {
    const document: QuarantineDocument = {
      _id: 'tag|collection.inquiry/2/41',
      by: 'tag',
      reason: 'erased',
      detail: 'it came after the person was erased',
      topic: 'collection.inquiry',
      partition: 2,
      offset: '41',
      day: '2026-03-01',
      at,
    };
    const entry = entryOf(document, policies, now);
    expect(entry.endsAt).toBe('2026-03-31T00:00:00.000Z');
    expect(entryLines(entry, 'both').join('\n')).toMatch(/終期 ends +2026-03-31\n/);
    const expired = { state: 'expired' as const, at: now, by: 'tag' };
    const settled = entryOf({ ...document, settled: expired }, policies, now);
    expect(settled).toMatchObject({ state: 'expired', settled: { by: 'tag' } });
    expect(settled).not.toHaveProperty('endsAt');
    expect(entryLines(settled, 'both').join('\n')).toContain('期間満了 expired');
    const end = '2026-03-31T00:00:00Z';
    expect(endText(end, new Date('2026-03-16T23:59:59Z'))).toBe('2026-03-31');
    expect(endText(end, new Date('2026-03-17T00:00:00Z'))).toBe('2026-03-31 !');
    expect(endText(end, new Date('2026-04-07T00:00:00Z'))).toBe('2026-03-31 !');
  });
});

describe('what has ended at an instant', () => {
  it.each(['P90D', 'P1M', 'P3M', 'P1Y', 'P1M1D', 'P13M', 'P0D'])(
    'is all up to one moment, to the millisecond: %s',
    (period) => {
      const some = policiesWith(period);
      const random = randomFrom(7);
      const instants = Array.from(
        { length: 60 },
        () => new Date(Date.UTC(2024, random(36), 1) - 5 * 86_400_000 + random(10 * 86_400_000)),
      );
      for (const end of instants) {
        const { others } = quarantineCuts(some, end);
        const endOf = (ms: number) => quarantineEnd(some, { reason: 'malformed', at: new Date(ms) }, end);
        expect(endOf(others.getTime()).getTime()).toBeLessThanOrEqual(end.getTime());
        expect(endOf(others.getTime() + 1).getTime()).toBeGreaterThan(end.getTime());
      }
    },
  );

  it.each([
    ['2026-05-30T23:59:59.998Z', '2026-02-28'],
    ['2026-05-30T23:59:59.999Z', '2026-02-28'],
    ['2026-05-31T00:00:00.000Z', '2026-03-01'],
    ['2026-05-31T12:00:00.000Z', '2026-03-01'],
  ])('is a whole day, in UTC, only when its last moment has: at %s up to %s', (instant, day) => {
    expect(lastEndedDay(policies, new Date(instant))).toBe(day);
  });
});

describe('what is held, by age', () => {
  it('counts each day where its oldest belongs', () => {
    const byDay = [
      ['2026-03-02', 1],
      ['2026-03-01', 2],
      ['2026-02-27', 4],
      ['2026-02-01', 8],
      ['2025-12-02', 16],
      ['2025-01-01', 32],
    ].map(([day, n]) => ({ day: String(day), n: Number(n) }));
    expect(heldByAge(byDay, now)).toEqual({ '1d': 3, '7d': 4, '30d': 8, '90d': 16, older: 32 });
    expect(heldByAge([], now)).toEqual({ '1d': 0, '7d': 0, '30d': 0, '90d': 0, older: 0 });
  });
});

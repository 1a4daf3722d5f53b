import { describe, expect, it } from '@jest/globals';
import { releaseLines } from '@keiro/cli/key-releases';
import { painter } from '@keiro/cli/output';
import { askingOf } from '@keiro/keys/audited';
import type { KeyAuditDocument } from '@keiro/keys/key-audit';
import { releasesQuery, summarise } from '@keiro/keys/releases';
import { duties, judgeDuty, releasesAnswerSchema } from '@keiro/schemas';
import { minute, refOf, standingOf } from '../builders/lineage.ts';

const ref = refOf('member', 'suzuki');

describe('a duty towards the person', () => {
  it.each(duties)('%s opens what is suspended and denied, and nothing that is erased (R5)', (duty) => {
    const stopped = standingOf(ref, { suspended: ['all'], withdrawn: ['marketing'], denied: ['crm'] });
    expect(judgeDuty(stopped, 1, duty)).toBe('open');
    expect(judgeDuty(undefined, 1, duty)).toBe('open');
    expect(judgeDuty(standingOf(ref, { hiddenThrough: 1, erasedThrough: 1 }), 1, duty)).toBe('erased');
    expect(judgeDuty(standingOf(ref, { hiddenThrough: 1, erasedThrough: 1 }), 2, duty)).toBe('open');
  });

  it('answers and warns while a deletion can be taken back, and corrects nothing', () => {
    const hidden = standingOf(ref, { hiddenThrough: 1 });
    expect(duties.map((duty) => judgeDuty(hidden, 1, duty))).toEqual(['open', 'hidden', 'open', 'open']);
  });
});

describe('what the audit names', () => {
  it('is a purpose that somebody knows; free text of a caller is not kept', () => {
    const client = { name: 'crm', tokenSha256: '', rights: [], sources: [], purposes: ['entrusted:tenant'] };
    expect(askingOf(client, 'crm', 'marketing').purpose).toBe('marketing');
    expect(askingOf(client, 'crm', 'entrusted:tenant').purpose).toBe('entrusted:tenant');
    expect(askingOf(client, 'crm', 'duty:breach').purpose).toBe('duty:breach');
    expect(askingOf(client, 'crm', 'hanako@mail.example').purpose).toBe('unknown');
  });
});

const counted = (
  id: string,
  at: Date,
  released: number,
  refused: Record<string, number> = {},
): KeyAuditDocument => ({
  _id: id,
  at,
  kind: 'count',
  lines: [{ holder: 'crm', purpose: 'service', released, refused }],
});
const refusal = (id: string, at: Date): KeyAuditDocument => ({
  _id: id,
  at,
  kind: 'refused',
  client: 'crm',
  holder: 'crm',
  purpose: 'service',
  ref,
  generation: 1,
  outcome: 'suspended',
  times: 2,
});

describe('releases of a span of time', () => {
  const documents = [
    refusal('a|9', minute(2)),
    refusal('a|8', minute(2)),
    counted('a|7', minute(2), 10, { suspended: 2 }),
    counted('b|7', minute(2), 5, { suspended: 1, erased: 1 }),
    counted('a|6', minute(1), 1),
    {
      _id: 'a|1',
      at: minute(1),
      kind: 'decision',
      by: 'operator',
      action: 'kek-rotated',
      detail: {},
    } satisfies KeyAuditDocument,
  ];
  const summaryOf = (limit: number) => {
    const summary = summarise(limit);
    for (const document of documents) summary.add(document);
    return summary.result();
  };

  it('are added up by minute and in all, whichever instance counted', () => {
    const line = { holder: 'crm', purpose: 'service' };
    expect(summaryOf(10)).toMatchObject({
      totals: [{ ...line, released: 16, refused: { suspended: 3, erased: 1 } }],
      minutes: [
        { ...line, minute: minute(2).toISOString(), released: 15, refused: { suspended: 3, erased: 1 } },
        { ...line, minute: minute(1).toISOString(), released: 1, refused: {} },
      ],
      leftOut: { minutes: 0, entries: 0 },
    });
  });

  it('say what did not fit, and the totals are whole all the same', () => {
    const { totals, minutes, entries, leftOut } = summaryOf(1);
    expect([minutes.length, entries.length, leftOut]).toEqual([1, 1, { minutes: 1, entries: 1 }]);
    expect(totals[0]?.released).toBe(16);
  });

  it('are asked for by an hour unless told, and by seven days at most', () => {
    const now = minute(90);
    expect(releasesQuery({}, now)).toEqual({ from: minute(30), to: now, limit: 500 });
    const within = { from: '2026-03-01T00:29:59.900Z', limit: '9' };
    expect(releasesQuery(within, now)).toEqual({ from: minute(29), to: now, limit: 9 });
    expect(() => releasesQuery({ from: 'yesterday' }, now)).toThrow('not as it should be');
    const tooLong = () => releasesQuery({ from: '2026-02-01T00:00:00Z' }, now);
    expect(tooLong).toThrow('not as it should be');
  });

  it('read in both languages, and say so when there are none', () => {
    const answer = releasesAnswerSchema.parse({
      asOf: minute(3).toISOString(),
      from: minute(0).toISOString(),
      to: minute(3).toISOString(),
      ...summaryOf(10),
    });
    const lines = (lang: 'both' | 'en', more = {}) =>
      releaseLines({ ...answer, ...more }, { lang, paint: painter(false) }).join('\n');
    expect(lines('both')).toMatch(/crm +service +16 +3 suspended, 1 erased/);
    expect(lines('both')).toMatch(/拒否 refused +crm +crm +service +suspended/);
    expect(lines('en', { totals: [], entries: [] })).toContain('No key was asked for');
  });
});

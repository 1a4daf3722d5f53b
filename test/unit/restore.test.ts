import { describe, expect, it } from '@jest/globals';
import { rowOf } from '@keiro/erase/connectors/mongodb-scan';
import { placeOf, positionAt } from '@keiro/erase/connectors/position';
import { globOf, readerOf } from '@keiro/erase/connectors/redis-scan';
import type { ScannedRow } from '@keiro/erase/connectors/connector';
import { decidedSince } from '@keiro/erase/restore/decided';
import { judgeRow, planBatch, type Known, type KnownRef } from '@keiro/erase/restore/judge';
import { sort } from '@keiro/erase/again';
import { gateOf } from '@keiro/erase/restore/views';
import type { IdentifierKind, RestoreDocument } from '@keiro/schemas';
import { minute, refOf } from '../builders/lineage.ts';

const known =
  (people: Readonly<Record<string, Partial<KnownRef>>>): Known =>
  ({ kind, value }) =>
    people[value] === undefined
      ? undefined
      : {
          ref: refOf(kind, value),
          generation: 1,
          goneThrough: 0,
          sweptSince: false,
          suspended: [],
          ...people[value],
        };
const row = (
  identifiers: Partial<Record<IdentifierKind, string>>,
  more: Partial<ScannedRow> = {},
): ScannedRow => ({
  identifiers: Object.entries(identifiers).map(([kind, value]) => ({ kind: kind as IdentifierKind, value })),
  ...more,
});

describe('a row of a restored store', () => {
  const erased = { generation: 1, goneThrough: 1 };
  const anew = { generation: 2, goneThrough: 1 };
  const cases: [string, ScannedRow, Readonly<Record<string, Partial<KnownRef>>>, string][] = [
    ['of nobody who is known', row({ member: 'hanako' }), {}, 'unjudged'],
    ['without any identifier', row({}), {}, 'unjudged'],
    ['of somebody who is there', row({ member: 'hanako' }), { hanako: {} }, 'kept'],
    ['of somebody erased', row({ member: 'hanako' }), { hanako: erased }, 'gone'],
    [
      'of somebody erased by another identifier alone',
      row({ member: 'x', email: 'e' }),
      { e: erased },
      'gone',
    ],
    [
      'of somebody there, with what an erased person had',
      row({ member: 'm', email: 'e' }),
      { m: {}, e: erased },
      'gone',
    ],
    [
      'of the life that ended, its person being there anew',
      row({ member: 'm' }, { generation: 1 }),
      { m: anew },
      'gone',
    ],
    ['of the life after', row({ member: 'm' }, { generation: 2 }), { m: anew }, 'kept'],
    [
      'of the life after, with an identifier that was erased more often',
      row({ member: 'm', email: 'e' }, { generation: 2 }),
      { m: anew, e: { generation: 4, goneThrough: 3 } },
      'kept',
    ],
    ['of no generation, swept since', row({ member: 'm' }), { m: { ...anew, sweptSince: true } }, 'gone'],
    ['of no generation, swept before the copy was made', row({ member: 'm' }), { m: anew }, 'kept'],
    ['of a deletion under way', row({ member: 'm' }, { generation: 1 }), { m: { goneThrough: 1 } }, 'gone'],
  ];
  it.each(cases)('%s', (_name, one, people, expected) => {
    expect(judgeRow(one, known(people)).is).toBe(expected);
  });

  it('goes by the identifier and the life that have ended', () => {
    const verdict = judgeRow(
      row({ email: 'e', member: 'm' }),
      known({ m: {}, e: { generation: 4, goneThrough: 3, sweptSince: true } }),
    );
    expect(verdict).toEqual({
      is: 'gone',
      by: { ref: refOf('email', 'e'), generation: 3, kind: 'email', value: 'e' },
    });
  });

  it('wants the flag that standing says, where there is a place for one', () => {
    const people = known({ m: { suspended: ['marketing', 'statistics'] } });
    const flagOf = (suspended?: string[]) => {
      const verdict = judgeRow(row({ member: 'm' }, suspended === undefined ? {} : { suspended }), people);
      return verdict.is === 'kept' ? verdict.flag : verdict.is;
    };
    expect(flagOf()).toBeUndefined();
    expect(flagOf(['statistics', 'marketing'])).toBeUndefined();
    expect(flagOf([])).toEqual(['marketing', 'statistics']);
    // Resumed since the copy was made.
    expect(judgeRow(row({ member: 'm' }, { suspended: ['marketing'] }), known({ m: {} }))).toMatchObject({
      flag: [],
    });
  });
});

describe('a batch', () => {
  it('narrows rows to what a law keeps of who is erased, apart from those that go whole (R4)', () => {
    const keep = { groups: ['C5.books'], fields: ['amount'], laws: ['a law'], in: ['billing'] };
    const people = known({ a: { goneThrough: 1 }, b: { goneThrough: 1, keep } });
    const { counts, erase } = planBatch(
      ['a', 'b'].map((member) => row({ member })),
      people,
    );
    expect(counts.gone).toBe(2);
    expect(erase).toMatchObject([{ lives: [{ value: 'a' }] }, { lives: [{ value: 'b' }], keep }]);
    expect(erase[0]).not.toHaveProperty('keep');
  });

  it('is as few calls as keep lives apart: a call spares what is later than its newest life', () => {
    const people = known({
      a: { goneThrough: 1 },
      b: { goneThrough: 1 },
      c: { generation: 3, goneThrough: 3 },
      d: { suspended: ['marketing'] },
      e: { suspended: ['marketing'] },
      f: { suspended: [] },
    });
    const rows = ['a', 'a', 'b', 'c', 'd', 'e', 'f', 'x'].map((member) => row({ member }, { suspended: [] }));
    const { counts, erase, flag } = planBatch(rows, people);
    expect(counts).toEqual({ rows: 8, gone: 4, flags: 2, unjudged: 1 });
    expect(erase.map(({ lives }) => lives.map(({ value, generation }) => [value, generation]))).toEqual([
      [
        ['a', 1],
        ['b', 1],
      ],
      [['c', 3]],
    ]);
    expect(flag.map(({ purposes, lives }) => [purposes, lives.map(({ value }) => value)])).toEqual([
      [['marketing'], ['d', 'e']],
    ]);
  });
});

describe('what was decided after a watermark', () => {
  it('is what the holder did later or has still to do, each person once', async () => {
    const lives = (...names: string[]) =>
      names.map((name) => ({ ref: refOf('member', name), generation: 1 }));
    const decided = await decidedSince(
      [
        { type: 'deletion', lives: lives('a', 'a2'), doneAt: minute(5) },
        { type: 'deletion', lives: lives('b') },
        { type: 'deletion', lives: lives('c'), doneAt: minute(4) },
        { type: 'suspension', lives: lives('d'), doneAt: minute(6) },
        { type: 'suspension', lives: lives('d'), doneAt: minute(7) },
        { type: 'correction', lives: lives('e'), doneAt: minute(6) },
      ],
      minute(4),
    );
    expect(decided).toEqual([
      { type: 'correction', requests: 1, persons: 1, refs: 1, replayed: false },
      { type: 'deletion', requests: 2, persons: 2, refs: 3, replayed: true },
      { type: 'suspension', requests: 2, persons: 1, refs: 1, replayed: true },
    ]);
  });
});

describe('a gate', () => {
  const restore = (state: RestoreDocument['state']): RestoreDocument => ({
    _id: `rst-${state}`,
    holder: 'crm',
    watermark: minute(0),
    state,
    declaredAt: minute(1),
    by: 'operator',
    steps: [],
  });
  it('is open without an unfinished restore, and says why it is closed', () => {
    expect(gateOf('crm', [])).toMatchObject({ open: true });
    for (const state of ['closed', 'checked', 'replaying', 'probing', 'failed'] as const) {
      expect(gateOf('crm', [restore(state)])).toMatchObject({ open: false, restore: `rst-${state}` });
    }
    const reasons = (['closed', 'checked', 'failed'] as const).map(
      (state) => gateOf('crm', [restore(state)]).because.en,
    );
    expect(new Set(reasons).size).toBe(3);
  });
});

describe('a scan', () => {
  it('of MongoDB reads identifiers through lists, and only texts', () => {
    const place = {
      name: 'people',
      identifiers: { member: '_id', email: 'contacts.mail' },
      generation: 'life',
      suspended: 'flags',
    };
    const document = {
      _id: 'hanako',
      contacts: [{ mail: 'a' }, { mail: ['b', 7] }, {}],
      life: 2,
      flags: ['x'],
    };
    expect(rowOf(place, document)).toEqual({
      identifiers: [
        { kind: 'member', value: 'hanako' },
        { kind: 'email', value: 'a' },
        { kind: 'email', value: 'b' },
      ],
      generation: 2,
      suspended: ['x'],
    });
    expect(rowOf(place, { _id: 7 })).toEqual({ identifiers: [], suspended: [] });
    expect(rowOf({ name: 'p', identifiers: {} }, { flags: ['x'] })).toEqual({ identifiers: [] });
  });

  it('of Redis matches what the pattern says, character by character', () => {
    const pattern = { pattern: 'a*[1]:{member}:of.{member}', identifier: 'member' as const };
    expect(globOf(pattern)).toBe(String.raw`a\*\[1\]:*:of.*`);
    const read = readerOf(pattern);
    expect(['a*[1]:x:y:of.x:y', 'a*[1]:x:of.z', 'ab[1]:x:of.x', 'a*[1]:x:of-x'].map(read)).toEqual([
      'x:y',
      undefined,
      undefined,
      undefined,
    ]);
    expect(readerOf({ pattern: 'session:{cookie}', identifier: 'cookie' })('session:a\nb')).toBe('a\nb');
  });

  it('keeps its place', () => {
    expect(placeOf(positionAt(3, positionAt(1, '500')))).toEqual({ place: 3, at: '1:500' });
    expect(placeOf(undefined)).toEqual({ place: 0, at: '' });
  });
});

describe('a row of a holder that has again what was erased', () => {
  const own = new Set([refOf('member', 'hanako')]);
  const erased = { generation: 1, goneThrough: 1 };
  const anew = { generation: 2, goneThrough: 1 };
  it.each([
    ['of the person whose deletion it is', row({ member: 'hanako' }), { hanako: erased }, [1, 0, 0]],
    ['of the life after', row({ member: 'hanako' }, { generation: 2 }), { hanako: anew }, [0, 0, 0]],
    ['of whichever life, where nothing says', row({ member: 'hanako' }), { hanako: anew }, [0, 0, 1]],
    ['of another erased person', row({ member: 'taro' }), { taro: erased }, [0, 1, 0]],
    ['of somebody who is there', row({ member: 'taro' }), { taro: {} }, [0, 0, 0]],
  ] as const)('%s', (_name, one, people, [gone, others, undecided]) => {
    const sorted = sort([one], known(people), own);
    expect([sorted.gone.length, sorted.others, sorted.undecided]).toEqual([gone, others, undecided]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { behind } from '@keiro/request/standing-check';
import type { Standing } from '@keiro/schemas';
import { minute, refOf } from '../builders/lineage.ts';

const ref = refOf('member', 'hanako');
const standing = (at: number, erasedThrough: number, more: Partial<Standing> = {}): Standing => ({
  ref,
  hiddenThrough: erasedThrough,
  erasedThrough,
  suspended: [],
  request: `r-${String(at)}`,
  at: minute(at).toISOString(),
  ...more,
});

describe('a database that may be an old copy', () => {
  const cases: [string, Standing, Standing | undefined, Standing[]][] = [
    ['lacks what it never heard of', standing(1, 1), undefined, [standing(1, 1)]],
    ['lacks what was decided later', standing(2, 1), standing(1, 0), [standing(2, 1)]],
    ['lacks nothing where it knows the same', standing(1, 1), standing(1, 1), []],
    ['lacks nothing where it is ahead: its outbox follows', standing(1, 0), standing(2, 1), []],
    ['keeps an ended life ended', standing(2, 0), standing(1, 1), [standing(2, 1, { hiddenThrough: 0 })]],
    [
      'ends a life that it thinks is there, whatever its clock said',
      standing(1, 2),
      standing(3, 1),
      [standing(3, 2, { hiddenThrough: 1 })],
    ],
  ];
  it.each(cases)('%s', (_name, told, own, expected) => {
    expect(behind([told], new Map(own === undefined ? [] : [[ref, own]]))).toEqual(expected);
  });
});

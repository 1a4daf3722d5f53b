import { describe, expect, it } from '@jest/globals';
import { stateOf } from '@keiro/keys/standing-check';
import { Binary } from 'mongodb';
import type { Standing } from '@keiro/schemas';
import { minute, refOf } from '../builders/lineage.ts';

const standing = (erasedThrough: number): Standing => ({
  ref: refOf('member', 'hanako'),
  hiddenThrough: erasedThrough,
  erasedThrough,
  suspended: [],
  request: 'r-1',
  at: minute(1).toISOString(),
});
const key = new Binary(Buffer.alloc(60));
const living = (generation: number) => ({ generation, wrapped: key });
const ended = (generation: number) => ({ generation, wrapped: null });

describe('a database of keys that may be an old copy', () => {
  it.each([
    ['is as told where nobody was erased', 0, living(1), 'as-told'],
    ['is as told where the life has ended here too', 1, ended(1), 'as-told'],
    ['is as told where the next life has begun', 1, living(2), 'as-told'],
    ['is ahead of what is told, after a destruction that is not told yet', 0, ended(1), 'as-told'],
    ['is behind where the key is back', 1, living(1), 'behind'],
    ['is behind where it never heard of the person', 1, undefined, 'behind'],
    ['is behind where it knows a life before', 2, ended(1), 'behind'],
    ['is behind where it has the key of a life before', 2, living(1), 'behind'],
  ] as const)('%s', (_name, erasedThrough, known, expected) => {
    expect(stateOf(standing(erasedThrough), known, false)).toBe(expected);
  });

  it('is none where it took part in the deletion, which was cut off before the key was destroyed', () => {
    expect(stateOf(standing(1), living(1), true)).toBe('unfinished');
    expect(stateOf(standing(2), living(1), true)).toBe('behind');
    expect(stateOf(standing(1), undefined, true)).toBe('behind');
  });
});

import { describe, expect, it } from '@jest/globals';
import type { RequestDocument, StandingDocument } from '@keiro/schemas';
import { deletionOf, erasedAt, isLate, onceMore, violationOfLate } from '@keiro/transfer/late';
import { factOf, minute, provenTask, recordOf, refOf, taskOf } from '../builders/lineage.ts';

const ref = refOf('member', 'suzuki');
const record = recordOf(ref, 'e-1');
const held = (n: number) => factOf(record, 'crm', 'held', minute(n));
const standing = (more: Partial<StandingDocument> = {}): StandingDocument => ({
  _id: ref,
  ref,
  hiddenThrough: 1,
  erasedThrough: 1,
  erasedAt: minute(30).toISOString(),
  suspended: [],
  request: 'req-1',
  at: minute(30).toISOString(),
  ...more,
});

describe('a report of a copy (invariant 6)', () => {
  it('is of an erased life by its generation, not by its ref alone', () => {
    expect(erasedAt(held(50), standing())).toEqual(minute(30));
    expect(erasedAt({ generation: 2 }, standing())).toBeUndefined();
    expect(erasedAt(held(50), standing({ erasedThrough: 0 }))).toBeUndefined();
    expect(erasedAt(held(50), undefined)).toBeUndefined();
  });

  const erased = { at: minute(30), deletion: 'req-1', isKnown: false };
  const proven = { ...erased, task: provenTask('req-1', 'crm', minute(40)) };
  it.each([
    ['from after the look that found nothing', held(41), proven, true],
    ['from before it', held(39), proven, false],
    ['from before it, never heard of until after it', { ...held(39), reportedAt: minute(50) }, proven, true],
    [
      'from before it, told again',
      { ...held(39), reportedAt: minute(50) },
      { ...proven, isKnown: true },
      false,
    ],
    ['while that look is still to come', held(50), { ...erased, task: taskOf('req-1', 'crm') }, false],
    ['of a holder that was not asked', held(1), erased, true],
    [
      'long after, the deletion itself being over and gone',
      held(31),
      { at: minute(30), isKnown: true },
      true,
    ],
    [
      'from before, the deletion itself being over and gone',
      held(29),
      { at: minute(30), isKnown: false },
      false,
    ],
    ['that it was withheld', factOf(record, 'crm', 'withheld', minute(50)), proven, false],
    ['that it is gone', factOf(record, 'crm', 'removed', minute(50)), proven, false],
  ] as const)('%s: late or not', (_name, copy, known, late) => {
    expect(isLate(copy, known)).toBe(late);
  });

  it('reopens the deletion that ended its life, not a later one, nor one that was taken back', () => {
    const deletion = (id: string, generation: number, state: RequestDocument['state'] = 'done') => ({
      _id: id,
      type: 'deletion' as const,
      state,
      lives: [{ ref, generation }],
    });
    const all = [deletion('second', 2), deletion('withdrawn', 1, 'withdrawn'), deletion('first', 1)];
    expect(deletionOf({ ref, generation: 1 }, all)?._id).toBe('first');
    expect(deletionOf({ ref, generation: 2 }, all)?._id).toBe('second');
    expect(deletionOf({ ref, generation: 3 }, all)).toBeUndefined();
  });

  it('is found each time that the copy is there, and once however often it is told', () => {
    const found = (n: number) => violationOfLate(held(n), proven, minute(60));
    expect(found(41)).toMatchObject({
      reason: 'erased',
      row: 'R4',
      reopens: 'req-1',
      copy: { record: record._id },
    });
    expect(found(41)._id).toBe(found(41)._id);
    expect(found(42)._id).not.toBe(found(41)._id);
    expect(onceMore(held(41))._id).not.toBe(held(41)._id);
  });
});

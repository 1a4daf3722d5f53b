import { describe, expect, it } from '@jest/globals';
import { judge, type Standing } from '@keiro/schemas';

const standing = (changes: Partial<Standing>): Standing => ({
  ref: `member.${'a'.repeat(32)}`,
  hiddenThrough: 0,
  erasedThrough: 0,
  suspended: [],
  request: 'r',
  at: '2026-01-01T00:00:00.000Z',
  ...changes,
});

describe('what standing says to a reader', () => {
  it.each([
    ['nobody asked for anything', undefined, 1, 'marketing', 'open'],
    ['R4 a deletion is under way', standing({ hiddenThrough: 1 }), 1, 'service', 'hidden'],
    ['R4 erased', standing({ hiddenThrough: 1, erasedThrough: 1 }), 1, 'service', 'erased'],
    ['a new life after the erasure', standing({ hiddenThrough: 1, erasedThrough: 1 }), 2, 'service', 'open'],
    ['R5 this purpose suspended', standing({ suspended: ['marketing'] }), 1, 'marketing', 'suspended'],
    ['R5 another purpose suspended', standing({ suspended: ['marketing'] }), 1, 'service', 'open'],
    ['R5 all suspended', standing({ suspended: ['all'] }), 1, 'service', 'suspended'],
    [
      'TA consent withdrawn for this purpose',
      standing({ withdrawn: ['marketing'] }),
      1,
      'marketing',
      'suspended',
    ],
    ['TA consent withdrawn for another', standing({ withdrawn: ['marketing'] }), 1, 'service', 'open'],
    ['TA, R6 this holder is denied', standing({ denied: ['mailer'] }), 1, 'service', 'suspended'],
    ['TA, R6 another holder is denied', standing({ denied: ['partner'] }), 1, 'service', 'open'],
    [
      'erased says more than suspended',
      standing({ erasedThrough: 1, suspended: ['all'] }),
      1,
      'service',
      'erased',
    ],
  ] as const)('%s', (_case, state, generation, purpose, verdict) => {
    expect(judge(state, generation, { purpose, holder: 'mailer' })).toBe(verdict);
  });
});

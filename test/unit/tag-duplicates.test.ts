import { describe, expect, it } from '@jest/globals';
import { judgeRepetition } from '@keiro/tag/duplicates';

const stored = { digest: 'a', position: { topic: 'collection.access', partition: 1, offset: '10' } };

describe('a record id that comes again', () => {
  it.each([
    { name: 'the same message', again: stored, is: 'redelivery' },
    {
      name: 'the same event, sent again',
      again: { ...stored, position: { ...stored.position, offset: '11' } },
      is: 'retry',
    },
    {
      name: 'other content',
      again: { digest: 'b', position: { ...stored.position, offset: '11' } },
      is: 'conflict',
    },
    {
      name: 'the same offset of another partition',
      again: { digest: 'b', position: { ...stored.position, partition: 2 } },
      is: 'conflict',
    },
    {
      name: 'the same offset of another topic',
      again: { digest: 'a', position: { ...stored.position, topic: 'collection.cookie' } },
      is: 'retry',
    },
  ])('$name: $is', ({ again, is }) => {
    expect(judgeRepetition(stored, again)).toBe(is);
  });
});

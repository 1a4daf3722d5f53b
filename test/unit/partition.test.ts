import { describe, expect, it } from '@jest/globals';
import { partitionOf } from '@keiro/runtime/partition';

const everyHash = 0x7fff_ffff;

describe('the partition of a key', () => {
  // The values with which Kafka's own tests hold its Java producer to murmur2.
  it.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ])('of %s is where every other client sends it', (key, hash) => {
    expect(partitionOf(key, everyHash)).toBe(hash & everyHash);
    expect(partitionOf(key, 3)).toBe((hash & everyHash) % 3);
  });
});

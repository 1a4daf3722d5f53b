const ivBytes = 12;
const poolIvs = 4096;

/** Hands out 12 random bytes at a time from a large draw: asking the system for each would cost more than sealing. */
export function createIvPool(random: (bytes: number) => Buffer): () => Buffer {
  let pool: Buffer = Buffer.alloc(0);
  let used = 0;
  return () => {
    if (used + ivBytes > pool.length) {
      pool = random(ivBytes * poolIvs);
      used = 0;
    }
    used += ivBytes;
    return pool.subarray(used - ivBytes, used);
  };
}

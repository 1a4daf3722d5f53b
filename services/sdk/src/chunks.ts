/**
 * A record batch that a broker takes is limited to about 1 MB by default, and our client sends all messages of
 * one partition as one record batch: more than this many bytes at a time are sent in several.
 */
export const sendBytes = 768 * 1024;

/** Splits a list, in order, so that no part is larger than `maxBytes`, except a part of one large item. Pure. */
export function chunksBySize<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  maxBytes = sendBytes,
): T[][] {
  const chunks: T[][] = [];
  let current: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (current.length > 0 && bytes + size > maxBytes) {
      chunks.push(current);
      current = [];
      bytes = 0;
    }
    current.push(item);
    bytes += size;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

/* How much one handler gets at once. */

/** Bytes of values that are handled at once: parsed, they take several times as much memory. */
const maxBatchBytes = 4 * 1024 * 1024;

/** In order; one that is too large by itself comes alone. */
export function* batchesOf<M extends { readonly value: Buffer | null }>(
  messages: readonly M[],
  most: number,
): Generator<readonly M[]> {
  let batch: M[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.value?.length ?? 0;
    if (batch.length > 0 && (batch.length === most || bytes + size > maxBatchBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

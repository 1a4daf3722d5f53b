import { reached, until, type Admin, type ConsumeOptions, type Kafkas, type Positions } from '@keiro/runtime';

/** Waits until a group has committed all up to `ends`. */
export async function consumed(
  { admin, ends }: { readonly admin: Admin; readonly ends: Positions },
  group: string,
): Promise<void> {
  await until(async () => reached(ends, await admin.committed(group, Object.keys(ends))), {
    what: `${group} has read all`,
    timeoutMs: 120_000,
  });
}

/** Measures a group from the beginning of its first batch to the end of its last: joining is no work of it. */
export function stopwatch(group: string) {
  let first: number | undefined;
  let last = 0;
  const timed =
    (onBatch: ConsumeOptions['onBatch']): ConsumeOptions['onBatch'] =>
    async (messages) => {
      first ??= performance.now();
      await onBatch(messages);
      last = performance.now();
    };
  return {
    around: (kafka: Kafkas): Kafkas => ({
      ...kafka,
      consume: (options) =>
        kafka.consume(options.group === group ? { ...options, onBatch: timed(options.onBatch) } : options),
    }),
    seconds: () => (last - (first ?? last)) / 1000,
  };
}

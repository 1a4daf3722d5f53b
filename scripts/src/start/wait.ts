import { KeiroError, until } from '@keiro/runtime';

/** Waits for a condition; false when it did not come in time, so that the check can say what was seen instead. */
export async function comesTrue(condition: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  try {
    await until(condition, { what: 'the condition', timeoutMs, everyMs: 300 });
    return true;
  } catch (error) {
    if (error instanceof KeiroError && error.code === 'timeout') return false;
    throw error;
  }
}

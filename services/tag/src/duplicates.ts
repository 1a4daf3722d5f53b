import type { Stored } from './store.ts';

/**
 * Why a record id came again.
 * `redelivery`: the very message, read again after a crash; what follows the insert may have been missed.
 * `retry`: the producer sent the same event again; nothing to do.
 * `conflict`: another event under the id of one that is there.
 */
export type Repetition = 'redelivery' | 'retry' | 'conflict';

/** Pure. */
export function judgeRepetition(stored: Stored, again: Stored): Repetition {
  if (samePosition(stored.position, again.position)) return 'redelivery';
  return stored.digest === again.digest ? 'retry' : 'conflict';
}

/** Whether it is the very same message. */
export function samePosition(one: Stored['position'], other: Stored['position']): boolean {
  return one.offset === other.offset && one.partition === other.partition && one.topic === other.topic;
}

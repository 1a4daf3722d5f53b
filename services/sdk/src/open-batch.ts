import { judge, type Life, type Reading, type Ref, type Standing } from '@keiro/schemas';
import type { GuardedMessage } from './guard.ts';
import { openEvent, type GuardedEvent } from './open-event.ts';
import type { Released } from './released-keys.ts';

/** What becomes of the messages of one batch, each in one of these or in none: what is gone is passed over. */
export interface Opened {
  readonly ready: readonly {
    readonly event: GuardedEvent;
    readonly guarded: GuardedMessage;
    readonly locatorKey: Buffer;
  }[];
  /** To be withheld. */
  readonly held: readonly GuardedMessage[];
  /** One that is withheld because the holder's basis has lapsed. */
  readonly lapsed: Life | undefined;
  /** What does not open under its own key. */
  readonly damaged: readonly GuardedMessage[];
}

/** Opens what standing, basis and keys allow; `released` beside `admitted`. Pure. */
export function openBatch(
  admitted: readonly GuardedMessage[],
  released: readonly Released[],
  reader: {
    readonly reading: Reading;
    readonly standingOf: (ref: Ref) => Standing | undefined;
    /** Whether the holder's basis stands. */
    readonly stands: boolean;
  },
): Opened {
  const ready: Opened['ready'][number][] = [];
  const held: GuardedMessage[] = [];
  const damaged: GuardedMessage[] = [];
  let lapsed: Life | undefined;
  for (const [position, guarded] of admitted.entries()) {
    const verdict = verdictOn(guarded, reader);
    const key = released[position];
    if (verdict === 'gone') continue;
    if (verdict === 'suspended') held.push(guarded);
    else if (!reader.stands || (key?.state === 'refused' && key.reason === 'lapsed')) {
      held.push(guarded);
      lapsed = guarded.primary;
    } else if (key?.state === 'released') {
      const event = openEvent(guarded, key);
      if (event === undefined) damaged.push(guarded);
      else ready.push({ event, guarded, locatorKey: key.locatorKey });
    } else if (key?.reason === 'suspended') held.push(guarded);
    else if (key?.reason === 'unknown') damaged.push(guarded);
  }
  return { ready, held, lapsed, damaged };
}

/** Any of the event's refs may be the one that is suspended or erased. */
function verdictOn(
  { value }: GuardedMessage,
  {
    reading,
    standingOf,
  }: { readonly reading: Reading; readonly standingOf: (ref: Ref) => Standing | undefined },
): 'gone' | 'suspended' | 'open' {
  let isSuspended = false;
  for (const { ref, generation } of value.refs) {
    const verdict = judge(standingOf(ref), generation, reading);
    if (verdict === 'erased' || verdict === 'hidden') return 'gone';
    isSuspended ||= verdict === 'suspended';
  }
  return isSuspended ? 'suspended' : 'open';
}

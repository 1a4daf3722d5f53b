import {
  judge,
  type Life,
  type Reading,
  type Ref,
  type Standing,
  type StandingVerdict,
} from '@keiro/schemas';
import type { GuardedMessage } from './guard.ts';
import { openEvent, type GuardedEvent } from './open-event.ts';
import type { Released } from './released-keys.ts';

/** What becomes of the messages of one batch, each in one of these. */
export interface Opened {
  readonly ready: readonly {
    readonly event: GuardedEvent;
    readonly guarded: GuardedMessage;
    readonly locatorKey: Buffer;
  }[];
  /** To be withheld. */
  readonly held: readonly GuardedMessage[];
  /** Those of them whose person is hidden: a deletion is under way, and may be taken back or held up (R4). */
  readonly hidden: readonly GuardedMessage[];
  /** Of a life that was erased. */
  readonly gone: readonly GuardedMessage[];
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
  const hidden: GuardedMessage[] = [];
  const gone: GuardedMessage[] = [];
  const damaged: GuardedMessage[] = [];
  let lapsed: Life | undefined;
  for (const [position, guarded] of admitted.entries()) {
    const verdict = verdictOn(guarded, reader);
    const key = released[position];
    const refused = key?.state === 'refused' ? key.reason : undefined;
    // Keys may have heard of a change before this reader has.
    if (verdict === 'erased' || refused === 'erased') gone.push(guarded);
    else if (verdict === 'hidden' || refused === 'hidden') {
      held.push(guarded);
      hidden.push(guarded);
    } else if (verdict === 'suspended' || refused === 'suspended') held.push(guarded);
    else if (!reader.stands || refused === 'lapsed') {
      held.push(guarded);
      lapsed = guarded.primary;
    } else if (key?.state === 'released') {
      const event = openEvent(guarded, key);
      if (event === undefined) damaged.push(guarded);
      else ready.push({ event, guarded, locatorKey: key.locatorKey });
    } else damaged.push(guarded);
  }
  return { ready, held, hidden, gone, lapsed, damaged };
}

/** Any of the event's refs may be the one that is suspended, hidden or erased: the strictest counts. */
function verdictOn(
  { value }: GuardedMessage,
  {
    reading,
    standingOf,
  }: { readonly reading: Reading; readonly standingOf: (ref: Ref) => Standing | undefined },
): StandingVerdict {
  const verdicts = value.refs.map(({ ref, generation }) => judge(standingOf(ref), generation, reading));
  return strictestFirst.find((verdict) => verdicts.includes(verdict)) ?? 'open';
}
const strictestFirst = ['erased', 'hidden', 'suspended'] as const satisfies readonly StandingVerdict[];

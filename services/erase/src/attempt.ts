import type { Confirmed, Foreseen, Receipt, Remains, TaskDocument, Told, Waiting } from '@keiro/schemas';
import type { WaitingError } from './connectors/connector.ts';
import type { Counts } from './connectors/connector.ts';
import { Foresight, placeName } from './foreseen.ts';

/** What an attempt leaves behind. Pure. */

export interface RetryPolicy {
  /** Attempts in a row after which a person has to look. */
  readonly attempts: number;
  readonly firstPauseMs: number;
  readonly factor: number;
  readonly longestPauseMs: number;
}

/** 0.5 s, 1.5 s, 4.5 s … 5 min: eight attempts over about eight minutes. */
export const shippedRetryPolicy: RetryPolicy = {
  attempts: 8,
  firstPauseMs: 500,
  factor: 3,
  longestPauseMs: 300_000,
};

export type Verdict = Pick<TaskDocument, 'state' | 'attempt'> & { readonly notBefore?: Date };

/**
 * Whether there is another attempt, and when. An operator who puts a failed task back gives it a full round.
 *
 * @param waits how many of the attempts before ended in waiting, which is no failure
 */
export function afterFailure(attempt: number, now: Date, policy: RetryPolicy, waits = 0): Verdict {
  const inRound = (attempt - waits - 1) % policy.attempts;
  if (inRound === policy.attempts - 1) return { state: 'failed', attempt };
  const pauseMs = Math.min(policy.firstPauseMs * policy.factor ** inRound, policy.longestPauseMs);
  return { state: 'pending', attempt: attempt + 1, notBefore: new Date(now.getTime() + pauseMs) };
}

/** The holder does not answer anybody: this attempt counts for nothing. */
export const postponed = (attempt: number, until: Date): Verdict => ({
  state: 'pending',
  attempt,
  notBefore: until,
});

/** No attempt can change it. */
export const givenUp = (attempt: number): Verdict => ({ state: 'failed', attempt });

/** What a task waits for, across its attempts; the holder's first promise is the one it is held to. */
export function waitingOf(
  { attempt, waiting: before }: Pick<TaskDocument, 'attempt' | 'waiting'>,
  error: WaitingError,
  step: Waiting['step'],
  now: Date,
): Waiting {
  // Another step is another question, with a time of its own.
  const same = before?.step === step ? before : undefined;
  const expected = same?.expected ?? error.expected;
  return {
    attempt: before?.attempt ?? attempt,
    step,
    since: same?.since ?? error.since ?? now,
    ...(expected === undefined ? {} : { expected }),
    says: error.message,
  };
}

/**
 * Codes after which the holder is asked anew: what it was asked is over. After any other failure the same is looked
 * after again, for a processor may rightly refuse the same twice.
 */
const asksAnew = new Set(['still-there', 'cancelled']);
export const isOver = (code: unknown): boolean => typeof code === 'string' && asksAnew.has(code);

/** Counts of one attempt, by place. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #remains = new Map<string, Remains>();
  #told: Told | undefined;
  confirmed: Confirmed | undefined;

  readonly #foresight: Foresight;

  /** @param foreseen what the task says that an earlier attempt was about to erase */
  constructor(foreseen?: Foreseen) {
    this.#foresight = new Foresight(foreseen);
  }

  /** This page is erased next: what has to be written before, if anything. */
  begin(page: number, present: Counts): Foreseen | undefined {
    return this.#foresight.begin(page, present, this.#counted);
  }

  add(place: string, n: number): void {
    const name = placeName(place);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + n);
  }

  /** One more identifier was told; of several answers the earliest holds for all. */
  tell(upTo: Date): void {
    const { at, identifiers } = this.#told ?? { at: upTo, identifiers: 0 };
    this.#told = { at: upTo < at ? upTo : at, identifiers: identifiers + 1 };
  }

  remain(what: Remains): void {
    const same = this.#remains.get(`${what.why}\n${what.place}`);
    this.#remains.set(`${what.why}\n${what.place}`, { ...what, rows: what.rows + (same?.rows ?? 0) });
  }

  get told(): Told | undefined {
    return this.#told;
  }

  /** What the next attempt is to compare with; undefined where nobody has looked. */
  get left(): Foreseen | undefined {
    return this.#foresight.left(this.#counted);
  }

  get #counted(): Counts {
    return Object.fromEntries(this.#counts);
  }

  /** The receipt so far, with what this attempt did added to it. `isProven`: its probe found nothing. */
  addedTo(receipt: Receipt | undefined, isProven = false): Receipt {
    const detail = { ...receipt?.detail };
    let { affected, unanswered = 0 }: Pick<Receipt, 'affected' | 'unanswered'> = receipt ?? { affected: 0 };
    const add = ([place, n]: readonly [string, number]) => {
      detail[place] = (detail[place] ?? 0) + n;
      affected += n;
    };
    const gone = this.#foresight.unanswered(this.#counted, isProven);
    for (const one of this.#counts) add(one);
    for (const one of Object.entries(gone)) {
      if (one[1] > 0) add(one);
      unanswered += one[1];
    }
    const remains = [...this.#remains.values()].map((what) => withEarlier(what, receipt?.remains ?? []));
    const others = (receipt?.remains ?? []).filter(
      (one) => !isLocked(one) && !remains.some((what) => isSame(one, what)),
    );
    const all = [...others, ...remains];
    const { remains: _earlier, ...rest } = receipt ?? {};
    return {
      ...rest,
      affected,
      ...(unanswered === 0 ? {} : { unanswered }),
      detail,
      ...(this.confirmed === undefined ? {} : { confirmed: this.confirmed }),
      ...(all.length === 0 ? {} : { remains: all }),
    };
  }
}

/** What a lock of the store keeps ends by itself: only what the last attempt met is still there. */
const isLocked = ({ why }: Remains) => why !== 'kept' && why !== 'pseudonymised';

const isSame = (one: Remains, other: Remains) => one.why === other.why && one.place === other.place;

/** What is kept is looked at in every attempt; what got a pseudonym is not found by an identifier again, so it adds up. */
function withEarlier(what: Remains, earlier: readonly Remains[]): Remains {
  const before = earlier.find((one) => isSame(one, what))?.rows ?? 0;
  return what.why === 'pseudonymised' ? { ...what, rows: what.rows + before } : what;
}

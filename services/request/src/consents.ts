import { setTimeout as delay } from 'node:timers/promises';
import { KeiroError, type Message, type Positions } from '@keiro/runtime';
import { factTopic, type Policies, type Ref } from '@keiro/schemas';
import { decideConsent, ofLives } from './consent.ts';
import type { People } from './people.ts';
import type { ConsumerPositions } from './positions.ts';
import type { RequestStore } from './store.ts';

export interface ConsentDependencies {
  readonly store: RequestStore;
  readonly people: People;
  readonly positions: Pick<ConsumerPositions, 'tagged'>;
  readonly policies: Policies;
  readonly stamp: () => string;
  readonly now: () => Date;
  /** Standing changed, and these requests carry it to the holders. */
  readonly onChanged: (requests: readonly string[]) => void;
}

/** `tag` reads the same messages at the same time; a second of waiting is nothing to tell anybody. */
const lookEveryMs = 50;
const mostLooks = 20;

/**
 * Follows `collection.facts`: once `tag` has kept a batch, the consents of the persons in it are put in force.
 * `tag` decides what a fact is and what goes to quarantine; the store, not the message, says what stands.
 */
export function createConsentFollower(
  deps: ConsentDependencies,
): (messages: readonly Message[]) => Promise<void> {
  const { store, people, positions, policies, now } = deps;

  async function apply(ref: Ref): Promise<void> {
    const person = await people.personOf(ref);
    // A ref that members share is nobody's: its own records follow what was said under it.
    const refs = person.startIsAmbiguous ? [ref] : person.refs;
    const [lives, facts, categories, holders] = await Promise.all([
      people.livesOf(refs),
      store.consentsOf(refs),
      store.categoriesOf(refs),
      store.holders(),
    ]);
    if (lives.length === 0) return;
    const changed = await store.applyConsent(refs, (standings, open) => {
      const at = now();
      const answerWithin = policies.inForce(at).rules.clocks.answer.period;
      return decideConsent(
        {
          lives,
          ambiguous: person.ambiguous,
          standings,
          open,
          categories,
          holders,
          answerWithin,
          facts: facts.filter(ofLives(lives)),
        },
        at,
        deps.stamp,
      );
    });
    if (changed !== undefined) deps.onChanged(changed);
  }

  async function kept(wanted: Positions): Promise<void> {
    for (let look = 0; !(await positions.tagged(wanted)); look += 1) {
      if (look === mostLooks)
        throw new KeiroError('behind', 'tag has not kept these facts yet', { retryable: true });
      await delay(lookEveryMs);
    }
  }

  return async (messages) => {
    const last = messages.at(-1);
    if (last === undefined) return;
    const next = (BigInt(last.offset) + 1n).toString();
    await kept({ [factTopic]: { [last.partition]: next } });
    const keys = [...new Set(messages.flatMap(({ key }) => key ?? []))];
    // One after the other: two of them may be of one person.
    for (const ref of await store.withConsents(keys)) await apply(ref);
  };
}

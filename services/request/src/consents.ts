import { setTimeout as delay } from 'node:timers/promises';
import { KeiroError, type Message, type Positions } from '@keiro/runtime';
import type { Policies, Ref } from '@keiro/schemas';
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

/** Puts the consents of persons in force, as the store has them: `tag` decides what a fact is. */
export interface Consents {
  /** Of the person behind this ref. */
  apply(ref: Ref): Promise<void>;
  /** Of everybody in these messages of `collection.facts`, once `tag` has kept them. */
  follow(messages: readonly Message[]): Promise<void>;
}

export function createConsents(deps: ConsentDependencies): Consents {
  const { store, people, positions, policies, now } = deps;

  async function apply(ref: Ref): Promise<void> {
    let refs: readonly Ref[] = [];
    // A link that comes in the middle of it finds nothing to extend yet: so who it is, is looked at again.
    for (;;) {
      const person = await people.personOf(ref);
      // A ref that members share is nobody's: its own records follow what was said under it.
      const found = person.startIsAmbiguous ? [ref] : person.refs;
      if (found.every((one) => refs.includes(one))) return;
      refs = found;
      if (!(await applyTo(refs, person.ambiguous))) return;
    }
  }

  async function applyTo(refs: readonly Ref[], ambiguous: readonly Ref[]): Promise<boolean> {
    const [lives, facts, categories, holders] = await Promise.all([
      people.livesOf(refs),
      store.consentsOf(refs),
      store.categoriesOf(refs),
      store.holders(),
    ]);
    if (lives.length === 0) return false;
    const changed = await store.applyChange(refs, (standings, open) => {
      const at = now();
      const answerWithin = policies.inForce(at).rules.clocks.answer.period;
      return decideConsent(
        {
          lives,
          ambiguous,
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
    return changed !== undefined;
  }

  return {
    apply,
    async follow(messages) {
      const last = messages.at(-1);
      if (last === undefined) return;
      await keptByTag(positions, last);
      // One after the other: two of them may be of one person.
      for (const ref of await store.withConsents(keysOf(messages))) await apply(ref);
    },
  };
}

/** Resolves when `tag` has kept the facts up to this message. */
export async function keptByTag(positions: Pick<ConsumerPositions, 'tagged'>, last: Message): Promise<void> {
  const wanted: Positions = { [last.topic]: { [last.partition]: (BigInt(last.offset) + 1n).toString() } };
  for (let look = 0; !(await positions.tagged(wanted)); look += 1) {
    if (look === mostLooks)
      throw new KeiroError('behind', 'tag has not kept these facts yet', { retryable: true });
    await delay(lookEveryMs);
  }
}

/** Primary refs, once each. Pure. */
export const keysOf = (messages: readonly Message[]): Ref[] => [
  ...new Set(messages.flatMap(({ key }) => key ?? [])),
];

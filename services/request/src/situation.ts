import { purposeIds, type Policies, type Ref, type RequestType } from '@keiro/schemas';
import { dueOf, onePerson, type Rules, type Situation } from './decide.ts';
import type { People } from './people.ts';
import { feeFor, groundsFor } from './rights.ts';
import type { RequestStore } from './store.ts';

/** One person, or why the refs that were asked by lead to no single one. */
export type Asked =
  { readonly refs: readonly Ref[]; readonly ambiguous: readonly Ref[] } | 'shared' | 'several';

/** What is known about who asks and under which rules; loaded before the transaction that decides. */
export interface Situations {
  /** Nobody where nothing was asked by that is known. */
  whoIs(asked: readonly Ref[]): Promise<Asked>;
  load(person: Exclude<Asked, string>): Promise<Omit<Situation, 'standings' | 'open' | 'answerWithin'>>;
  /** As the policy in force has it. */
  rulesFor(type: RequestType, now: Date): Rules & { readonly answerWithin: string };
}

export function createSituations(deps: {
  readonly store: Pick<RequestStore, 'categoriesOf' | 'holders' | 'keptOf'>;
  readonly people: Pick<People, 'personOf' | 'livesOf'>;
  readonly policies: Policies;
  readonly clock: ClockSettings;
}): Situations {
  const { store, people, policies, clock } = deps;
  return {
    async whoIs(asked) {
      if (asked.length === 0) return { refs: [], ambiguous: [] };
      const found = asked.map(async (ref) => ({ ref, person: await people.personOf(ref) }));
      return onePerson(await Promise.all(found));
    },

    async load({ refs, ambiguous }) {
      const [lives, categories, holders] = await Promise.all([
        refs.length === 0 ? [] : people.livesOf(refs),
        refs.length === 0 ? [] : store.categoriesOf(refs),
        store.holders(),
      ]);
      // Somebody of these was erased: there may be what a law has kept.
      const isGone = lives.length < refs.length || lives.some(({ generation }) => generation > 1);
      const kept = isGone ? await store.keptOf(refs) : undefined;
      return {
        ...(kept === undefined ? {} : { kept }),
        lives,
        ambiguous,
        categories,
        holders,
        purposes: purposeIds,
        undoPeriod: clock.undoPeriod,
      };
    },

    rulesFor(type, now) {
      const policy = policies.inForce(now);
      return {
        answerWithin: policy.rules.clocks.answer.period,
        grounds: groundsFor(type, policy),
        fee: feeFor(type, policy),
        feeUntil: dueOf(now, clock.feePeriod),
        warnDays: clock.warnDays,
      };
    },
  };
}

export interface ClockSettings {
  /** ISO 8601: within which a fee that is asked for has to be paid. */
  readonly feePeriod: string;
  readonly warnDays: readonly number[];
  /** ISO 8601: in which a deletion can be taken back. */
  readonly undoPeriod: string;
}

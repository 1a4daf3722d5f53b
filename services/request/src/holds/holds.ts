import type { HoldDocument, Person, RecordDocument, Ref, RequestDocument } from '@keiro/schemas';
import type { People } from '../people.ts';
import { noHolds, type Narrowing } from '../retention/decide.ts';
import { heldBy, recordsHeld } from './held.ts';
import type { HoldStore } from './store.ts';

/** What keeps an erasure from being done, asked at the moment when it would be. */
export interface Holds {
  /** On the person of a deletion, whoever that is by now. */
  on(request: Pick<RequestDocument, 'lives' | 'ambiguous'>): Promise<HoldDocument[]>;
  /** For the retention sweep: asked once for all that is looked at together. */
  narrowing(): Promise<Narrowing>;
}

export function createHolds(deps: {
  readonly store: Pick<HoldStore, 'inForce'>;
  readonly people: Pick<People, 'personOf'>;
  readonly now: () => Date;
}): Holds {
  const { store, people, now } = deps;
  return {
    async on({ lives, ambiguous }) {
      const at = now();
      const inForce = await store.inForce(at);
      // Mostly there is none, and nobody has to be looked up.
      if (inForce.length === 0) return [];
      const refs = lives.map(({ ref }) => ref);
      const anchor = lives[0];
      const person: Pick<Person, 'refs' | 'ambiguous'> =
        anchor === undefined ? { refs: [], ambiguous: [] } : await people.personOf(anchor.ref);
      return heldBy(
        { refs: [...refs, ...person.refs], ambiguous: [...ambiguous, ...person.ambiguous] },
        inForce,
        at,
      );
    },

    async narrowing() {
      const at = now();
      const inForce = await store.inForce(at);
      if (inForce.length === 0) return noHolds;
      const named = [...new Set(inForce.flatMap((hold) => [...hold.named, ...hold.refs]))];
      const persons = await Promise.all(
        named.map(async (ref): Promise<[Ref, readonly Ref[]]> => [ref, (await people.personOf(ref)).refs]),
      );
      const isHeld: (record: RecordDocument) => boolean = recordsHeld(inForce, new Map(persons), at);
      return { isHeld };
    },
  };
}

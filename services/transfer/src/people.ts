import { loadPersons } from '@keiro/runtime';
import {
  kindOfRef,
  mostRefs,
  type ConsentFact,
  type FactDocument,
  type Ref,
  type StandingDocument,
  type TransferPerson,
} from '@keiro/schemas';
import type { Db } from 'mongodb';

/** What decides about a transfer besides the register: the person's standing and consents. */
export interface People {
  standingsOf(refs: readonly Ref[]): Promise<ReadonlyMap<Ref, StandingDocument>>;
  /** What each of these persons has said of recipients, under whichever of their refs. */
  consentsOf(refs: readonly Ref[]): Promise<ReadonlyMap<Ref, readonly ConsentFact[]>>;
  /** By which each of these persons is known: the ref itself, and strong ones of the same person. */
  refsOf(refs: readonly Ref[]): Promise<ReadonlyMap<Ref, readonly Ref[]>>;
}

export function openPeople(db: Db): People {
  const facts = db.collection<FactDocument>('facts');
  const standings = db.collection<StandingDocument>('standing');

  async function standingsOf(refs: readonly Ref[]): Promise<Map<Ref, StandingDocument>> {
    const found = refs.length === 0 ? [] : await standings.find({ _id: { $in: [...refs] } }).toArray();
    return new Map(found.map((one) => [one._id, one]));
  }

  return {
    standingsOf,
    async consentsOf(refs) {
      if (refs.length === 0) return new Map();
      const persons = await loadPersons(db, [...new Set(refs)]);
      // A ref that members share is nobody's: what was said under it is all that counts for it.
      const refsOf = new Map(
        [...persons].map(([ref, person]) => [ref, person.startIsAmbiguous ? [ref] : person.refs]),
      );
      const all = [...new Set([...refsOf.values()].flat())];
      const [found, states] = await Promise.all([
        facts.find({ ref: { $in: all }, kind: { $in: ['consent-given', 'consent-withdrawn'] } }).toArray(),
        standingsOf(all),
      ]);
      const said = new Map<Ref, ConsentFact[]>();
      for (const fact of found) {
        // What was said in a life that was erased has ended with it.
        if (fact.generation <= (states.get(fact.ref)?.erasedThrough ?? 0)) continue;
        said.set(fact.ref, [...(said.get(fact.ref) ?? []), fact]);
      }
      return new Map([...refsOf].map(([ref, own]) => [ref, own.flatMap((one) => said.get(one) ?? [])]));
    },

    async refsOf(refs) {
      if (refs.length === 0) return new Map();
      const persons = await loadPersons(db, [...new Set(refs)]);
      return new Map(
        [...persons].map(([ref, person]) => {
          const others = person.startIsAmbiguous
            ? []
            : person.refs.filter((one) => one !== ref && isStrong(one));
          return [ref, [ref, ...others].slice(0, mostRefs)];
        }),
      );
    },
  };
}

const isStrong = (ref: Ref): boolean => ['member', 'email', 'phone', 'payer'].includes(kindOfRef(ref));

/** One person as `authorise` wants it. */
export function personOf(
  ref: Ref | undefined,
  standings: ReadonlyMap<Ref, StandingDocument>,
  consents: ReadonlyMap<Ref, readonly ConsentFact[]>,
): TransferPerson {
  if (ref === undefined) return {};
  return { standing: standings.get(ref), consents: consents.get(ref) ?? [] };
}

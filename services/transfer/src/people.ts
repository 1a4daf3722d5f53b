import { loadPerson } from '@keiro/runtime';
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

/** Persons resolved at a time: each costs a round trip per step outward. */
const atOnce = 20;

export function openPeople(db: Db): People {
  const facts = db.collection<FactDocument>('facts');
  const standings = db.collection<StandingDocument>('standing');

  async function standingsOf(refs: readonly Ref[]): Promise<Map<Ref, StandingDocument>> {
    const found = refs.length === 0 ? [] : await standings.find({ _id: { $in: [...refs] } }).toArray();
    return new Map(found.map((one) => [one._id, one]));
  }

  async function consentsOfOne(ref: Ref): Promise<ConsentFact[]> {
    const { person } = await loadPerson(db, ref);
    // A ref that members share is nobody's: what was said under it is all that counts for it.
    const refs = person.startIsAmbiguous ? [ref] : person.refs;
    const [found, states] = await Promise.all([
      facts
        .find({ ref: { $in: [...refs] }, kind: { $in: ['consent-given', 'consent-withdrawn'] } })
        .toArray(),
      standingsOf(refs),
    ]);
    // What was said in a life that was erased has ended with it.
    return found.filter((fact) => fact.generation > (states.get(fact.ref)?.erasedThrough ?? 0));
  }

  return {
    standingsOf,
    consentsOf: (refs) => ofEach(refs, consentsOfOne),
    refsOf: (refs) =>
      ofEach(refs, async (ref) => {
        const { person } = await loadPerson(db, ref);
        const others = person.startIsAmbiguous
          ? []
          : person.refs.filter((one) => one !== ref && isStrong(one));
        return [ref, ...others].slice(0, mostRefs);
      }),
  };
}

const isStrong = (ref: Ref): boolean => ['member', 'email', 'phone', 'payer'].includes(kindOfRef(ref));

async function ofEach<T>(
  refs: readonly Ref[],
  work: (ref: Ref) => Promise<readonly T[]>,
): Promise<Map<Ref, readonly T[]>> {
  const all = [...new Set(refs)];
  const known = new Map<Ref, readonly T[]>();
  for (let from = 0; from < all.length; from += atOnce) {
    const some = all.slice(from, from + atOnce);
    const found = await Promise.all(some.map(work));
    for (const [position, ref] of some.entries()) known.set(ref, found[position] ?? []);
  }
  return known;
}

/** One person as `authorise` wants it. */
export function personOf(
  ref: Ref | undefined,
  standings: ReadonlyMap<Ref, StandingDocument>,
  consents: ReadonlyMap<Ref, readonly ConsentFact[]>,
): TransferPerson {
  if (ref === undefined) return {};
  return { standing: standings.get(ref), consents: consents.get(ref) ?? [] };
}

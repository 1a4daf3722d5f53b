import { consentsOf, type FactDocument, type LineageAnswer, type LineageConsent } from '@keiro/schemas';

/** Facts that one answer lists. */
const listed = 200;

/** What happened to the person, newest first. Pure. */
export function factViews(facts: readonly FactDocument[]): LineageAnswer['facts'] {
  const newest = facts.toSorted(
    (a, b) => b.time.getTime() - a.time.getTime() || (a._id < b._id ? 1 : a._id > b._id ? -1 : 0),
  );
  return {
    total: facts.length,
    shown: newest.slice(0, listed).map(({ _id, kind, ref, generation, time, about, source, policy }) => ({
      id: _id,
      kind,
      ref,
      generation,
      at: time.toISOString(),
      ...(about === undefined ? {} : { about }),
      source,
      policy,
    })),
  };
}

/** The person's consents, those of ended lives too: they are what earlier transfers rest on (TA). Pure. */
export function consentViews(facts: readonly FactDocument[]): LineageConsent[] {
  return consentsOf(facts).map(({ given, withdrawn, countsFor, ...entry }) => ({
    ...entry,
    ...(given === undefined ? {} : { given: { ...given, at: given.at.toISOString() } }),
    ...(withdrawn === undefined ? {} : { withdrawn: { ...withdrawn, at: withdrawn.at.toISOString() } }),
    countsFor: [...countsFor],
  }));
}

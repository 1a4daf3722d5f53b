import type { Db } from 'mongodb';
import { createBatches, loadPerson, loadPersons, type LoadedPerson } from '@keiro/runtime';
import type { Life, Person, Ref } from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';

/** Refs that the keys service looks up in one call. */
const lookupLimit = 1000;

/** Who a ref belongs to at this moment, and in which of its lives. */
export interface People {
  personOf(ref: Ref): Promise<Person>;
  /** The same with the links and cuts that say so. */
  load(ref: Ref): Promise<LoadedPerson>;
  /** The current life of each ref that has one. */
  livesOf(refs: readonly Ref[]): Promise<Life[]>;
}

export function createPeople(db: Db, keys: Pick<KeysClient, 'lookup'>): People {
  // Whoever asks at the same time shares the round trips.
  const personOf = createBatches(
    async (refs: readonly Ref[]) => {
      const persons = await loadPersons(db, refs);
      return refs.map((ref) => {
        const person = persons.get(ref);
        if (person === undefined) throw new RangeError('a walk ends with every person that it began with');
        return person;
      });
    },
    { most: 100 },
  );
  const lifeOf = createBatches(
    async (refs: readonly Ref[]) => {
      const { results } = await keys.lookup({ refs });
      return results.map((found): Life | undefined =>
        found !== null && found.generation > found.erasedThrough
          ? { ref: found.ref, generation: found.generation }
          : undefined,
      );
    },
    { most: lookupLimit },
  );
  return {
    personOf,
    load: (ref) => loadPerson(db, ref),
    livesOf: async (refs) => (await Promise.all(refs.map(lifeOf))).filter((life) => life !== undefined),
  };
}

import type { Db } from 'mongodb';
import { loadPerson, type LoadedPerson } from '@keiro/runtime';
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
  return {
    personOf: async (ref) => (await loadPerson(db, ref)).person,
    load: (ref) => loadPerson(db, ref),

    async livesOf(refs) {
      const lives: Life[] = [];
      for (let from = 0; from < refs.length; from += lookupLimit) {
        const { results } = await keys.lookup({ refs: refs.slice(from, from + lookupLimit) });
        for (const found of results) {
          if (found !== null && found.generation > found.erasedThrough) {
            lives.push({ ref: found.ref, generation: found.generation });
          }
        }
      }
      return lives;
    },
  };
}

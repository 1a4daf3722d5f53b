import type { Db } from 'mongodb';
import { personOf, type CutDocument, type LinkDocument, type Person, type Ref } from '@keiro/schemas';
import type { Cuts } from '@keiro/schemas/claims';
import { cutsInForce } from '@keiro/schemas/cuts';

/** Refs whose links one round asks for at once. */
const roundLimit = 500;

/** A person with what showed who it is. */
export interface LoadedPerson {
  readonly person: Person;
  /** All links of the refs that had to be looked at. */
  readonly links: readonly Pick<LinkDocument, 'from' | 'to' | 'at'>[];
  /** The cuts in force among them. */
  readonly cuts: Cuts;
}

/** Loads the links and cuts that {@link personOf} asks for, a round trip per step outward. */
export async function loadPerson(db: Db, start: Ref): Promise<LoadedPerson> {
  const { persons, links, cuts } = await walk(db, [start]);
  const person = persons.get(start);
  if (person === undefined) throw new RangeError('a walk ends with every person that it began with');
  return { person, links, cuts };
}

/** Who each of these refs is of, in the same rounds: a round trip per step outward, however many they are. */
export async function loadPersons(db: Db, starts: readonly Ref[]): Promise<ReadonlyMap<Ref, Person>> {
  return (await walk(db, starts)).persons;
}

async function walk(db: Db, starts: readonly Ref[]) {
  const known = new Map<Ref, Set<Ref>>();
  const links: LoadedPerson['links'][number][] = [];
  const decisions: CutDocument[] = [];
  for (;;) {
    const cuts = cutsInForce(decisions);
    const persons = new Map<Ref, Person>();
    const needed = new Set<Ref>();
    // All anew each time: a cut that was read since may part those who seemed to be one.
    for (const start of starts) {
      const answer = personOf(start, known, cuts);
      if ('person' in answer) persons.set(start, answer.person);
      else for (const ref of answer.needed) needed.add(ref);
    }
    if (needed.size === 0) return { persons, links, cuts };
    const asked = { from: { $in: [...needed].slice(0, roundLimit) } };
    const [found, decided] = await Promise.all([
      db
        .collection<LinkDocument>('links')
        .find(asked, { projection: { _id: 0, from: 1, to: 1, at: 1 } })
        .toArray(),
      db.collection<CutDocument>('cuts').find(asked).toArray(),
    ]);
    for (const ref of asked.from.$in) known.set(ref, new Set());
    for (const link of found) known.get(link.from)?.add(link.to);
    links.push(...found);
    decisions.push(...decided);
  }
}

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
  const known = new Map<Ref, Set<Ref>>();
  const links: LoadedPerson['links'][number][] = [];
  const decisions: CutDocument[] = [];
  for (;;) {
    const cuts = cutsInForce(decisions);
    const answer = personOf(start, known, cuts);
    if ('person' in answer) return { person: answer.person, links, cuts };
    const asked = { from: { $in: answer.needed.slice(0, roundLimit) } };
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

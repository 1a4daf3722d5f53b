import type { Collection } from 'mongodb';
import { personOf, type LinkDocument, type Person, type Ref } from '@keiro/schemas';

/** Refs whose links one round asks for at once. */
const roundLimit = 500;

/** Loads the links that {@link personOf} asks for, a round trip per step outward, and answers with the person. */
export async function loadPerson(links: Collection<LinkDocument>, start: Ref): Promise<Person> {
  const known = new Map<Ref, Set<Ref>>();
  for (;;) {
    const answer = personOf(start, known);
    if ('person' in answer) return answer.person;
    const asked = answer.needed.slice(0, roundLimit);
    for (const ref of asked) known.set(ref, new Set());
    for await (const { from, to } of links.find(
      { from: { $in: asked } },
      { projection: { from: 1, to: 1 } },
    )) {
      known.get(from)?.add(to);
    }
  }
}

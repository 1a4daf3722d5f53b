import { isStrong, kindOfRef, type Ref } from './refs.ts';

/**
 * Who a ref belongs to, judged from stored links at read time (D1), so that a late link re-homes what came
 * before without rewriting it, and order does not matter.
 *
 * - A ref seen with two or more members belongs to none of them: it is ambiguous, and leads nowhere.
 * - Otherwise a ref belongs to the one member that it was seen with.
 * - A ref seen with no member belongs to the one member that its strong neighbours lead to; where they lead
 *   to several, it is ambiguous; where they lead to none, e-mail, phone and payer connect by themselves.
 * - Weak refs (cookie, device) lead to nobody further.
 */
export interface Person {
  readonly refs: readonly Ref[];
  readonly member?: Ref;
  /** Refs next to the person that several members share: for review, never followed. */
  readonly ambiguous: readonly Ref[];
  /** The start itself is shared: there is no one person behind it. */
  readonly startIsAmbiguous: boolean;
}

/** Neighbours of each ref; a ref that is absent has not been loaded yet. */
export type Links = ReadonlyMap<Ref, ReadonlySet<Ref>>;

const isMember = (ref: Ref) => kindOfRef(ref) === 'member';
const membersNextTo = (ref: Ref, links: Links) => [...(links.get(ref) ?? [])].filter(isMember);

/** Floating: seen with no member. Its owners are found through strong refs next to it. */
function ownersOf(start: Ref, links: Links, needed: Set<Ref>): Set<Ref> {
  const owners = new Set<Ref>();
  const seen = new Set<Ref>([start]);
  const open = [start];
  for (let ref = open.pop(); ref !== undefined; ref = open.pop()) {
    const neighbours = links.get(ref);
    if (neighbours === undefined) {
      needed.add(ref);
      continue;
    }
    const members = membersNextTo(ref, links);
    if (members.length > 0) {
      // A shared ref leads nowhere, unless it is the start, whose owners are asked for.
      if (members.length === 1 || ref === start) for (const member of members) owners.add(member);
      continue;
    }
    for (const next of neighbours) {
      if (!seen.has(next) && isStrong(next)) {
        seen.add(next);
        open.push(next);
      }
    }
  }
  return owners;
}

/**
 * The person behind `start`, or the refs whose links must be loaded before that can be said.
 * Pure; call it again with more links until nothing is needed.
 */
export function personOf(start: Ref, links: Links): { person: Person } | { needed: Ref[] } {
  const needed = new Set<Ref>();
  const owners = isMember(start) ? new Set([start]) : ownersOf(start, links, needed);
  if (needed.size > 0) return { needed: [...needed] };
  if (owners.size > 1) {
    return { person: { refs: [], ambiguous: [start], startIsAmbiguous: true } };
  }
  const member = [...owners][0];
  const origin = member ?? start;

  const refs = new Set<Ref>([origin]);
  const ambiguous = new Set<Ref>();
  const open = [origin];
  for (let ref = open.pop(); ref !== undefined; ref = open.pop()) {
    const neighbours = links.get(ref);
    if (neighbours === undefined) {
      needed.add(ref);
      continue;
    }
    // Weak refs lead to nobody further, unless the person is nothing but one.
    if (!isMember(ref) && !isStrong(ref) && ref !== origin) continue;
    for (const next of neighbours) {
      if (refs.has(next) || ambiguous.has(next) || isMember(next)) continue;
      const itsOwners = ownersOf(next, links, needed);
      const fits =
        itsOwners.size === 0 ? member === undefined : itsOwners.size === 1 && itsOwners.has(member ?? '');
      if (itsOwners.size > 1) ambiguous.add(next);
      else if (fits) {
        refs.add(next);
        open.push(next);
      }
    }
  }
  if (needed.size > 0) return { needed: [...needed] };
  return {
    person: {
      refs: [...refs].sort(),
      ...(member === undefined ? {} : { member }),
      ambiguous: [...ambiguous].sort(),
      startIsAmbiguous: false,
    },
  };
}

import type { LinkDocument, Ref } from '@keiro/schemas';
import { claimsIn, connects, isMember, type Cuts } from '@keiro/schemas/claims';

/** Links that one round asks for at once. */
const roundLimit = 500;

export type LoadLinks = (refs: readonly Ref[]) => Promise<readonly Pick<LinkDocument, 'from' | 'to'>[]>;

/** Who is behind many refs at once, by the rules of `personOf`. */
export interface People {
  /** Each person by the ref that it is known by (the member; else the first e-mail or phone; else the ref). */
  readonly persons: ReadonlyMap<Ref, readonly Ref[]>;
  /** Refs that several could have, with all of these. */
  readonly shared: ReadonlyMap<Ref, readonly Ref[]>;
}

/** Loads links outward, as many refs a round trip as there are, and says whose each ref is. */
export async function peopleOf(refs: Iterable<Ref>, load: LoadLinks, cuts: Cuts): Promise<People> {
  const asked = [...refs];
  const claims = claimsIn(await linksAround(asked, load, cuts), cuts);
  const persons = new Map<Ref, Ref[]>();
  const shared = new Map<Ref, Ref[]>();
  for (const ref of asked) {
    const claimants = [...claims.on(ref).by.keys()];
    const [only = ref] = claimants;
    if (claimants.length > 1) shared.set(ref, claimants.sort());
    else if (!persons.has(only)) persons.set(only, [ref]);
    else persons.get(only)?.push(ref);
  }
  return { persons, shared };
}

/**
 * All links that a claim on one of these refs can depend on: those of the ref, and, while no member is next to it, of
 * the e-mails and phones that connect. Nothing is left out once two claimants are known: all of them count.
 */
async function linksAround(refs: readonly Ref[], load: LoadLinks, cuts: Cuts): Promise<Map<Ref, Set<Ref>>> {
  const links = new Map<Ref, Set<Ref>>();
  let frontier = refs.filter((ref) => !isMember(ref));
  while (frontier.length > 0) {
    await addLinks(links, frontier, load);
    const next = new Set<Ref>();
    for (const ref of frontier) {
      const around = [...(links.get(ref) ?? [])].filter((one) => !isCut(cuts, ref, one));
      if (around.some(isMember)) continue;
      for (const one of around) if (connects(one) && !links.has(one)) next.add(one);
    }
    frontier = [...next];
  }
  return links;
}

async function addLinks(links: Map<Ref, Set<Ref>>, refs: readonly Ref[], load: LoadLinks): Promise<void> {
  for (let from = 0; from < refs.length; from += roundLimit) {
    const some = refs.slice(from, from + roundLimit);
    for (const ref of some) links.set(ref, new Set());
    for (const link of await load(some)) links.get(link.from)?.add(link.to);
  }
}

const isCut = (cuts: Cuts, one: Ref, other: Ref) =>
  cuts.has(`${one}|${other}`) || cuts.has(`${other}|${one}`);

/**
 * How many persons there are: at least those who are certain and one more for each shared ref of which no claimant is
 * counted yet, where their claimants do not meet; at most all who could be concerned. Pure.
 */
export function personsIn({ persons, shared }: People): { atLeast: number; atMost: number } {
  const least = new Set(persons.keys());
  let atLeast = least.size;
  const most = new Set(persons.keys());
  for (const claimants of shared.values()) {
    for (const one of claimants) most.add(one);
    if (claimants.some((one) => least.has(one))) continue;
    atLeast += 1;
    for (const one of claimants) least.add(one);
  }
  return { atLeast, atMost: most.size };
}

/** By which kinds of ref each of these persons, by key, could be reached. */
export async function contactsOf(
  keys: readonly Ref[],
  load: LoadLinks,
  cuts: Cuts,
): Promise<Map<Ref, ('email' | 'phone')[]>> {
  const links = new Map<Ref, Set<Ref>>();
  const own = new Map<Ref, Set<Ref>>(keys.map((key) => [key, new Set([key])]));
  // What connects, from the person outward; whether it is the person's is judged when all is loaded.
  for (let frontier = [...keys]; frontier.length > 0;) {
    await addLinks(
      links,
      frontier.filter((ref) => !links.has(ref)),
      load,
    );
    const next = new Set<Ref>();
    for (const [key, reach] of own) {
      for (const ref of reach) {
        const around = links.get(ref) ?? new Set<Ref>();
        // What is next to another member is not followed: it is that member's, or nobody's.
        if ([...around].some((one) => isMember(one) && one !== key && !isCut(cuts, ref, one))) continue;
        for (const one of around) {
          if (!connects(one) || reach.has(one) || isCut(cuts, ref, one)) continue;
          reach.add(one);
          if (!links.has(one)) next.add(one);
        }
      }
    }
    frontier = [...next];
  }
  const claims = claimsIn(links, cuts);
  return new Map(
    [...own].map(([key, reach]) => {
      const reached = [...reach].filter((ref) => {
        const { by } = claims.on(ref);
        return connects(ref) && by.size === 1 && by.has(key);
      });
      const kinds = (['email', 'phone'] as const).filter((kind) =>
        reached.some((ref) => ref.startsWith(`${kind}.`)),
      );
      return [key, kinds];
    }),
  );
}

import type { Ref } from './refs.ts';

/** Neighbours of each ref; a ref that is absent has not been loaded yet. */
export type Links = ReadonlyMap<Ref, ReadonlySet<Ref>>;

/** Pairs of refs that are not of one person, whatever links there are: `<from>|<to>`, either way round. */
export type Cuts = ReadonlySet<string>;

/**
 * Who could have a ref. Each claimant is known by one ref, the person's key: the member; where there is none, the
 * first, in order, of the e-mails and phones that connect; else the ref itself, which stands alone. One claimant:
 * the ref is theirs. Several: it is shared, and belongs to none of them.
 */
export interface Claim {
  /** Key of each claimant → what shows it: links, as `<from>|<to>`; none where the ref is the person's own key. */
  readonly by: ReadonlyMap<Ref, readonly string[]>;
  /** Refs whose links are needed before this can be said; never together with several claimants. */
  readonly missing: readonly Ref[];
}

export interface Claims {
  on(ref: Ref): Claim;
  /** Refs next to this one, without those that were cut off; `undefined` when its links are not loaded. */
  neighbours(ref: Ref): ReadonlySet<Ref> | undefined;
}

/** Of the neighbours of a payer, cookie or device, how many are asked for at once: two claimants are enough. */
const askedAtOnce = 16;

export const isMember = (ref: Ref) => ref.startsWith('member.');
/** Without a member, these two connect; through other kinds nobody is reached. */
export const connects = (ref: Ref) => ref.startsWith('email.') || ref.startsWith('phone.');

const linkId = (from: Ref, to: Ref) => `${from}|${to}`;

/**
 * The rules of {@link personOf} as to one ref at a time. What is said once stays true when more links are loaded.
 * Of the members next to a ref, `enough` are looked at: two say that it is shared, and a crowd may be behind it.
 */
export function claimsIn(links: Links, cuts: Cuts, enough = Infinity): Claims {
  const known = new Map<Ref, Claim>();
  const uncut = new Map<Ref, ReadonlySet<Ref>>();

  function neighbours(ref: Ref): ReadonlySet<Ref> | undefined {
    const all = links.get(ref);
    if (all === undefined || cuts.size === 0) return all;
    const found = uncut.get(ref) ?? new Set([...all].filter((next) => !isCut(ref, next)));
    uncut.set(ref, found);
    return found;
  }

  const isCut = (one: Ref, other: Ref) => cuts.has(linkId(one, other)) || cuts.has(linkId(other, one));

  function membersAmong(refs: ReadonlySet<Ref>): Ref[] {
    const members: Ref[] = [];
    for (const ref of refs) {
      if (!isMember(ref)) continue;
      members.push(ref);
      if (members.length >= enough) break;
    }
    return members;
  }

  function claimOn(ref: Ref): Claim {
    if (isMember(ref)) return claim([[ref, []]]);
    const next = neighbours(ref);
    if (next === undefined) return claim([], [ref]);
    const members = membersAmong(next);
    if (members.length > 0) return claim(members.map((member) => [member, [linkId(ref, member)]]));
    return connects(ref) ? claimOnGroup(ref) : claimThroughNeighbours(ref, next);
  }

  /** E-mails and phones without a member, as far as they connect, are all claimed by the members that they lead to. */
  function claimOnGroup(start: Ref): Claim {
    const group = new Set([start]);
    const owners = new Map<Ref, string[]>();
    const missing: Ref[] = [];
    // The set grows while it is gone through.
    for (const ref of group) {
      for (const next of neighbours(ref) ?? []) {
        if (!connects(next) || group.has(next)) continue;
        const around = neighbours(next);
        if (around === undefined) {
          missing.push(next);
          continue;
        }
        const [owner, another] = membersAmong(around);
        if (owner === undefined) group.add(next);
        // What several members share leads nowhere.
        else if (another === undefined) noteIn(owners, owner, linkId(ref, next));
      }
    }
    const alone: [Ref, string[]][] = [[[...group].sort()[0] ?? start, []]];
    const found = claim(owners.size > 0 ? owners : missing.length > 0 ? [] : alone, missing);
    for (const ref of group) known.set(ref, found);
    return found;
  }

  /** A payer, cookie or device without a member is claimed by whoever has the e-mails and phones next to it. */
  function claimThroughNeighbours(ref: Ref, around: ReadonlySet<Ref>): Claim {
    const claimants = new Map<Ref, string[]>();
    const missing = new Set<Ref>();
    for (const next of around) {
      if (!connects(next)) continue;
      const { by, missing: wanted } = claimsOn(next);
      const [only] = by.keys();
      if (wanted.length > 0) for (const one of wanted) missing.add(one);
      else if (only !== undefined && by.size === 1) noteIn(claimants, only, linkId(ref, next));
    }
    if (missing.size > 0) return claim(claimants, [...missing].slice(0, askedAtOnce));
    return claim(claimants.size > 0 ? claimants : [[ref, []]]);
  }

  function claimsOn(ref: Ref): Claim {
    const found = known.get(ref) ?? claimOn(ref);
    known.set(ref, found);
    return found;
  }

  return { on: claimsOn, neighbours };
}

function claim(by: Iterable<readonly [Ref, readonly string[]]>, missing: readonly Ref[] = []): Claim {
  const claimants = new Map(by);
  // Two are enough to say that it is shared: nothing that is still unknown can change that.
  return { by: claimants, missing: claimants.size > 1 ? [] : missing };
}

function noteIn(map: Map<Ref, string[]>, key: Ref, id: string): void {
  const ids = map.get(key);
  if (ids === undefined) map.set(key, [id]);
  else ids.push(id);
}

import { claimsIn, isMember, type Cuts } from './claims.ts';
import type { LinkDocument } from './documents.ts';
import { kindOfRef, type Ref, type RefKind } from './refs.ts';

/** A ref that more than one person could have: a person has to look at it. */
export interface ReviewItem {
  readonly ref: Ref;
  readonly kind: RefKind;
  /** The members among those who could have it, in order. */
  readonly members: readonly Ref[];
  /** Of each claimant without a member, the first ref, in order: mostly guests who used one browser. */
  readonly others: readonly Ref[];
  /** When the second of them was first seen with it. */
  readonly since: Date;
}

/**
 * Which of these refs are shared, by whom, since when, in the order given. `links` must hold all of the person's
 * whose refs they are, and those of what stands next to them, as {@link personOf} had them loaded. Pure.
 */
export function reviewOf(
  refs: readonly Ref[],
  links: readonly Pick<LinkDocument, 'from' | 'to' | 'at'>[],
  cuts: Cuts = new Set(),
): ReviewItem[] {
  const neighbours = new Map<Ref, Set<Ref>>(refs.map((ref) => [ref, new Set<Ref>()]));
  const seenAt = new Map<string, number>();
  for (const { from, to, at } of links) {
    const around = neighbours.get(from);
    if (around === undefined) neighbours.set(from, new Set([to]));
    else around.add(to);
    seenAt.set(`${from}|${to}`, at.getTime());
  }
  const claims = claimsIn(neighbours, cuts);
  return refs.flatMap((ref) => {
    const { by } = claims.on(ref);
    const first = [...by.values()].map((shown) =>
      Math.min(...shown.map((link) => seenAt.get(link) ?? Infinity)),
    );
    const second = first.sort((a, b) => a - b)[1];
    if (second === undefined) return [];
    const claimants = [...by.keys()].sort();
    return {
      ref,
      kind: kindOfRef(ref),
      members: claimants.filter(isMember),
      others: claimants.filter((one) => !isMember(one)),
      since: new Date(second),
    };
  });
}

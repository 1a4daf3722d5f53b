import { claimsIn, connects, isMember, type Cuts, type Links } from './claims.ts';
import type { Ref } from './refs.ts';

/** See {@link personOf}. */
export interface Person {
  /** In order. Empty where the start is shared. */
  readonly refs: readonly Ref[];
  readonly member?: Ref;
  /** Refs next to the person that are shared: for review, never followed. */
  readonly ambiguous: readonly Ref[];
  /** The start itself is shared: there is no one person behind it. */
  readonly startIsAmbiguous: boolean;
}

/**
 * The person behind `start`, or the refs whose links must be loaded before that can be said. Pure; call it again
 * with more links until nothing is needed: once per step outward, and never past a ref that members share.
 *
 * Who a ref belongs to is judged from stored links when it is read (D1), so that a late link re-homes what came
 * before without rewriting it, and the order of links does not matter. The rules, the first that applies:
 *
 * 1. A ref linked to two or more members is shared: it belongs to none of them and leads nowhere.
 * 2. A ref linked to one member belongs to that member.
 * 3. E-mails and phones without a member connect, over any number of links. Together they belong to the member
 *    whose e-mail or phone (rule 2) is next to one of them. Where there are several such members, all of them are
 *    shared and lead nowhere; where there is none, they are a person without a member.
 * 4. A payer, cookie or device without a member belongs to the person (rules 2 and 3) whose e-mail or phone is next
 *    to it. Next to those of several persons it is shared; next to none it stands alone. Nobody is reached
 *    through it: a company's payer, a browser or a machine has often more users than one.
 *
 * So every ref is either shared or of exactly one person, and the answer is the same from whichever of a person's
 * refs one starts. A cut takes away the links between its two refs, those to come too, and nothing else: where both
 * still lead to one person by another way, that way has to be cut.
 */
export function personOf(
  start: Ref,
  links: Links,
  cuts: Cuts = new Set(),
): { person: Person } | { needed: Ref[] } {
  const claims = claimsIn(links, cuts, 2);
  const { by, missing } = claims.on(start);
  if (missing.length > 0) return { needed: [...missing] };
  const [key = start] = by.keys();
  if (by.size > 1) return { person: { refs: [], ambiguous: [start], startIsAmbiguous: true } };

  const refs = new Set([key]);
  const ambiguous = new Set<Ref>();
  const needed = new Set<Ref>();
  // The set grows while it is gone through.
  for (const ref of refs) {
    const leads = isMember(ref) || connects(ref);
    // Of what leads to nobody, only one that stands alone has something to say: that what is next to it is shared.
    if (!leads && ref !== key) continue;
    const around = claims.neighbours(ref);
    if (around === undefined) needed.add(ref);
    for (const next of around ?? []) {
      if (isMember(next) || refs.has(next) || !(leads || connects(next))) continue;
      const claim = claims.on(next);
      if (claim.missing.length > 0) for (const one of claim.missing) needed.add(one);
      else if (claim.by.size > 1) ambiguous.add(next);
      else if (claim.by.has(key)) refs.add(next);
    }
  }
  if (needed.size > 0) return { needed: [...needed] };
  return {
    person: {
      refs: [...refs].sort(),
      ...(isMember(key) ? { member: key } : {}),
      ambiguous: [...ambiguous].sort(),
      startIsAmbiguous: false,
    },
  };
}

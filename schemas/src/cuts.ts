import type { Cuts } from './claims.ts';
import type { CutDocument, LinkDocument } from './documents.ts';
import type { Ref } from './refs.ts';

/** The pairs that are cut after all decisions about them, in whichever order these come. Pure. */
export function cutsInForce(
  decisions: readonly Pick<CutDocument, 'from' | 'to' | 'number' | 'decision'>[],
): Cuts {
  const last = new Map<string, (typeof decisions)[number]>();
  for (const one of decisions) {
    const pair = `${one.from}|${one.to}`;
    if (one.number > (last.get(pair)?.number ?? 0)) last.set(pair, one);
  }
  return new Set([...last].filter(([, { decision }]) => decision === 'cut').map(([pair]) => pair));
}

/**
 * The shortest way from one of a person's refs to another over links that are not cut, both ends included; empty
 * where `links` hold none. What has to be cut next to part the two. Pure.
 */
export function wayBetween(
  start: Ref,
  end: Ref,
  person: readonly Ref[],
  links: readonly Pick<LinkDocument, 'from' | 'to'>[],
  cuts: Cuts,
): Ref[] {
  const own = new Set(person);
  const around = new Map<Ref, Set<Ref>>();
  const note = (from: Ref, to: Ref) => {
    if (own.has(from) && own.has(to)) around.set(from, (around.get(from) ?? new Set()).add(to));
  };
  for (const { from, to } of links) {
    if (cuts.has(`${from}|${to}`) || cuts.has(`${to}|${from}`)) continue;
    // A link may have been loaded from one of its ends only.
    note(from, to);
    note(to, from);
  }
  const ways = new Map<Ref, Ref[]>([[start, [start]]]);
  // The map grows while it is gone through, nearest first.
  for (const [ref, way] of ways) {
    if (ref === end) return way;
    for (const next of around.get(ref) ?? []) if (!ways.has(next)) ways.set(next, [...way, next]);
  }
  return [];
}

import type { Ref, RefKind } from '@keiro/schemas';
import fc from 'fast-check';

export type Pair = readonly [Ref, Ref];

export const refNamed = (kind: RefKind, name: string | number): Ref =>
  `${kind}.${String(name).padEnd(32, '_')}`;

/** Both ways, as links are stored; each of `alone` is there even without any. */
export function linksOf(pairs: readonly Pair[], alone: readonly Ref[] = []): Map<Ref, Set<Ref>> {
  const links = new Map<Ref, Set<Ref>>(alone.map((ref) => [ref, new Set<Ref>()]));
  const add = (from: Ref, to: Ref) => links.set(from, (links.get(from) ?? new Set<Ref>()).add(to));
  for (const [one, other] of pairs) {
    add(one, other);
    add(other, one);
  }
  return links;
}

const kinds = ['email', 'phone', 'payer', 'cookie', 'device'] as const;

/**
 * What one event carries: somebody among a few, signed in or not, some of what is theirs, and sometimes something of
 * somebody else: a family's phone, a company's payer, a browser in a library.
 */
const event = fc.record({
  person: fc.nat(3),
  signedIn: fc.nat(2).map((one) => one === 0),
  own: fc.subarray(
    kinds.flatMap((kind) => [`${kind}/a`, `${kind}/b`] as const),
    { minLength: 1, maxLength: 3 },
  ),
  borrowed: fc.option(fc.record({ kind: fc.constantFrom(...kinds), from: fc.nat(3) }), { freq: 3 }),
});
type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never;

/** The links of one event, once each: a star from its primary ref, the first present kind, as `tag` makes them. */
function pairsOf({ person, signedIn, own, borrowed }: Event): Pair[] {
  // The last of the four never signs in.
  const member = signedIn && person < 3 ? [refNamed('member', person)] : [];
  const others = kinds.flatMap((kind) => [
    ...(['a', 'b'] as const)
      .filter((which) => own.includes(`${kind}/${which}`))
      .map((which) => refNamed(kind, `${String(person)}${which}`)),
    ...(borrowed?.kind === kind ? [refNamed(kind, `${String(borrowed.from)}a`)] : []),
  ]);
  const [primary, ...rest] = new Set([...member, ...others]);
  return primary === undefined ? [] : rest.map((ref): Pair => [primary, ref]);
}

/** Links as life makes them among at most three members, a guest, and up to two of each kind for each of them. */
export const linkGraphs: fc.Arbitrary<Pair[]> = fc
  .array(event, { minLength: 1, maxLength: 30, size: 'max' })
  .map((events) => events.flatMap(pairsOf));

import { describe, expect, it } from '@jest/globals';
import { kindOfRef, personOf, type Person, type Ref } from '@keiro/schemas';
import fc from 'fast-check';
import { linkGraphs, linksOf, refNamed, type Pair } from '../builders/link-graphs.ts';

/** The same graphs in each run, so that a failing test fails again. */
const runs = { numRuns: 500, seed: 20150907 };

function personIn(links: ReadonlyMap<Ref, ReadonlySet<Ref>>, start: Ref, cuts = new Set<string>()): Person {
  const answer = personOf(start, links, cuts);
  if (!('person' in answer)) throw new Error('more links wanted');
  return answer.person;
}

function peopleIn(pairs: readonly Pair[]): Map<Ref, Person> {
  const links = linksOf(pairs);
  return new Map([...links.keys()].sort().map((ref) => [ref, personIn(links, ref)]));
}

/** One comparison for all that was looked at in a graph: a matcher takes longer than many people. */
const asText = (people: Iterable<unknown>) => JSON.stringify([...people]);
const isMember = (ref: Ref) => kindOfRef(ref) === 'member';
const membersNextTo = (ref: Ref, links: ReadonlyMap<Ref, ReadonlySet<Ref>>) =>
  [...(links.get(ref) ?? [])].filter(isMember);

describe('D1: whatever the links, a person', () => {
  it('is the same in whichever order the links came', () => {
    const shuffled = linkGraphs.chain((pairs) =>
      fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
    );
    fc.assert(
      fc.property(shuffled, ([pairs, other]) => {
        expect(asText(peopleIn(other))).toBe(asText(peopleIn(pairs)));
      }),
      runs,
    );
  });

  it('is the same when links come again, and the other way round', () => {
    fc.assert(
      fc.property(linkGraphs, (pairs) => {
        const again = pairs.map(([one, other]): Pair => [other, one]);
        expect(asText(peopleIn([...again, ...pairs, ...pairs]))).toBe(asText(peopleIn(pairs)));
      }),
      runs,
    );
  });

  it('is the same from whichever of its refs one starts; every other ref is shared', () => {
    fc.assert(
      fc.property(linkGraphs, (pairs) => {
        const people = peopleIn(pairs);
        const wrong = [...people].filter(([start, person]) => {
          if (person.startIsAmbiguous) return person.refs.length > 0;
          const elsewhere = person.refs.map((ref) => people.get(ref));
          return !person.refs.includes(start) || elsewhere.some((one) => asText([one]) !== asText([person]));
        });
        expect(wrong).toEqual([]);
      }),
      runs,
    );
  });

  it('is never two members, and has nothing that another member was seen with', () => {
    fc.assert(
      fc.property(linkGraphs, (pairs) => {
        const links = linksOf(pairs);
        const wrong = [...peopleIn(pairs)].filter(([start, { refs, member, startIsAmbiguous }]) => {
          const members = refs.flatMap((ref) => (isMember(ref) ? [ref] : membersNextTo(ref, links)));
          const right = isMember(start) ? member === start : membersNextTo(start, links).length < 2;
          return members.some((one) => one !== member) || !(right || startIsAmbiguous);
        });
        expect(wrong).toEqual([]);
      }),
      runs,
    );
  });

  it('has every ref that was seen with that member alone, and names the shared ones next to it', () => {
    fc.assert(
      fc.property(linkGraphs, (pairs) => {
        const links = linksOf(pairs);
        const people = peopleIn(pairs);
        const wrong = [...people].filter(([start, { refs, ambiguous }]) => {
          const seenWith = isMember(start) ? [...(links.get(start) ?? [])] : [];
          const lost = seenWith.filter(
            (ref) => !(membersNextTo(ref, links).length > 1 ? ambiguous : refs).includes(ref),
          );
          return lost.length > 0 || ambiguous.some((ref) => people.get(ref)?.startIsAmbiguous !== true);
        });
        expect(wrong).toEqual([]);
      }),
      runs,
    );
  });

  it('who signs up late takes along whatever the guest was', () => {
    const late = refNamed('member', 'late');
    const signUp = linkGraphs.chain((pairs) =>
      fc.tuple(fc.constant(pairs), fc.constantFrom(...new Set(pairs.flat()), refNamed('cookie', 'new'))),
    );
    fc.assert(
      fc.property(signUp, ([pairs, ref]) => {
        const links = linksOf(pairs, [ref]);
        fc.pre(!isMember(ref) && membersNextTo(ref, links).length === 0);
        const before = personIn(links, ref);
        const after = personIn(linksOf([...pairs, [late, ref]]), late).refs;
        // Through a browser or a payer nobody else is reached: it comes alone.
        const leads = kindOfRef(ref) === 'email' || kindOfRef(ref) === 'phone';
        const guest = leads && before.member === undefined ? before.refs : [];
        expect([ref, ...guest].filter((one) => !after.includes(one))).toEqual([]);
      }),
      runs,
    );
  });

  it('comes out the same when links are loaded as they are asked for, never those behind a shared ref', () => {
    fc.assert(
      fc.property(linkGraphs, (pairs) => {
        const whole = linksOf(pairs);
        for (const start of whole.keys()) {
          const loaded = new Map<Ref, ReadonlySet<Ref>>();
          const reachable = new Set([start]);
          let answer = personOf(start, loaded);
          for (; 'needed' in answer; answer = personOf(start, loaded)) {
            const unasked = answer.needed.filter((ref) => reachable.has(ref) && !loaded.has(ref));
            if (answer.needed.length === 0 || unasked.length < answer.needed.length) {
              throw new Error('nothing, or what was loaded, or what nobody leads to, is asked for');
            }
            for (const ref of answer.needed) {
              const next = whole.get(ref) ?? new Set();
              loaded.set(ref, next);
              if (membersNextTo(ref, whole).length < 2) for (const one of next) reachable.add(one);
            }
          }
          if (asText([answer.person]) !== asText([personIn(whole, start)])) {
            throw new Error(`another person from ${start}`);
          }
        }
      }),
      runs,
    );
  });
});

describe('a cut', () => {
  const cutGraphs = linkGraphs
    .filter((pairs) => pairs.length > 0)
    .chain((pairs) => fc.tuple(fc.constant(pairs), fc.subarray(pairs, { minLength: 1 }), fc.boolean()));

  it('makes it as if the two had never been seen together', () => {
    fc.assert(
      fc.property(cutGraphs, ([pairs, cut, turned]) => {
        const cuts = new Set(cut.map(([from, to]) => (turned ? `${to}|${from}` : `${from}|${to}`)));
        const gone = new Set(cut.flatMap(([from, to]) => [`${from}|${to}`, `${to}|${from}`]));
        const kept = pairs.filter(([from, to]) => !gone.has(`${from}|${to}`));
        const links = linksOf(pairs);
        const left = linksOf(kept, pairs.flat());
        const refs = [...links.keys()];
        expect(asText(refs.map((ref) => personIn(links, ref, cuts)))).toBe(
          asText(refs.map((ref) => personIn(left, ref))),
        );
      }),
      runs,
    );
  });
});

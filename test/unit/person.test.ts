import { describe, expect, it } from '@jest/globals';
import { personOf, type Ref } from '@keiro/schemas';

const ref = (kind: string, name: string): Ref => `${kind}.${name.padEnd(32, '_')}`;
const m1 = ref('member', 'm1');
const m2 = ref('member', 'm2');
const mail = ref('email', 'mail');
const phone = ref('phone', 'phone');
const cookie = ref('cookie', 'cookie');
const device = ref('device', 'device');

/** Links as they are stored: both ways; a ref without any has an empty set. */
function links(...pairs: [Ref, Ref][]): Map<Ref, Set<Ref>> {
  const map = new Map<Ref, Set<Ref>>(
    [m1, m2, mail, phone, cookie, device].map((one) => [one, new Set<Ref>()]),
  );
  for (const [a, b] of pairs) {
    map.get(a)?.add(b);
    map.get(b)?.add(a);
  }
  return map;
}

function refsOf(start: Ref, known: Map<Ref, Set<Ref>>): readonly Ref[] {
  const answer = personOf(start, known);
  if (!('person' in answer)) throw new Error('more links wanted');
  return answer.person.refs;
}

describe('D1: who a ref belongs to', () => {
  it('is the member that it was seen with, and all that this member was seen with', () => {
    const known = links([m1, mail], [m1, cookie]);
    for (const start of [m1, mail, cookie]) expect(refsOf(start, known)).toEqual([cookie, mail, m1].sort());
  });

  it('re-homes a cookie that came before the sign-up', () => {
    expect(refsOf(cookie, links())).toEqual([cookie]);
    expect(refsOf(cookie, links([m1, cookie]))).toEqual([cookie, m1].sort());
  });

  it('joins no two members through a shared phone, which belongs to neither', () => {
    const known = links([m1, phone], [m2, phone], [m1, mail]);
    expect(refsOf(m1, known)).toEqual([mail, m1].sort());
    expect(refsOf(m2, known)).toEqual([m2]);
    const answer = personOf(phone, known);
    expect(answer).toEqual({ person: { refs: [], ambiguous: [phone], startIsAmbiguous: true } });
    expect(personOf(m1, known)).toMatchObject({ person: { ambiguous: [phone] } });
  });

  it('joins no two members through a chain of refs without a member', () => {
    const known = links([m1, phone], [phone, mail], [m2, device], [mail, device]);
    expect(refsOf(m1, known)).not.toContain(m2);
    expect(refsOf(m2, known)).not.toContain(m1);
  });

  it('connects e-mail and phone where there is no member', () => {
    expect(refsOf(mail, links([mail, phone]))).toEqual([mail, phone].sort());
  });

  it('says which links it needs before it answers', () => {
    expect(personOf(m1, new Map())).toEqual({ needed: [m1] });
    expect(personOf(m1, new Map([[m1, new Set([mail])]]))).toEqual({ needed: [mail] });
  });
});

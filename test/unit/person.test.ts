import { describe, expect, it } from '@jest/globals';
import { personOf, type Ref } from '@keiro/schemas';
import { linksOf, refNamed, type Pair } from '../builders/link-graphs.ts';

const m1 = refNamed('member', 'm1');
const m2 = refNamed('member', 'm2');
const mail = refNamed('email', 'mail');
const other = refNamed('email', 'other');
const phone = refNamed('phone', 'phone');
const payer = refNamed('payer', 'payer');
const cookie = refNamed('cookie', 'cookie');
const device = refNamed('device', 'device');

const links = (...pairs: Pair[]) => linksOf(pairs, [m1, m2, mail, other, phone, payer, cookie, device]);

/** Round trips, and refs asked for in all of them, until the person behind `start` is known. */
function loadingOf(start: Ref, whole: Map<Ref, Set<Ref>>): { rounds: number; asked: number } {
  const loaded = new Map<Ref, ReadonlySet<Ref>>();
  for (let rounds = 0; ; rounds++) {
    const answer = personOf(start, loaded);
    if ('person' in answer) return { rounds, asked: loaded.size };
    for (const ref of answer.needed) loaded.set(ref, whole.get(ref) ?? new Set());
  }
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

  it('is found again through an e-mail and a phone: both are of the member of one of them', () => {
    const known = links([cookie, mail], [mail, phone], [m1, phone]);
    for (const start of [m1, phone, mail, cookie])
      expect(refsOf(start, known)).toEqual([cookie, mail, m1, phone].sort());
  });

  it('a browser that two guests used is of neither, from wherever one starts', () => {
    const known = links([mail, cookie], [other, cookie]);
    expect(personOf(cookie, known)).toMatchObject({ person: { refs: [], startIsAmbiguous: true } });
    for (const guest of [mail, other])
      expect(personOf(guest, known)).toMatchObject({ person: { refs: [guest], ambiguous: [cookie] } });
  });

  it('a browser of two addresses of one member is that member’s', () => {
    const known = links([mail, cookie], [other, cookie], [m1, mail], [m1, other]);
    expect(refsOf(cookie, known)).toEqual([cookie, mail, m1, other].sort());
  });

  it('nobody is reached through a payer, a browser or a machine', () => {
    const known = links([m1, payer], [mail, payer], [m1, cookie], [other, cookie], [cookie, device]);
    expect(refsOf(m1, known)).toEqual([cookie, m1, payer].sort());
    for (const alone of [mail, other, device]) expect(refsOf(alone, known)).toEqual([alone]);
  });

  it('what stands next to shared refs alone says which', () => {
    const known = links([m1, phone], [m2, phone], [phone, cookie]);
    expect(personOf(cookie, known)).toMatchObject({ person: { refs: [cookie], ambiguous: [phone] } });
  });

  it('a cut makes a family phone one member’s, and keeps two guests apart', () => {
    const family = links([m1, phone], [m2, phone]);
    expect(personOf(phone, family, new Set([`${m2}|${phone}`]))).toMatchObject({
      person: { refs: [m1, phone], member: m1, ambiguous: [] },
    });
    const guests = links([mail, phone], [other, phone]);
    expect(personOf(mail, guests, new Set([`${phone}|${other}`]))).toMatchObject({
      person: { refs: [mail, phone] },
    });
  });

  it('loads one step outward at a time, and a crowd behind a browser not at all', () => {
    const guests = Array.from({ length: 1000 }, (_, at) => refNamed('email', `guest-${String(at)}`));
    const known = links([m1, mail], [mail, cookie], ...guests.map((guest): Pair => [guest, cookie]));
    const { rounds, asked } = loadingOf(m1, known);
    // The member, the address, the browser, a few of those who used it.
    expect(rounds).toBe(4);
    expect(asked).toBeLessThan(25);
    known.get(m1)?.add(cookie);
    known.get(cookie)?.add(m1);
    expect(loadingOf(m1, known)).toEqual({ rounds: 2, asked: 3 });
  });

  it('says which links it needs before it answers', () => {
    expect(personOf(m1, new Map())).toEqual({ needed: [m1] });
    expect(personOf(m1, new Map([[m1, new Set([mail])]]))).toEqual({ needed: [mail] });
  });
});

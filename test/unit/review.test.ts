import { describe, expect, it } from '@jest/globals';
import type { Ref } from '@keiro/schemas';
import { cutsInForce } from '@keiro/schemas/cuts';
import { reviewOf } from '@keiro/schemas/review';
import { refNamed } from '../builders/link-graphs.ts';

const m1 = refNamed('member', 'm1');
const m2 = refNamed('member', 'm2');
const m3 = refNamed('member', 'm3');
const mail = refNamed('email', 'mail');
const other = refNamed('email', 'other');
const phone = refNamed('phone', 'phone');
const cookie = refNamed('cookie', 'cookie');

const day = (number: number) => new Date(Date.UTC(2026, 0, number));

/** Both ways, each pair seen on its day. */
const seen = (...links: [Ref, Ref, number][]) =>
  links.flatMap(([from, to, on]) => [
    { from, to, at: day(on) },
    { from: to, to: from, at: day(on) },
  ]);

describe('D1: what goes to review', () => {
  it.each(['email', 'phone', 'payer', 'cookie', 'device'] as const)(
    'a %s of several members, since the second was seen with it',
    (kind) => {
      const shared = refNamed(kind, 'shared');
      const links = seen([m3, shared, 9], [m2, shared, 7], [m1, shared, 8], [m1, mail, 1]);
      expect(reviewOf([mail, shared], links)).toEqual([
        { ref: shared, kind, members: [m1, m2, m3], others: [], since: day(8) },
      ]);
    },
  );

  it('an address without a member between the numbers of two', () => {
    const theirs = refNamed('phone', 'theirs');
    const links = seen(
      [m1, phone, 1],
      [m2, theirs, 1],
      [mail, theirs, 5],
      [mail, phone, 3],
      [mail, other, 9],
    );
    const since = { members: [m1, m2], others: [], since: day(5) };
    expect(reviewOf([mail, other, phone], links)).toEqual([
      { ref: mail, kind: 'email', ...since },
      { ref: other, kind: 'email', ...since },
    ]);
  });

  it('a browser of a member’s address and of a guest', () => {
    const links = seen([m1, mail, 1], [mail, cookie, 2], [other, cookie, 4], [mail, other, 5]);
    expect(reviewOf([cookie], links)).toEqual([]);
    expect(reviewOf([cookie], links, new Set([`${mail}|${other}`]))).toEqual([
      { ref: cookie, kind: 'cookie', members: [m1], others: [other], since: day(4) },
    ]);
  });

  it('a browser of two guests, each under the first of their refs, whichever was looked at first', () => {
    const links = seen([phone, cookie, 1], [mail, phone, 2], [other, cookie, 3]);
    const item = { ref: cookie, kind: 'cookie', members: [], others: [mail, other], since: day(3) };
    expect(reviewOf([cookie], links)).toEqual([item]);
    expect(reviewOf([phone, mail, cookie], links)).toEqual([item]);
  });

  it('no more once a cut has said whose it is', () => {
    const links = seen([m1, phone, 1], [m2, phone, 2]);
    expect(reviewOf([phone], links)).toHaveLength(1);
    expect(reviewOf([phone], links, new Set([`${m2}|${phone}`]))).toEqual([]);
  });

  it('nothing that was never seen', () => {
    expect(reviewOf([cookie], [])).toEqual([]);
  });
});

describe('cuts', () => {
  const decided = (number: number, decision: 'cut' | 'withdrawn', to: Ref = phone) => ({
    from: m2,
    to,
    number,
    decision,
  });

  it.each([
    ['cut', [decided(1, 'cut')], [`${m2}|${phone}`]],
    ['withdrawn', [decided(1, 'cut'), decided(2, 'withdrawn')], []],
    ['cut again', [decided(3, 'cut'), decided(1, 'cut'), decided(2, 'withdrawn')], [`${m2}|${phone}`]],
    [
      'two pairs, one withdrawn',
      [decided(1, 'cut'), decided(1, 'cut', mail), decided(2, 'withdrawn')],
      [`${m2}|${mail}`],
    ],
  ])('%s: the last decision about a pair stands', (_, decisions, inForce) => {
    expect([...cutsInForce(decisions)]).toEqual(inForce);
    expect([...cutsInForce(decisions.toReversed())].sort()).toEqual(inForce);
  });
});

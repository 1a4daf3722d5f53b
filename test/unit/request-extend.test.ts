import { describe, expect, it } from '@jest/globals';
import { decide, type Documents } from '@keiro/request/decide';
import { livesWithin } from '@keiro/request/deletion';
import {
  decideGone,
  extendSuspension,
  followDeletion,
  isRestrictive,
  reviewOfGone,
  type GoneSituation,
} from '@keiro/request/extend';
import { personOf, purposeIds, type Life, type Ref, type Standing } from '@keiro/schemas';
import fc from 'fast-check';
import { minute, refOf, requestOf, standingOf } from '../builders/lineage.ts';
import { linkGraphs, linksOf, type Pair } from '../builders/link-graphs.ts';

const now = minute(60);
const life = (ref: Ref, generation = 1): Life => ({ ref, generation });
const member = life(refOf('member', 'hanako'));
const email = life(refOf('email', 'hanako'));
const cookie = life(refOf('cookie', 'hanako'));
const holders = [
  { id: 'billing', categories: ['C5'] },
  { id: 'crm', categories: ['C1'] },
];
const standings = (...list: Standing[]) => new Map(list.map((one) => [one.ref, one]));
const situation = (more: Partial<GoneSituation> = {}): GoneSituation => ({
  lives: [member, email, cookie],
  ambiguous: [],
  standings: new Map(),
  open: [],
  categories: ['C1'],
  holders,
  answerWithin: 'P14D',
  named: [member, cookie],
  activity: new Map(),
  ...more,
});

describe('given a person who suspends use, when a link brings a further ref', () => {
  const before = standings(
    standingOf(member.ref, { suspended: ['statistics'], request: 'r-1' }),
    standingOf(email.ref, { suspended: ['statistics'], request: 'r-1' }),
  );
  const change = extendSuspension(situation({ standings: before }), now, () => 's');

  it('then it is suspended too, the holders get tasks for it alone, and the audit counts it', () => {
    expect(change?.standings).toMatchObject([{ _id: cookie.ref, suspended: ['statistics'] }]);
    expect(change?.requests).toMatchObject([
      { type: 'suspension', lives: [cookie], purposes: ['statistics'], by: 'request' },
    ]);
    const [request] = change?.requests ?? [];
    expect(request?.steps).toMatchObject([{ step: 'extended', evidence: { origins: ['r-1'], refs: 1 } }]);
    expect(change?.tasks).toMatchObject([{ holder: 'crm', directive: 'suspend', purposes: ['statistics'] }]);
    expect(change?.outbox.map(({ key }) => key)).toEqual([cookie.ref]);
    expect(change?.audit).toMatchObject([{ action: 'standing.extended', detail: { refs: 1 } }]);
    expect(JSON.stringify(change?.audit)).not.toContain(cookie.ref);
  });

  it('and no holder has anything, then standing is all that changes', () => {
    const alone = extendSuspension(situation({ standings: before, holders: [] }), now, () => 's');
    expect([alone?.requests, alone?.tasks, alone?.standings.length]).toEqual([[], [], 1]);
  });

  it('and a deletion is under way, then it needs no tasks beside those', () => {
    const during = extendSuspension(
      situation({ standings: before, open: [requestOf('r-2')] }),
      now,
      () => 's',
    );
    expect([during?.requests, during?.standings.length]).toEqual([[], 1]);
  });

  it('then what was erased passes nothing on', () => {
    const gone = standings(standingOf(member.ref, { erasedThrough: 1, suspended: ['statistics'] }));
    expect(extendSuspension(situation({ standings: gone }), now, () => 's')).toBeUndefined();
  });

  it('only a standing that refuses something is looked at further', () => {
    const all = [
      { suspended: ['all'] },
      { withdrawn: ['marketing'] },
      { denied: ['partner'] },
      { hiddenThrough: 1 },
    ];
    expect(all.map((more) => isRestrictive(standingOf(member.ref, more)))).toEqual([true, true, true, true]);
    expect([isRestrictive(standingOf(member.ref)), isRestrictive(undefined)]).toEqual([false, false]);
  });
});

/** A world of links and standing: what the request service does with a suspension, a resume and a link. */
class World {
  private readonly links = linksOf([]);
  readonly standings = new Map<Ref, Standing>();
  asked = 0;

  constructor(known: readonly Pair[]) {
    for (const ref of known.flat()) this.links.set(ref, new Set());
  }
  personOf(ref: Ref) {
    const answer = personOf(ref, this.links);
    if (!('person' in answer)) throw new Error('more links wanted');
    return answer.person;
  }
  private situationOf(refs: readonly Ref[]) {
    const known = new Map([...this.standings].filter(([ref]) => refs.includes(ref)));
    return situation({ lives: refs.map((ref) => life(ref)), standings: known });
  }
  private write(documents: Pick<Documents, 'standings'> | undefined): void {
    for (const { _id, ...standing } of documents?.standings ?? []) this.standings.set(_id, standing);
  }
  ask(type: 'suspension' | 'resume', ref: Ref, purposes: readonly string[]): void {
    const { refs } = this.personOf(ref);
    if (refs.length === 0) return;
    const command = { id: `r-${String((this.asked += 1))}`, type, purposes, by: 'compliance' };
    const decision = decide(command, { ...this.situationOf(refs), purposes: purposeIds }, now, 's');
    if (decision.outcome === 'accepted') this.write(decision.documents);
  }
  /** Only tells the two; nobody looks what it changes. */
  store([one, other]: Pair): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const)
      this.links.set(from, (this.links.get(from) ?? new Set<Ref>()).add(to));
  }
  link(pair: Pair): number {
    this.store(pair);
    let changes = 0;
    for (const ref of pair) {
      const { refs } = this.personOf(ref);
      const change = refs.length < 2 ? undefined : extendSuspension(this.situationOf(refs), now, () => 's');
      if (change !== undefined) changes += 1;
      this.write(change);
    }
    return changes;
  }
  suspendedAt = (ref: Ref) => this.standings.get(ref)?.suspended ?? [];
}

describe('whatever the links', () => {
  const runs = { numRuns: 300, seed: 20150907 };
  const graphs = linkGraphs.filter((pairs) => pairs.length > 0);
  /** A graph, the ref whose person suspends, for what, and after how many of its links. */
  const stories = graphs.chain((pairs) =>
    fc.tuple(
      fc.constant(pairs),
      fc.constantFrom(...new Set(pairs.flat())),
      fc.constantFrom(['all'], ['statistics'], ['marketing', 'statistics']),
      fc.nat(pairs.length),
    ),
  );
  const told = (pairs: readonly Pair[], ref: Ref, purposes: readonly string[], after: number): World => {
    const world = new World(pairs);
    for (const [position, pair] of pairs.entries()) {
      if (position === after) world.ask('suspension', ref, purposes);
      world.link(pair);
    }
    if (after === pairs.length) world.ask('suspension', ref, purposes);
    return world;
  };

  it('a person ends suspended, every ref, whether the links came before or after', () => {
    fc.assert(
      fc.property(stories, ([pairs, ref, purposes, after]) => {
        const world = told(pairs, ref, purposes, after);
        // Where members shared it when it asked, nothing was accepted.
        fc.pre(world.standings.size > 0);
        const { refs } = world.personOf(ref);
        expect(refs.filter((one) => world.suspendedAt(one).join() !== purposes.join())).toEqual([]);
        const last = told(pairs, ref, purposes, pairs.length);
        expect(refs.map((one) => last.suspendedAt(one))).toEqual(refs.map((one) => world.suspendedAt(one)));
      }),
      runs,
    );
  });

  it('a link that comes again changes nothing', () => {
    fc.assert(
      fc.property(stories, ([pairs, ref, purposes, after]) => {
        const world = told(pairs, ref, purposes, after);
        // What one link tells about others is known once each was looked at.
        for (const pair of pairs) world.link(pair);
        expect(pairs.map((pair) => world.link(pair)).filter((changes) => changes > 0)).toEqual([]);
      }),
      runs,
    );
  });

  it('a ref that members share from the beginning carries nothing on', () => {
    fc.assert(
      fc.property(stories, ([pairs, ref, purposes]) => {
        const world = new World(pairs);
        for (const pair of pairs) world.store(pair);
        const { refs } = world.personOf(ref);
        world.ask('suspension', ref, purposes);
        for (const pair of pairs) world.link(pair);
        expect([...world.standings.keys()].filter((one) => !refs.includes(one))).toEqual([]);
      }),
      runs,
    );
  });

  it('a resume takes the extension back too', () => {
    fc.assert(
      fc.property(stories, ([pairs, ref, purposes, after]) => {
        const world = told(pairs, ref, purposes, after);
        world.ask('resume', ref, ['all']);
        for (const pair of pairs) world.link(pair);
        const { refs } = world.personOf(ref);
        expect(refs.filter((one) => world.suspendedAt(one).length > 0)).toEqual([]);
      }),
      runs,
    );
  });
});

describe('given a person who was erased, when a link brings a ref that was left', () => {
  const erasedAt = minute(50).toISOString();
  const gone = { hiddenThrough: 1, erasedThrough: 1, erasedAt, request: 'r-del' };
  const erased = standings(standingOf(member.ref, gone), standingOf(email.ref, gone));
  const seen = (first: number, last: number) =>
    new Map([[cookie.ref, { first: minute(first), last: minute(last) }]]);
  const left = (more: Partial<GoneSituation> = {}) =>
    situation({ lives: [cookie], standings: erased, activity: seen(1, 40), ...more });

  it('named with the life that is gone, then its own deletion follows, of that ref alone, with the same ground', () => {
    const decision = decideGone(left(), now);
    expect(decision).toEqual({ outcome: 'follows', lives: [cookie], origin: 'r-del' });
    if (decision?.outcome !== 'follows') throw new Error('does not follow');
    const change = followDeletion(decision, 'law', left(), now, 's');
    expect(change.requests).toMatchObject([
      {
        type: 'deletion',
        lives: [cookie],
        ground: 'law',
        by: 'request',
        follows: 'r-del',
        state: 'accepted',
      },
    ]);
    expect(change.requests[0]?.steps[0]?.evidence).toMatchObject({ origins: ['r-del'] });
    expect(change.tasks).toMatchObject([{ holder: 'crm', directive: 'erase' }]);
    expect(change.standings).toMatchObject([{ _id: cookie.ref, hiddenThrough: 1, erasedThrough: 0 }]);
    const done = new Map([...erased, ...change.standings.map(({ _id, ...one }) => [_id, one] as const)]);
    expect(decideGone(left({ standings: done, open: [...change.requests] }), now)).toBeUndefined();
  });

  it('and that deletion never grows to a life that its person has begun since', () => {
    const anew = life(member.ref, 2);
    expect(livesWithin([anew, cookie], [cookie])).toEqual([cookie]);
    expect(livesWithin([life(cookie.ref, 2)], [cookie])).toEqual([]);
  });

  it.each([
    ['named with a new life', { named: [life(member.ref, 2), cookie], lives: [life(member.ref, 2), cookie] }],
    ['named with the old life, after the person registered anew', { lives: [life(member.ref, 2), cookie] }],
    ['that has records from after the erasure', { activity: seen(1, 55) }],
    ['that nobody saw with the life that is gone', { named: [cookie] }],
  ])('%s, then a person has to look at it, and nothing is erased', (_how, more) => {
    const decision = decideGone(left(more), now);
    expect(decision).toEqual({ outcome: 'review', lives: [cookie], origin: 'r-del' });
    if (decision?.outcome !== 'review') throw new Error('is not for review');
    const entry = reviewOfGone(decision, now);
    expect(entry).toMatchObject({ action: 'standing.review', request: 'r-del', about: [cookie.ref] });
    expect(reviewOfGone(decision, minute(70))._id).toBe(entry._id);
  });

  it('that is younger than the erasure, then it is of the new life', () => {
    const renewed = { named: [life(member.ref, 2), cookie], lives: [life(member.ref, 2), cookie] };
    expect(decideGone(left({ ...renewed, activity: seen(51, 55) }), now)).toBeUndefined();
    expect(decideGone(left({ ...renewed, activity: new Map() }), now)).toBeUndefined();
  });

  it('while the deletion is planned still, then it joins that; once keys go, it follows', () => {
    const hiding = standings(
      standingOf(member.ref, { hiddenThrough: 1, request: 'r-del' }),
      standingOf(email.ref, { hiddenThrough: 1, request: 'r-del' }),
    );
    const during = (state: 'accepted' | 'hiding' | 'shredding') =>
      situation({ standings: hiding, open: [requestOf('r-del', { lives: [member, email], state })] });
    expect(decideGone(during('accepted'), now)).toMatchObject({
      outcome: 'joins',
      deletion: { _id: 'r-del' },
    });
    expect(decideGone(during('hiding'), now)?.outcome).toBe('joins');
    expect(decideGone(during('shredding'), now)).toMatchObject({ outcome: 'follows', lives: [cookie] });
  });

  it('and nobody was erased, then nothing', () => {
    expect(decideGone(situation(), now)).toBeUndefined();
  });
});

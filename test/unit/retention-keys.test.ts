import { describe, expect, it } from '@jest/globals';
import { isRetired, mayRenew } from '@keiro/keys/life';
import { divide, keptBecause, type KnownOfLife } from '@keiro/request/retention/keys/decide';
import { beginRound, takeStep, type RoundDependencies } from '@keiro/request/retention/keys/round';
import type { RetirementStore } from '@keiro/request/retention/keys/store';
import {
  lifeKey,
  type AuditEntry,
  type Life,
  type RetirableLife,
  type RetirementRound,
} from '@keiro/schemas';
import { refOf, standingOf } from '../builders/lineage.ts';

const life: Life = { ref: refOf('member', 'hanako'), generation: 2 };
const nothing: KnownOfLife = { records: false, setAside: false, request: false, held: false };

describe('whether the key of a life can go (APPI 22)', () => {
  const standing = (more: Parameters<typeof standingOf>[1]) => ({
    ...nothing,
    standing: standingOf(life.ref, { hiddenThrough: 0, erasedThrough: 0, suspended: [], ...more }),
  });
  it.each<[string, KnownOfLife, ReturnType<typeof keptBecause>]>([
    ['when nothing is left', nothing, undefined],
    ['not while it opens a record', { ...nothing, records: true }, 'records'],
    ['not while something is set aside', { ...nothing, setAside: true }, 'set-aside'],
    ['not during a request', { ...nothing, request: true }, 'request'],
    ['not during a hold', { ...nothing, held: true }, 'hold'],
    ['not while a deletion hides it', standing({ hiddenThrough: 2 }), 'restricted'],
    ['when a life before was erased', standing({ hiddenThrough: 1, erasedThrough: 1 }), undefined],
    ['not while use is suspended (R5)', standing({ suspended: ['all'] }), 'restricted'],
    ['not while a consent is withdrawn', standing({ withdrawn: ['marketing'] }), 'restricted'],
    ['not while a third party is denied (R6)', standing({ stopped: ['all'] }), 'restricted'],
    ['not while consent towards one is withdrawn (TA)', standing({ denied: ['partner'] }), 'restricted'],
  ])('%s', (_when, known, why) => {
    expect(keptBecause(life, known)).toBe(why);
  });

  it('is looked at again, unless the end of a record tells of it', () => {
    const [gone, living, held, unknown] = ['a', 'b', 'c', 'd'].map((name): Life => ({
      ref: refOf('member', name),
      generation: 1,
    })) as [Life, Life, Life, Life];
    const known = new Map([
      [lifeKey(gone), nothing],
      [lifeKey(living), { ...nothing, records: true }],
      [lifeKey(held), { ...nothing, held: true }],
    ]);
    expect(divide([gone, living, held, unknown], known)).toEqual({
      goes: [gone],
      again: [held],
      kept: { records: 2, hold: 1 },
    });
  });
});

describe('the next life after a key went', () => {
  const past = { wrapped: null, generation: 2, erasedThrough: 1 };
  const cookie = { type: 'cookie' as const, time: new Date('2020-01-01T00:00:00Z') };
  it('begins with any event after retention, and as ever after an erasure', () => {
    expect(isRetired({ ...past, retiredAt: new Date() })).toBe(true);
    expect(isRetired({ ...past, erasedThrough: 2, retiredAt: new Date() })).toBe(false);
    expect(isRetired(past)).toBe(false);
    expect(isRetired({ ...past, wrapped: 'x', retiredAt: new Date() })).toBe(false);
    expect(mayRenew({ isRetired: true }, cookie)).toBe(true);
    expect(mayRenew({ erasedAt: new Date('2019-01-01T00:00:00Z') }, cookie)).toBe(false);
  });
});

/** Keys, Kafka and lineage as far as a key that goes is concerned: an event takes time to become a record. */
function world() {
  let at = 0;
  const key = { generation: 1, isThere: true, mark: undefined as string | undefined };
  /** Sealed events by generation, where they are on their way. */
  let buffered: number[] = [];
  let sent: number[] = [];
  const records: number[] = [];
  let candidates: RetirableLife[] = [
    { _id: 'x', kind: 'life', ref: life.ref, generation: 1, notBefore: new Date(0) },
  ];
  let round: RetirementRound | undefined;
  const entries = new Map<string, AuditEntry>();
  let retired = 0;
  const store: RetirementStore = {
    candidates: (now) => Promise.resolve(candidates.filter(({ notBefore }) => notBefore <= now)),
    rounds: (now) => Promise.resolve(round !== undefined && round.notBefore <= now ? [round] : []),
    known: (lives) =>
      Promise.resolve(
        new Map(
          lives.map((one) => [lifeKey(one), { ...nothing, records: records.includes(one.generation) }]),
        ),
      ),
    begin(lives, now) {
      round =
        lives.length === 0 ? undefined : { _id: 'r', kind: 'round', lives, state: 'marking', notBefore: now };
      return Promise.resolve(round);
    },
    advance(_id, change) {
      if (round !== undefined) round = { ...round, ...change };
      return Promise.resolve();
    },
    again(lives, notBefore) {
      candidates.push(
        ...lives.map((one): RetirableLife => ({ _id: 'again', kind: 'life', ...one, notBefore })),
      );
      return Promise.resolve();
    },
    remove(ids) {
      candidates = candidates.filter(({ _id }) => !ids.includes(_id));
      if (ids.includes('r')) round = undefined;
      return Promise.resolve();
    },
    audit(entry) {
      const isNew = !entries.has(entry._id);
      entries.set(entry._id, entry);
      return Promise.resolve(isNew);
    },
    waiting: () => Promise.resolve(0),
  };
  const deps: RoundDependencies = {
    store,
    keys: {
      retire({ round: by, step, lives }) {
        const isIt = lives[0]?.generation === key.generation;
        if (step === 'mark' && key.isThere && isIt) key.mark = by;
        if (step === 'release' && key.mark === by) key.mark = undefined;
        if (step === 'destroy' && key.isThere && isIt && key.mark === by) key.isThere = false;
        return Promise.resolve(step === 'destroy' && !key.isThere && isIt ? [...lives] : []);
      },
    },
    positions: {
      collectionEnds: () => Promise.resolve({}),
      tagged: () => Promise.resolve(sent.length === 0),
      quarantineEnds: () => Promise.resolve({}),
      setAside: () => Promise.resolve(true),
    },
    holdsOn: () => Promise.resolve([]),
    graceMs: 10,
    now: () => new Date(at),
    onRetired: (n) => {
      retired += n;
      return Promise.resolve();
    },
  };
  return {
    deps,
    key,
    records: () => records,
    retired: () => retired,
    entries,
    /** One look of the loop. */
    async look() {
      at += 10;
      for (const one of await store.rounds(deps.now())) await takeStep(one, deps);
      await beginRound(deps);
    },
    seal() {
      if (!key.isThere) Object.assign(key, { generation: key.generation + 1, isThere: true });
      key.mark = undefined;
      buffered.push(key.generation);
    },
    send() {
      sent.push(...buffered);
      buffered = [];
    },
    tag() {
      records.push(...sent);
      sent = [];
    },
    /** As `keys` answered before the mark. */
    sealByOldAnswer() {
      buffered.push(key.generation);
    },
  };
}

describe('a key of which no record is left', () => {
  it('goes, and is counted once', async () => {
    const made = world();
    for (let n = 0; n < 6; n += 1) await made.look();
    expect(made.key).toEqual({ generation: 1, isThere: false, mark: 'r' });
    expect(made.retired()).toBe(1);
    expect([...made.entries.values()]).toMatchObject([
      { detail: { lives: 1, destroyed: 1, kept: { used: 0 } } },
    ]);
  });

  // When the next event is sealed, and how many looks later it is sent and tagged: each order that there is.
  const orders = Array.from({ length: 7 }, (_, seal) => seal).flatMap((seal) =>
    [0, 1].flatMap((send) => [0, 1, 2, 3].map((tag) => [seal, send, tag] as const)),
  );
  it.each(orders)(
    'never one that opens a record: sealed at look %i, sent %i and tagged %i later',
    async (sealAt, sendAfter, tagAfter) => {
      const made = world();
      for (let n = 0; n < 14; n += 1) {
        if (n === sealAt) made.seal();
        if (n === sealAt + sendAfter) made.send();
        if (n === sealAt + sendAfter + tagAfter) made.tag();
        await made.look();
      }
      expect(made.records()).toEqual([made.key.generation]);
      expect(made.key.isThere).toBe(true);
    },
  );

  it.each([0, 1, 2, 3])(
    'never one under which a producer sealed by an older answer, within the time of grace: tagged %i later',
    async (tagAfter) => {
      const made = world();
      for (let n = 0; n < 12; n += 1) {
        if (n === 2) {
          expect(made.key.mark).toBe('r');
          made.sealByOldAnswer();
          made.send();
        }
        if (n === 2 + tagAfter) made.tag();
        await made.look();
      }
      expect(made.records()).toEqual([1]);
      expect(made.key).toMatchObject({ isThere: true, mark: undefined });
    },
  );

  it('is told once where the end was cut off after the key had gone: the audit has it', async () => {
    const made = world();
    const { store } = made.deps;
    const audit = store.audit.bind(store);
    let isCut = true;
    store.audit = async (entry) => {
      const isNew = await audit(entry);
      if (isCut) {
        isCut = false;
        throw new Error('killed');
      }
      return isNew;
    };
    for (let n = 0; n < 8; n += 1) await made.look().catch(() => undefined);
    expect([...made.entries.values()]).toMatchObject([{ detail: { destroyed: 1 } }]);
    expect(made.retired()).toBe(0);
  });
});

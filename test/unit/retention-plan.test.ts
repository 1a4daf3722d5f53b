import { describe, expect, it } from '@jest/globals';
import { placesOf } from '@keiro/erase/expired';
import type { KnownCopy } from '@keiro/request/retention/copies';
import type { RecordFate } from '@keiro/request/retention/decide';
import { orphanFates } from '@keiro/request/retention/orphans';
import { planBatch, type PlanInput } from '@keiro/request/retention/plan';
import { stageOf } from '@keiro/request/stages';
import type { CopyDocument, RecordDocument } from '@keiro/schemas';
import { custodyGroup, groupKeyOf, locatorAssociated, seal, sealKeyOf } from '@keiro/sdk';
import { factOf, holderOf, minute, recordOf, refOf } from '../builders/lineage.ts';

const ref = refOf('member', 'hanako');
const life = `${ref}#1`;
const [one, two] = [recordOf(ref, 'e-1'), recordOf(ref, 'e-2')];
const over = (record: RecordDocument): RecordFate => ({
  record,
  verdict: 'erase',
  over: record.groups.map(({ group }) => group),
  kept: [],
});
const part = (record: RecordDocument, ...groups: string[]): RecordFate => ({
  record,
  verdict: 'partially',
  over: groups,
  kept: [{ group: 'C1.rest', fate: 'running' }],
});
const copyOf = (record: RecordDocument, holder: string, more: Partial<KnownCopy> = {}): KnownCopy => ({
  ...factOf(record, holder, 'held', minute(1)),
  locator: 'sealed',
  ...more,
});
const crm = holderOf('crm', {
  connector: {
    kind: 'mongodb',
    url: { env: 'A' },
    database: 'd',
    collections: [{ name: 'people', identifiers: {}, locator: '_id' }],
  },
});
const mailer = holderOf('mailer', { kind: 'processor' });
const partner = holderOf('partner', { kind: 'third-party' });
const site = holderOf('site', { kind: 'dr-site', replicates: ['crm'] });

const plan = (fates: readonly RecordFate[], copies: readonly KnownCopy[], more: Partial<PlanInput> = {}) =>
  planBatch(
    {
      fates,
      copies,
      holders: [crm, mailer, partner, site],
      erased: new Set(),
      beingErased: new Set(),
      day: '2026-06-01',
      ...more,
    },
    minute(60),
    minute(90),
  );
const told = (made: ReturnType<typeof plan>) =>
  Object.fromEntries(
    (made.goes?.tasks ?? []).map(({ holder, records, retention }) => [holder, { records, ...retention }]),
  );

describe('a batch of records that have ended (APPI 22)', () => {
  it('is one request with a task a holder, and the recovery site after its stores', () => {
    const made = plan([over(one), over(two)], [copyOf(one, 'crm'), copyOf(two, 'crm')]);
    const both = [one._id, two._id];
    expect(told(made)).toEqual({
      crm: { records: both, alone: true, whole: [] },
      site: { records: both, alone: false, whole: [] },
    });
    expect(made.goes).toMatchObject({
      request: { type: 'retention', lives: [], retention: { records: 2, lives: 1, byCategory: { C1: 2 } } },
      batch: { records: both, copies: both.map((id) => `${id}|crm|held`), lives: [{ ref, generation: 1 }] },
    });
    expect(made.goes?.request.retention?.unreported).toEqual({ mailer: 2 });
    const again = plan([over(two), over(one)], [copyOf(two, 'crm'), copyOf(one, 'crm')]);
    expect(again.goes?.request._id).toBe(made.goes?.request._id);
    const { request } = made.goes ?? {};
    if (request === undefined) throw new Error('there is a request');
    expect(stageOf(request)?.name).toBe('expire');
    expect(stageOf({ ...request, state: 'done' })).toBeUndefined();
  });

  it('says where a holder has other records of the person, whose row it may share', () => {
    expect(told(plan([over(one)], [copyOf(one, 'crm'), copyOf(two, 'crm')]))['crm']?.alone).toBe(false);
  });

  it('tells a holder of whole persons when nothing of the person is left there, and waits until then', () => {
    const waits = plan([over(one)], [copyOf(one, 'mailer'), copyOf(two, 'mailer')]);
    expect(waits).toEqual({ waiting: [{ record: one._id, wait: 'whole-person', holder: 'mailer' }] });
    const goes = plan([over(one), over(two)], [copyOf(one, 'mailer'), copyOf(two, 'mailer')]);
    expect(told(goes)).toEqual({
      mailer: { records: [], alone: true, whole: [{ ref, generation: 1 }] },
    });
    const unplaced = plan([over(one)], [copyOf(one, 'crm', { locator: undefined })]);
    expect(told(unplaced)['crm']).toMatchObject({ records: [], whole: [{ ref }] });
  });

  it('leaves a record everywhere that waits at one holder, and what would have gone with it', () => {
    const other = recordOf(ref, 'e-3');
    const copies = [
      copyOf(one, 'mailer'),
      copyOf(one, 'post'),
      copyOf(two, 'mailer'),
      copyOf(two, 'crm'),
      copyOf(other, 'post'),
    ];
    const post = holderOf('post');
    const made = plan([over(one), over(two)], copies, { holders: [crm, mailer, post] });
    expect(made.goes).toBeUndefined();
    expect(made.waiting.map(({ record, holder }) => [record, holder]).sort()).toEqual(
      [
        [one._id, 'post'],
        [two._id, 'mailer'],
      ].sort(),
    );
  });

  it('takes of a record that stays the copies that hold nothing but what is over', () => {
    const copies = [
      copyOf(one, 'crm', { groups: ['C1.identity'] }),
      copyOf(one, 'mailer', { groups: ['C1.identity', 'C1.rest'] }),
    ];
    const made = plan([part(one, 'C1.identity')], copies);
    expect(told(made)['crm']?.records).toEqual([one._id]);
    expect(made.goes?.batch).toMatchObject({ records: [], copies: [`${one._id}|crm|held`] });
    expect(told(made)).not.toHaveProperty('mailer');
    expect(plan([part(one, 'C1.other')], copies)).toEqual({ waiting: [] });
  });

  it('tells no third party, nobody of what is removed or proven gone, and waits for a deletion', () => {
    const theirs = plan([over(one)], [copyOf(one, 'partner')]);
    expect(theirs.goes?.tasks).toEqual([]);
    expect(theirs.goes?.request.retention?.notOurs).toBe(1);
    const removed = copyOf(one, 'crm', { _id: `${one._id}|crm|removed`, action: 'removed', at: minute(2) });
    expect(plan([over(one)], [copyOf(one, 'crm'), removed]).goes?.tasks).toEqual([]);
    const gone = plan([over(one)], [copyOf(one, 'crm')], { erased: new Set([life]) });
    expect(gone.goes?.tasks).toEqual([]);
    expect(gone.goes?.batch.records).toEqual([one._id]);
    expect(plan([over(one)], [copyOf(one, 'crm')], { beingErased: new Set([life]) })).toEqual({
      waiting: [{ record: one._id, wait: 'deletion' }],
    });
    expect(plan([over(one)], [copyOf(one, 'stranger')]).waiting).toMatchObject([{ wait: 'unknown-holder' }]);
  });
});

describe('a life that fills several batches', () => {
  const there = [copyOf(one, 'mailer'), copyOf(two, 'mailer')];

  it('is told as a whole with each of them, once nothing else of it is there', () => {
    expect(plan([over(one)], there).waiting).toMatchObject([{ wait: 'whole-person' }]);
    const made = plan([over(one)], there, { beside: [over(two)] });
    expect(told(made)).toMatchObject({ mailer: { whole: [{ ref, generation: 1 }] } });
    expect(made.goes?.batch.records).toEqual([one._id]);
  });

  it('needs no look at other rows where all of them go', () => {
    const copies = [copyOf(one, 'crm'), copyOf(two, 'crm')];
    expect(told(plan([over(one)], copies, { beside: [over(two)] }))['crm']).toMatchObject({ alone: true });
    expect(told(plan([over(one)], copies))['crm']).toMatchObject({ alone: false });
    // What is over of the other is not what this holder has of it: one row may hold both.
    const partly = copyOf(two, 'crm', { groups: ['C1.rest'] });
    expect(
      told(plan([over(one), part(two, 'C1.account')], [copyOf(one, 'crm'), partly]))['crm'],
    ).toMatchObject({
      alone: false,
    });
  });
});

describe('the batch of what has ended', () => {
  const placesIn = (...given: Parameters<typeof plan>) => plan(...given).goes?.batch.places;
  const place = (record: RecordDocument) => [{ record: record._id, ref, generation: 1, locator: 'sealed' }];

  it('has the places of holders that are told of copies and hold nothing else', () => {
    expect(placesIn([over(one)], [copyOf(one, 'crm')])).toEqual({ crm: place(one) });
    expect(placesIn([over(one)], [copyOf(one, 'crm'), copyOf(two, 'crm')])).toEqual({});
    expect(placesIn([over(one)], [copyOf(one, 'crm'), copyOf(one, 'mailer')])).toEqual({ crm: place(one) });
    expect(placesIn([over(one)], [copyOf(one, 'crm')], { erased: new Set([life]) })).toEqual({});
  });

  it('has none of a copy that was removed, or that also holds what goes on', () => {
    const removed: KnownCopy = { ...copyOf(two, 'crm'), action: 'removed', at: minute(2) };
    expect(placesIn([over(one), over(two)], [copyOf(one, 'crm'), copyOf(two, 'crm'), removed])).toEqual({
      crm: place(one),
    });
    const whole = copyOf(two, 'crm', { groups: ['C1.rest'] });
    const goes = plan([over(one), part(two, 'C1.account')], [copyOf(one, 'crm'), whole]);
    expect(goes.goes?.batch.places).toEqual({});
  });
});

describe('where a holder has what has ended', () => {
  const custodyKey = groupKeyOf(Buffer.alloc(32, 7), custodyGroup);
  const lives = [
    { ref, generation: 1, kind: 'member', value: 'hanako', custodyKey: custodyKey.toString('base64') },
  ];
  let iv = 0;
  const held = (record: RecordDocument, place: string): CopyDocument => ({
    ...factOf(record, 'crm', 'held', minute(1)),
    locator: seal(
      sealKeyOf(custodyKey, 'crm'),
      Buffer.from(place),
      locatorAssociated('crm', record._id),
      Buffer.alloc(12, (iv += 1)),
    ),
  });
  const found = (reports: readonly CopyDocument[], of = lives) => {
    const { places, kept } = placesOf([one._id], reports, of, new Set());
    return { places: [...(places.get('crm') ?? [])], kept };
  };

  it('is its place, unless the row also holds what has not ended', () => {
    expect(found([held(one, 'row-1'), held(two, 'row-2')])).toEqual({ places: ['row-1'], kept: [] });
    expect(found([held(two, 'row-1'), held(one, 'row-1')])).toEqual({ places: [], kept: [one._id] });
    const removed = factOf(two, 'crm', 'removed', minute(2));
    expect(found([held(two, 'row-1'), held(one, 'row-1'), removed])).toEqual({ places: ['row-1'], kept: [] });
  });

  it('is unknown of a life that was erased since, and wrong where it does not open', () => {
    expect(found([held(one, 'row-1')], [])).toEqual({ places: [], kept: [one._id] });
    const wrong = { ...held(one, 'row-1'), locator: held(two, 'row-1').locator ?? '' };
    expect(() => found([wrong])).toThrow('does not open');
  });
});

describe('copies of a record that is gone', () => {
  const report = (n: number) => ({ ...factOf(one, 'crm', 'held', minute(n)), locator: 'sealed' });
  it('go as if it had just ended, in a request of their own each time that they are reported', () => {
    const fates = orphanFates([report(5)]);
    const [first, again, later] = [report(5), report(5), report(6)].map((copy) =>
      plan(fates, [copy], { anew: true }),
    );
    expect(told(first ?? plan([], []))).toMatchObject({ crm: { records: [one._id] } });
    expect(first?.goes?.batch).toMatchObject({ records: [one._id], copies: [report(5)._id] });
    expect(again?.goes?.request._id).toBe(first?.goes?.request._id);
    expect(later?.goes?.request._id).not.toBe(first?.goes?.request._id);
    // As it went in its time.
    expect(plan(fates, [report(5)]).goes?.request._id).not.toBe(first?.goes?.request._id);
  });
});

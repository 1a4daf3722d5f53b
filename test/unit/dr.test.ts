import { describe, expect, it } from '@jest/globals';
import { restoreText } from '@keiro/cli/dr-restore';
import { drStatusText } from '@keiro/cli/dr-status';
import { painter } from '@keiro/cli/output';
import { outlivedBy, sitesOf, type DoneDeletion } from '@keiro/query/dr';
import { toSeries } from '@keiro/query/snapshots';
import type { DrAnswer, RestoreView, SnapshotDocument } from '@keiro/schemas';
import { holderOf, minute, provenTask, snapshotOf } from '../builders/lineage.ts';

/* T3: what is at a site, and what outlives a deletion there. */

const image = (at: number, more: Partial<SnapshotDocument> = {}) =>
  snapshotOf('site', 'crm', minute(at), { mutable: false, snapshot: `image-${String(at)}`, ...more });
const replica = (at: number) => snapshotOf('site', 'crm', minute(at), { snapshot: `replica-${String(at)}` });

describe('a site', () => {
  const site = holderOf('site', { kind: 'dr-site', replicates: ['crm', 'billing'] });

  it('shows the newest watermark, the lag, and what exists', () => {
    const snapshots = [
      image(1, { expiresAt: minute(30) }),
      image(2, { expiresAt: minute(70) }),
      image(3, { expiresAt: minute(60) }),
      replica(4),
      replica(5),
    ];
    const [shown] = sitesOf([holderOf('crm'), site], snapshots, minute(40));
    expect(shown?.stores).toEqual([
      { store: 'billing', alive: 0, immutable: 0 },
      {
        store: 'crm',
        newest: expect.objectContaining({ snapshot: 'replica-5', mutable: true }) as unknown,
        lagSeconds: 35 * 60,
        // The first image has expired, and of a replica only the newest state exists.
        alive: 3,
        immutable: 2,
        nextExpiry: minute(60).toISOString(),
      },
    ]);
  });

  it('is also who reports snapshots without being registered as one; a store is none', () => {
    expect(
      sitesOf([holderOf('crm'), holderOf('site')], [image(1)], minute(2)).map(({ holder }) => holder),
    ).toEqual(['site']);
    expect(sitesOf([holderOf('crm')], [], minute(2))).toEqual([]);
  });
});

describe('what outlives a deletion', () => {
  const goneAt = minute(20);
  const deletion = (more: Partial<DoneDeletion> = {}): DoneDeletion => ({
    request: 'r-1',
    isDone: true,
    doneAt: minute(21),
    tasks: new Map([['crm', provenTask('r-1', 'crm', goneAt)]]),
    ...more,
  });
  const since = (at: number) => (store: string) => (store === 'crm' ? minute(at) : undefined);
  const outlived = (snapshots: SnapshotDocument[], heldAt = since(5), one = deletion(), now = minute(40)) =>
    outlivedBy(one, toSeries(snapshots), heldAt, now).map(({ snapshot, snapshots: n, until }) => [
      snapshot,
      n,
      until,
    ]);

  it('is every image taken between the first copy and the sweep, until the last of them ends', () => {
    const images = [
      image(4, { expiresAt: minute(90) }),
      image(6, { expiresAt: minute(60) }),
      image(10, { expiresAt: minute(80) }),
      image(11, { expiresAt: minute(30) }),
      image(25, { expiresAt: minute(99) }),
    ];
    expect(outlived(images)).toEqual([['image-10', 2, minute(80).toISOString()]]);
    expect(outlived(images, since(5), deletion(), minute(85))).toEqual([]);
  });

  it('has no known day where nobody said when the image ends', () => {
    expect(outlived([image(10, { expiresAt: minute(60) }), image(6)])).toEqual([['image-6', 2, undefined]]);
  });

  it('is a replica until it is overwritten, or swept itself', () => {
    expect(outlived([replica(10)])).toEqual([['replica-10', 1, undefined]]);
    expect(outlived([replica(10), replica(25)])).toEqual([]);
    const swept = deletion({
      tasks: new Map([
        ['crm', provenTask('r-1', 'crm', goneAt)],
        ['site', provenTask('r-1', 'site', minute(22))],
      ]),
    });
    expect(outlived([replica(10)], since(5), swept)).toEqual([]);
  });

  it('is nothing where the store held nothing; what it removed without having reported it counts', () => {
    const nothing = {
      ...provenTask('r-1', 'crm', goneAt),
      receipt: { affected: 0, detail: {}, probe: { at: goneAt, found: 0 } },
    };
    const unheld = () => undefined;
    expect(outlived([image(10)], unheld, deletion({ tasks: new Map([['crm', nothing]]) }))).toEqual([]);
    expect(outlived([image(10)], unheld)).toEqual([['image-10', 1, undefined]]);
    expect(outlived([image(10)], since(5), deletion({ tasks: new Map() }))).toEqual([]);
  });
});

describe('keiro dr says', () => {
  const plain = painter(false);
  const empty: DrAnswer = { asOf: minute(40).toISOString(), sites: [], outlived: [], cut: false, closed: [] };

  it('so where there is nothing, in both languages', () => {
    const text = drStatusText(empty, 'both', plain);
    expect(text).toContain('災害対策拠点は登録されていません。 No DR site is registered.');
    expect(text).toContain('No snapshot outlives a deletion.');
    expect(text).toContain('No gate is closed.');
    const site = {
      holder: 'site',
      name: { ja: '拠点', en: 'Site' },
      country: 'SG',
      basis: 'entrustment',
      abroad: 'equivalent-system',
    };
    const asked = { ...empty, sites: [{ ...site, stores: [{ store: 'crm', alive: 0, immutable: 0 }] }] };
    expect(drStatusText(asked, 'en', plain)).toMatch(
      /site {2}Site {2}SG {2}basis: entrustment, equivalent-system\n.*\ncrm +nothing reported +0 +0/,
    );
  });

  it('until when a deletion is not whole, or that nobody knows', () => {
    const one = {
      request: 'r-1',
      doneAt: minute(21).toISOString(),
      holder: 'site',
      store: 'crm',
      snapshots: 2,
      snapshot: 'image-10',
    };
    const text = drStatusText(
      {
        ...empty,
        outlived: [
          { ...one, mutable: false, until: '2026-03-31T00:00:00.000Z' },
          { ...one, mutable: false },
          { ...one, mutable: true },
        ],
      },
      'en',
      plain,
    );
    expect(text).toContain('erased, snapshots until 2026-03-31');
    expect(text).toContain('erased, snapshots with no known end');
    expect(text).toContain('erased, in the replica until the next snapshot');
  });

  it('what a restore still wants, and what nobody can judge', () => {
    const counts = { rows: 1200, gone: 3, flags: 1, unjudged: 2 };
    const view: RestoreView = {
      id: 'rst-1',
      holder: 'crm',
      watermark: minute(0).toISOString(),
      state: 'checked',
      declaredAt: minute(1).toISOString(),
      by: 'operator',
      check: {
        at: minute(2).toISOString(),
        counts,
        decided: [
          { type: 'correction', requests: 1, persons: 1, refs: 1, replayed: false },
          { type: 'deletion', requests: 3, persons: 3, refs: 6, replayed: true },
        ],
      },
      steps: [],
    };
    const text = restoreText(view, 'en', plain);
    expect(text).toMatch(/correction +1 +1 +1 +to be repeated by hand/);
    expect(text).toMatch(/deletion +3 +3 +6 +replayed/);
    expect(text).toContain('rows 1,200  of ended lives 3  wrong flags 1  cannot be judged 2');
    expect(text).toContain('no identifier that Keiro knows');
    expect(text).toContain('next: keiro dr replay rst-1 --wait');
    expect(restoreText({ ...view, state: 'open' }, 'ja', plain)).toContain('ゲートは開いています。');
  });
});

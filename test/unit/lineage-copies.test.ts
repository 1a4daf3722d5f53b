import { describe, expect, it } from '@jest/globals';
import { copiesOf, type Erasure } from '@keiro/query/copies';
import { toSeries } from '@keiro/query/snapshots';
import type { CopyDocument, LineageCopy, SnapshotDocument, TaskDocument } from '@keiro/schemas';
import { factOf, minute, provenTask, recordOf, refOf, snapshotOf, taskOf } from '../builders/lineage.ts';

const record = recordOf(refOf('member', 'suzuki'), 'e-1');
const held = (n: number, holder = 'crm') => factOf(record, holder, 'held', minute(n));
const removed = (n: number, holder = 'crm') => factOf(record, holder, 'removed', minute(n));
const withheld = (n: number, holder = 'crm') => factOf(record, holder, 'withheld', minute(n));
const erasure = (...tasks: TaskDocument[]): Erasure => ({
  request: 'r-1',
  isDone: false,
  tasks: new Map(tasks.map((task) => [task.holder, task])),
});
const replica = (n: number) => snapshotOf('dr', 'crm', minute(n));
const image = (n: number, expires: number) =>
  snapshotOf('dr', 'crm', minute(n), { mutable: false, expiresAt: minute(expires) });

interface Case {
  readonly name: string;
  readonly facts: readonly CopyDocument[];
  readonly snapshots?: readonly SnapshotDocument[];
  readonly erasure?: Erasure;
  /** `<holder> <state> <minute since>`, with what else marks the copy. */
  readonly copies: readonly string[];
}

const reported: Case[] = [
  { name: 'a copy is held', facts: [held(1)], copies: ['crm held 1'] },
  { name: 'a copy was removed', facts: [removed(5), held(1)], copies: ['crm removed 5'] },
  {
    name: 'a removal outweighs a copy of the same instant',
    facts: [held(5), removed(5)],
    copies: ['crm removed 5'],
  },
  { name: 'a copy is there again after a removal', facts: [removed(5), held(9)], copies: ['crm held 9'] },
  { name: 'an event was withheld', facts: [withheld(2)], copies: ['crm withheld 2'] },
  { name: 'a withheld event was delivered on resume', facts: [withheld(2), held(8)], copies: ['crm held 8'] },
  {
    name: 'a second delivery was withheld, the first one is still there',
    facts: [held(1), withheld(4)],
    copies: ['crm held 1'],
  },
  {
    name: 'several holders, in the order of their names',
    facts: [held(3, 'sessions'), held(1, 'billing')],
    copies: ['billing held 1', 'sessions held 3'],
  },
  {
    name: 'a deletion is under way',
    facts: [held(1)],
    erasure: erasure(taskOf('r-1', 'crm')),
    copies: ['crm erasing 31 r-1'],
  },
  {
    name: 'the holder swept, and its probe found something: not erased',
    facts: [held(1)],
    erasure: erasure(
      taskOf('r-1', 'crm', {
        state: 'done',
        receipt: { affected: 1, detail: {}, probe: { at: minute(40), found: 2 } },
      }),
    ),
    copies: ['crm erasing 31 r-1'],
  },
  {
    name: 'done without any probe: not erased',
    facts: [held(1)],
    erasure: erasure(taskOf('r-1', 'crm', { state: 'done', receipt: { affected: 1, detail: {} } })),
    copies: ['crm erasing 31 r-1'],
  },
  {
    name: 'the probe found nothing',
    facts: [held(1)],
    erasure: erasure(provenTask('r-1', 'crm', minute(40))),
    copies: ['crm erased 40 r-1'],
  },
  {
    name: 'one holder is done and another is not',
    facts: [held(1), held(2, 'sessions')],
    erasure: erasure(provenTask('r-1', 'crm', minute(40)), taskOf('r-1', 'sessions', { state: 'failed' })),
    copies: ['crm erased 40 r-1', 'sessions erasing 31 r-1'],
  },
  {
    name: 'a holder that has no task keeps what it has',
    facts: [held(1, 'stranger')],
    erasure: erasure(provenTask('r-1', 'crm', minute(40))),
    copies: ['stranger held 1'],
  },
  {
    name: 'a copy is reported after its erasure was proven',
    facts: [held(50)],
    erasure: erasure(provenTask('r-1', 'crm', minute(40))),
    copies: ['crm held 50 r-1 again'],
  },
  {
    name: 'what was withheld comes no more once its person is erased',
    facts: [withheld(2)],
    erasure: erasure(provenTask('r-1', 'crm', minute(40))),
    copies: ['crm erased 40 r-1'],
  },
  {
    name: 'what was withheld waits while the deletion can still be taken back',
    facts: [withheld(2)],
    erasure: erasure(taskOf('r-1', 'crm')),
    copies: ['crm withheld 2'],
  },
];

const derived: Case[] = [
  { name: 'a snapshot before the copy', facts: [held(5)], snapshots: [replica(4)], copies: ['crm held 5'] },
  {
    name: 'a snapshot whose watermark is the very instant',
    facts: [held(5)],
    snapshots: [replica(5)],
    copies: ['crm held 5', 'dr held 5 ←crm/s-5'],
  },
  {
    name: 'of a replica only the newest state exists',
    facts: [held(5)],
    snapshots: [replica(9), replica(6), replica(7)],
    copies: ['crm held 5', 'dr held 9 ←crm/s-9'],
  },
  {
    name: 'gone from the store before the newest snapshot: gone from the replica',
    facts: [held(5), removed(8)],
    snapshots: [replica(6), replica(9)],
    copies: ['crm removed 8', 'dr removed 9 ←crm/s-6'],
  },
  {
    name: 'gone from the store after the newest snapshot: still in the replica',
    facts: [held(5), removed(8)],
    snapshots: [replica(6)],
    copies: ['crm removed 8', 'dr held 6 ←crm/s-6'],
  },
  {
    name: 'never at the site: the store had it between two snapshots only',
    facts: [held(5), removed(6)],
    snapshots: [replica(4), replica(9)],
    copies: ['crm removed 6'],
  },
  {
    name: 'a snapshot of another store says nothing',
    facts: [held(5, 'billing')],
    snapshots: [replica(9)],
    copies: ['billing held 5'],
  },
  {
    name: 'withheld from the store: not at the site either',
    facts: [withheld(5)],
    snapshots: [replica(9)],
    copies: ['crm withheld 5'],
  },
  {
    name: 'the store is swept, the site is not',
    facts: [held(5)],
    snapshots: [replica(9)],
    erasure: erasure(provenTask('r-1', 'crm', minute(40)), taskOf('r-1', 'dr')),
    copies: ['crm erased 40 r-1', 'dr erasing 31 r-1 ←crm/s-9'],
  },
  {
    name: 'the site is swept too',
    facts: [held(5)],
    snapshots: [replica(9)],
    erasure: erasure(provenTask('r-1', 'crm', minute(40)), provenTask('r-1', 'dr', minute(41))),
    copies: ['crm erased 40 r-1', 'dr erased 41 r-1 ←crm/s-9'],
  },
  {
    name: 'erased at the site, and later snapshots do not hide that it was there',
    facts: [held(5)],
    snapshots: [replica(9), replica(45), replica(50)],
    erasure: erasure(provenTask('r-1', 'crm', minute(40)), provenTask('r-1', 'dr', minute(41))),
    copies: ['crm erased 40 r-1', 'dr erased 41 r-1 ←crm/s-9'],
  },
  {
    name: 'a snapshot begun before the sweep ends after the site was probed: it may have brought it back',
    facts: [held(5)],
    snapshots: [snapshotOf('dr', 'crm', minute(39), { takenAt: minute(42) })],
    erasure: erasure(provenTask('r-1', 'crm', minute(40)), provenTask('r-1', 'dr', minute(41))),
    copies: ['crm erased 40 r-1', 'dr held 42 r-1 ←crm/s-39 again'],
  },
  {
    name: 'and the next snapshot overwrites it',
    facts: [held(5)],
    snapshots: [snapshotOf('dr', 'crm', minute(39), { takenAt: minute(42) }), replica(50)],
    erasure: erasure(provenTask('r-1', 'crm', minute(40)), provenTask('r-1', 'dr', minute(41))),
    copies: ['crm erased 40 r-1', 'dr erased 50 r-1 ←crm/s-39'],
  },
  {
    name: 'an image keeps it until it expires, whatever its task says',
    facts: [held(5)],
    snapshots: [image(6, 200), image(7, 300), image(50, 400)],
    erasure: erasure(provenTask('r-1', 'crm', minute(40)), provenTask('r-1', 'dr', minute(41))),
    copies: ['crm erased 40 r-1', 'dr held 7 r-1 ←crm/s-7 until 300'],
  },
  {
    name: 'an image that has expired holds nothing',
    facts: [held(5)],
    snapshots: [image(6, 55)],
    copies: ['crm held 5', 'dr removed 55 ←crm/s-6 until 55'],
  },
];

/** Whole minutes, because a snapshot is taken some seconds after its watermark. */
const minutes = (instant: string) => Math.floor((Date.parse(instant) - minute(0).getTime()) / 60_000);

function describeCopy(copy: LineageCopy): string {
  return [
    `${copy.holder} ${copy.state} ${String(minutes(copy.at))}`,
    ...(copy.request === undefined ? [] : [copy.request]),
    ...(copy.derivedFrom === undefined ? [] : [`←${copy.derivedFrom.store}/${copy.derivedFrom.snapshot}`]),
    ...(copy.until === undefined ? [] : [`until ${String(minutes(copy.until))}`]),
    ...(copy.afterErasure === true ? ['again'] : []),
  ].join(' ');
}

const run = ({ facts, snapshots = [], erasure: covering }: Case) =>
  copiesOf(facts, toSeries(snapshots), covering, minute(60)).map(describeCopy);

describe('a copy that a holder reported', () => {
  it.each(reported)('$name', (one) => {
    expect(run(one)).toEqual(one.copies);
  });
});

describe('a copy that follows from a snapshot (T3)', () => {
  it.each(derived)('$name', (one) => {
    expect(run(one)).toEqual(one.copies);
  });

  it('is the same in whatever order facts and snapshots were read', () => {
    for (const { facts, snapshots = [], erasure: covering, copies } of [...reported, ...derived]) {
      const again = copiesOf(facts.toReversed(), toSeries(snapshots.toReversed()), covering, minute(60));
      expect(again.map(describeCopy)).toEqual(copies);
    }
  });
});

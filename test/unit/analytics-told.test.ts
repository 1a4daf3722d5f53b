import { describe, expect, it } from '@jest/globals';
import { Tally } from '@keiro/erase/attempt';
import { copiesOf, type Erasure } from '@keiro/query/copies';
import { isProven } from '@keiro/query/erasures';
import { tagCopiesOf } from '@keiro/query/tag-copies';
import { progressOf } from '@keiro/request/progress';
import type { TaskDocument } from '@keiro/schemas';
import { factOf, holderOf, minute, provenTask, recordOf, refOf, taskOf } from '../builders/lineage.ts';

/* Told, no control (G1): a holder that takes a deletion, and at which nobody can look. */

const toldTask = (holder: string, n: number): TaskDocument =>
  taskOf('r-1', holder, {
    state: 'done',
    receipt: { affected: 1, detail: {}, sweptAt: minute(n), told: { at: minute(n), identifiers: 1 } },
    doneAt: minute(n),
  });
const erasure = (...tasks: TaskDocument[]): Erasure => ({
  request: 'r-1',
  isDone: false,
  tasks: new Map(tasks.map((task) => [task.holder, task])),
});
const record = recordOf(refOf('cookie', 'browser'), 'e-1', { category: 'C3', time: minute(1) });
const analytics = holderOf('analytics', { kind: 'analytics', categories: ['C3'], purposes: ['quality'] });
const groups = [
  { group: 'C3.usage', purposes: ['statistics', 'quality'] },
  { group: 'C3.subject', purposes: ['membership'] },
];
const sent = (one: Erasure | undefined, holders = [analytics], time = minute(1)) =>
  tagCopiesOf({ ...record, time }, groups, holders, new Set(), one);

describe('a deletion at a holder that can only be told', () => {
  it('is done when it was told, and by nobody called erased there', () => {
    const told = toldTask('analytics', 40);
    expect(progressOf([told]).outcome).toBe('done');
    expect(progressOf([{ ...told, receipt: { affected: 1, detail: {} } }]).outcome).toBe('carrying-out');
    const held = factOf(record, 'analytics', 'held', minute(1));
    expect(copiesOf([held], [], erasure(told), minute(60))).toMatchObject([
      { state: 'told', at: minute(40).toISOString(), request: 'r-1' },
    ]);
    expect(sent(erasure(told))).toMatchObject([{ state: 'told', at: minute(40).toISOString() }]);
  });

  it('lets a person be erased once every other holder has proven it', () => {
    const told = toldTask('analytics', 40);
    expect(isProven(erasure(told, provenTask('r-1', 'crm', minute(41))))).toBe(true);
    expect(isProven(erasure(told, taskOf('r-1', 'crm')))).toBe(false);
    expect(isProven(erasure(taskOf('r-1', 'analytics')))).toBe(false);
  });

  it('has the earliest of its answers as evidence', () => {
    const tally = new Tally();
    expect(tally.told).toBeUndefined();
    for (const n of [5, 3, 4]) tally.tell(minute(n));
    expect(tally.told).toEqual({ at: minute(3), identifiers: 3 });
  });
});

describe('a copy at analytics', () => {
  it('follows from a page view for its purpose, as the browser’s tag has sent it', () => {
    expect(sent(undefined)).toEqual([
      {
        holder: 'analytics',
        state: 'held',
        at: minute(1).toISOString(),
        purpose: 'quality',
        groups: ['C3.usage'],
        byTag: true,
      },
    ]);
    expect(sent(erasure(taskOf('r-1', 'analytics')))).toMatchObject([{ state: 'erasing', request: 'r-1' }]);
    expect(sent(erasure(toldTask('analytics', 40)), [analytics], minute(50))).toMatchObject([
      { state: 'held', afterErasure: true },
    ]);
  });

  it('follows from nothing else', () => {
    expect(sent(undefined, [holderOf('crm', { categories: ['C3'], purposes: ['quality'] })])).toEqual([]);
    expect(sent(undefined, [{ ...analytics, categories: ['C4'] }])).toEqual([]);
    expect(sent(undefined, [{ ...analytics, purposes: ['marketing'] }])).toEqual([]);
    expect(tagCopiesOf(record, groups, [analytics], new Set(['analytics']), undefined)).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { PoisonError } from '@keiro/runtime';
import { recordId, type CopyReport, type SnapshotReport } from '@keiro/schemas';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { receive } from '@keiro/transfer/receive';

const at = new Date('2026-04-01T01:00:00.000Z');
const life = lifeOf('member', 'taro');
const record = recordId(life, 'demo-site', 'e-1');

const copy: CopyReport = {
  holder: 'crm',
  action: 'held',
  record,
  ref: life.ref,
  generation: life.generation,
  category: 'C1',
  groups: ['C1.identity'],
  purpose: 'membership',
  locator: Buffer.from('sealed').toString('base64'),
  at: '2026-04-01T00:59:59.000Z',
};
const snapshot: SnapshotReport = {
  holder: 'dr',
  store: 'crm',
  snapshot: 's-1',
  watermark: '2026-04-01T00:00:00.000Z',
  takenAt: '2026-04-01T00:00:05.000Z',
  expiresAt: '2026-05-01T00:00:00.000Z',
  mutable: true,
  rows: 12,
};

const receiveCopy = (value: unknown) => receive({ topic: 'custody.copies' }, { value, schemaId: 1 }, at);
const receiveSnapshot = (value: unknown) =>
  receive({ topic: 'custody.snapshots' }, { value, schemaId: 1 }, at);

describe('a report of a copy', () => {
  it('becomes a fact of its record, holder and action', () => {
    expect(receiveCopy(copy)).toEqual({
      copy: { ...copy, _id: `${record}|crm|held`, at: new Date(copy.at), reportedAt: at },
      holders: ['crm'],
    });
  });

  it('keeps the position of a withheld event', () => {
    const position = { topic: 'collection.registration', partition: 1, offset: '7' };
    const received = receiveCopy({ ...copy, action: 'withheld', locator: undefined, position });
    expect(received).toMatchObject({ copy: { _id: `${record}|crm|withheld`, position } });
  });

  const stranger = 'hanako@stranger.example';
  it.each<{ name: string; change: Record<string, unknown>; detail: RegExp }>([
    {
      name: 'a record of another person',
      change: { record: recordId(lifeOf('member', 'jiro'), 'demo-site', 'e-1') },
      detail: /^record: /,
    },
    { name: 'a record of another generation', change: { generation: 2 }, detail: /^record: / },
    {
      name: 'a record id with a value in it',
      change: { record: `${life.ref}#1/${stranger}` },
      detail: /^record: /,
    },
    { name: 'a category that does not exist', change: { category: 'C9' }, detail: /^category: / },
    { name: 'a group of another category', change: { groups: ['C5.books'] }, detail: /^groups: / },
    { name: 'a purpose that is none', change: { purpose: stranger }, detail: /^purpose: / },
    { name: 'a field nobody knows', change: { [stranger]: stranger }, detail: /\(value\) unrecognized_keys/ },
    { name: 'no time', change: { at: stranger }, detail: /: at / },
    { name: 'an action that is none', change: { action: stranger }, detail: /: action / },
  ])('with $name is refused, and its value is not repeated', ({ change, detail }) => {
    const received = receiveCopy({ ...copy, ...change });
    expect(received).toEqual({ refused: { reason: 'malformed', detail: expect.stringMatching(detail) } });
    expect(JSON.stringify(received)).not.toContain(stranger);
  });
});

describe('a report of a snapshot', () => {
  it('becomes a fact, and names the holder and the store', () => {
    expect(receiveSnapshot(snapshot)).toEqual({
      snapshot: {
        ...snapshot,
        _id: 'dr|crm|s-1',
        watermark: new Date(snapshot.watermark),
        takenAt: new Date(snapshot.takenAt),
        expiresAt: new Date('2026-05-01T00:00:00.000Z'),
        reportedAt: at,
      },
      holders: ['dr', 'crm'],
    });
  });

  it('is not taken for a report of a copy, nor the other way round', () => {
    expect(receiveCopy(snapshot)).toMatchObject({ refused: { reason: 'malformed' } });
    expect(receiveSnapshot(copy)).toMatchObject({ refused: { reason: 'malformed' } });
  });
});

describe('what could not be decoded', () => {
  it.each(['unreadable', 'unknown-schema'] as const)('is refused as %s', (code) => {
    const received = receive({ topic: 'custody.copies' }, new PoisonError(code, 'said so'), at);
    expect(received).toEqual({ refused: { reason: code, detail: 'said so' } });
  });
});

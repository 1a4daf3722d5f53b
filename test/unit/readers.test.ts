import { describe, expect, it } from '@jest/globals';
import {
  acknowledgementId,
  acknowledgementOf,
  readerId,
  readerView,
  reconcile,
  type AcknowledgementDocument,
  type ReaderDocument,
  type ReadersAnswer,
  type Sighting,
} from '@keiro/schemas';
import { readersLines } from '@keiro/cli/readers';
import { sightingOf } from '@keiro/transfer/look';
import { standingOf, undeclared } from '@keiro/transfer/undeclared';
import { minute } from '../builders/lineage.ts';

const crm = { id: 'crm', purposes: ['membership', 'service'], readers: { kafkaGroups: ['crm-report'] } };
const known = { holders: [crm], suffix: '-blue' };
const topic = 'collection.registration';

describe('a consumer group on a topic of persons', () => {
  it.each([
    ['keiro.tag', 'keiro'],
    ['keiro.tag-blue', 'keiro'],
    ['keiro.quarantine-blue', 'keiro'],
    ['keiro.transfer', 'keiro'],
    ['keiro.request-blue', 'keiro'],
    ['keiro.holder.crm.membership', 'declared'],
    ['keiro.holder.crm.service.withheld', 'declared'],
    ['keiro.holder.crm.service-blue.withheld', 'declared'],
    ['keiro.directives.crm', 'declared'],
    ['keiro.directives.stranger', 'undeclared'],
    ['crm-report', 'declared'],
    // A name that only looks like one of ours.
    ['keiro.tag-green', 'undeclared'],
    ['keiro.tagger', 'undeclared'],
    ['keiro.collect', 'undeclared'],
    // The holder is registered, for this purpose it is not.
    ['keiro.holder.crm.marketing', 'undeclared'],
    ['keiro.holder.crm.marketing.withheld', 'undeclared'],
    ['keiro.holder.stranger.membership', 'undeclared'],
    ['keiro.holder.crm', 'undeclared'],
    ['console-consumer-1', 'undeclared'],
  ] as const)('%s is %s', (name, standing) => {
    expect(standingOf({ name, topics: [topic] }, known)).toBe(standing);
  });

  it('that follows standing is known while it reads nothing else', () => {
    const name = 'keiro.follow.crm.demo-crm.1f0c';
    expect([
      standingOf({ name, topics: ['rights.standing'] }, known),
      standingOf({ name, topics: ['rights.standing', topic] }, known),
      standingOf({ name: 'keiro.follow.keys.keiro-keys.1f0c', topics: [] }, known),
      standingOf({ name: 'keiro.follow.stranger.x.1f0c', topics: [] }, known),
    ]).toEqual(['declared', 'undeclared', 'keiro', 'undeclared']);
  });

  it('is told apart from the others in one look', () => {
    const groups = ['keiro.tag', 'report', 'crm-report'].map((name) => ({ name, topics: [topic] }));
    expect(undeclared(groups, known).map(({ name }) => name)).toEqual(['report']);
  });
});

describe('what the cluster tells of a group', () => {
  const around = { topics: [topic, 'quarantine'], ends: { [topic]: { 0: '10', 1: '5' } }, known };
  const member = { client: 'app', host: '10.0.0.7', topics: [topic] };

  it('is a reader by what it has committed, with its lag', () => {
    expect(
      sightingOf(
        'report',
        { group: 'report', told: true, members: [] },
        { [topic]: { 0: '4', 1: '5' } },
        around,
      ),
    ).toMatchObject({ name: 'report', reads: [topic], lag: { [topic]: 6 }, members: [], declared: false });
  });

  it('is one by what its members are assigned, with a lag that nobody knows yet', () => {
    expect(
      sightingOf('report', { group: 'report', told: true, members: [member] }, {}, around),
    ).toMatchObject({
      reads: [topic],
      lag: { [topic]: null },
      members: [{ client: 'app', host: '10.0.0.7' }],
    });
  });

  it('is none where it reads nothing of persons, and is where nobody can tell', () => {
    const elsewhere = { ...member, topics: ['other'] };
    expect([
      sightingOf('report', { group: 'report', told: true, members: [elsewhere] }, {}, around),
      sightingOf('report', undefined, {}, around),
    ]).toEqual([undefined, undefined]);
    // The newer protocol: listed, and "Dead" to the client's question.
    expect(sightingOf('report', { group: 'report', told: false, members: [] }, {}, around)).toMatchObject({
      reads: [],
      declared: false,
    });
  });
});

const sighting = (more: Partial<Sighting> = {}): Sighting => ({
  _id: readerId('kafka-group', 'report'),
  kind: 'kafka-group',
  name: 'report',
  reads: [topic],
  lag: { [topic]: 6 },
  declared: false,
  ...more,
});
const appearedAt = (n: number, more: Partial<Sighting> = {}): ReaderDocument => {
  const [document] = reconcile([], [sighting(more)], minute(n), 30_000).appeared;
  if (document === undefined) throw new Error('it appears');
  return document;
};

describe('round after round', () => {
  it('a reader appears once, is left alone while it is as it was, and keeps when it was first seen', () => {
    const first = appearedAt(0);
    expect(first).toMatchObject({ state: 'undeclared', firstSeen: minute(0), history: [{ at: minute(0) }] });
    const soon = new Date(minute(0).getTime() + 10_000);
    expect(reconcile([first], [sighting({ lag: { [topic]: 1 } })], soon, 30_000)).toEqual({
      appeared: [],
      changed: [],
    });
    const { changed } = reconcile([first], [sighting({ lag: { [topic]: 1 } })], minute(1), 30_000);
    expect(changed.map(({ after }) => after)).toMatchObject([
      { firstSeen: minute(0), lastSeen: minute(1), lag: { [topic]: 1 }, history: [{ at: minute(0) }] },
    ]);
  });

  it('its changes of state are kept: registered, gone, back', () => {
    const rounds: [number, Sighting[]][] = [
      [1, [sighting({ declared: true })]],
      [2, []],
      [3, []],
      [4, [sighting()]],
    ];
    const last = rounds.reduce(
      (reader, [n, seen]) => reconcile([reader], seen, minute(n), 30_000).changed[0]?.after ?? reader,
      appearedAt(0),
    );
    expect(last.history.map(({ at, state }) => [at.getUTCMinutes(), state])).toEqual([
      [0, 'undeclared'],
      [1, 'declared'],
      [2, 'gone'],
      [4, 'undeclared'],
    ]);
    expect(last.lastSeen).toEqual(minute(4));
  });
});

describe('an operator who knows of it', () => {
  const reader = appearedAt(0);
  const known: AcknowledgementDocument = {
    _id: acknowledgementId(reader._id, reader.reads),
    reader: reader._id,
    reads: reader.reads,
    reason: 'test',
    by: 'operator',
    at: minute(1),
  };

  it('does so for what it reads: once it reads more it is undeclared again', () => {
    expect(readerView(reader, [known]).state).toBe('acknowledged');
    const more = { ...reader, reads: [topic, 'quarantine'] };
    expect([acknowledgementOf(more, [known]), readerView(more, [known]).state]).toEqual([
      undefined,
      'undeclared',
    ]);
  });

  it('reads what it is, how far it is behind and what to do, in both languages', () => {
    const answer = (all: AcknowledgementDocument[]): ReadersAnswer => ({
      asOf: minute(5).toISOString(),
      undeclared: 1,
      readers: [readerView({ ...reader, name: 're\u001b[2Jport' }, all)],
    });
    const text = readersLines(answer([]), 'both').join('\n');
    for (const part of [
      '未登録 undeclared',
      '(未読 behind 6)',
      '(5 min)',
      'readers.kafkaGroups',
      '登録するか',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('\u001b');
    expect(readersLines(answer([known]), 'en').join('\n')).toContain('undeclared, acknowledged');
  });
});

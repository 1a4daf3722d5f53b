import { describe, expect, it } from '@jest/globals';
import { assembleUnknown } from '@keiro/query/assemble';
import { readCursor, writeCursor } from '@keiro/query/cursor';
import { custodyOf } from '@keiro/query/custody';
import type { Loaded } from '@keiro/query/loaded';
import { pageOf } from '@keiro/query/page';
import {
  lineageAnswerSchema,
  lineageSearchSchema,
  shippedPolicies,
  type RecordDocument,
  type TaskDocument,
} from '@keiro/schemas';
import {
  factOf,
  holderOf,
  lineageOf,
  loadedOf,
  minute,
  provenTask,
  recordOf,
  refOf,
  requestOf,
  snapshotOf,
  standingOf,
  taskOf,
} from '../builders/lineage.ts';

const member = refOf('member', 'suzuki');
const email = refOf('email', 'suzuki');
const cookie = refOf('cookie', 'suzuki');
const now = minute(60);
const answerTo = (loaded: Loaded) => lineageOf(loaded, now);
const codes = (loaded: Loaded) => answerTo(loaded).notes.map(({ code }) => code);

describe('a person', () => {
  it('is nobody when the identifier is unknown, and the answer says so in Japanese and English', () => {
    const answer = assembleUnknown({ tag: 0, transfer: 0 }, shippedPolicies(), now);
    expect(answer).toMatchObject({
      asOf: now.toISOString(),
      person: { refs: [], ambiguous: [] },
      standing: { state: 'unknown' },
      page: { total: 0, shown: 0 },
      records: [],
      transfers: [],
      requests: [],
    });
    expect(answer.notes[0]).toEqual({
      code: 'nothing-held',
      ja: 'この識別子で保有している情報はありません。',
      en: 'Nothing is held under this identifier.',
    });
  });

  it('is shown with every ref, strong ones first, and its newest generation', () => {
    const record = recordOf(member, 'e-1', { generation: 2, refs: [{ ref: member, generation: 2 }] });
    const answer = answerTo(loadedOf([cookie, email, member], { records: [record] }));
    expect(answer.person.refs.map(({ kind, generation }) => [kind, generation])).toEqual([
      ['member', 2],
      ['email', 1],
      ['cookie', 1],
    ]);
  });

  const gone = { hiddenThrough: 1, erasedThrough: 1 };
  const covering = requestOf('r-1', { lives: [{ ref: member, generation: 1 }] });
  const states: [string, Partial<Parameters<typeof standingOf>[1] & object>, TaskDocument[], string][] = [
    ['no request', {}, [], 'live'],
    ['a deletion under way', { hiddenThrough: 1 }, [taskOf('r-1', 'crm')], 'hidden'],
    [
      'keys destroyed and a holder to answer',
      gone,
      [provenTask('r-1', 'crm', minute(40)), taskOf('r-1', 'dr')],
      'erasing',
    ],
    ['keys destroyed and nothing left at any holder', gone, [provenTask('r-1', 'crm', minute(40))], 'erased'],
    ['every purpose suspended', { suspended: ['all'] }, [], 'suspended'],
    ['one purpose suspended', { suspended: ['marketing'] }, [], 'suspended'],
    [
      'suspended, then deleted',
      { ...gone, suspended: ['all'] },
      [provenTask('r-1', 'crm', minute(40))],
      'erased',
    ],
  ];
  it.each(states)('with %s', (_name, standing, tasks, state) => {
    const record = recordOf(member, 'e-1');
    const answer = answerTo(
      loadedOf([member, cookie], {
        records: [record],
        standings: [standingOf(member, standing)],
        requests: [covering],
        tasks,
      }),
    );
    expect(answer.standing.state).toBe(state);
    expect(answer.person.refs.map((ref) => ref.state)).toEqual([state, 'live']);
    expect(answer.records[0]?.state).toBe(state);
  });

  it('of whose erasure no receipt is at hand is not called erased', () => {
    const answer = answerTo(loadedOf([member], { standings: [standingOf(member, gone)] }));
    expect(answer.standing.state).toBe('erasing');
  });

  it('who registered anew after a deletion is live, and the earlier records stay erased', () => {
    const before = recordOf(member, 'e-1');
    const after = recordOf(member, 'e-2', { generation: 2, time: minute(50) });
    const answer = answerTo(
      loadedOf([member], {
        records: [after, before],
        lives: [{ ref: member, generation: 2, erasedThrough: 1 }],
        standings: [standingOf(member, gone)],
        requests: [covering],
        tasks: [provenTask('r-1', 'crm', minute(40))],
      }),
    );
    expect(answer.standing.state).toBe('live');
    expect(answer.person.refs[0]).toMatchObject({ generation: 2, erasedThrough: 1, state: 'live' });
    expect(answer.records.map(({ state }) => state)).toEqual(['live', 'erased']);
  });

  it('shares an identifier with others: it is named, and left out', () => {
    const phone = refOf('phone', 'family');
    const loaded = loadedOf([member], {
      person: { refs: [member], member, ambiguous: [phone], startIsAmbiguous: false },
      shared: 3,
    });
    const answer = answerTo(loaded);
    expect(answer.person.refs).toContainEqual(expect.objectContaining({ ref: phone, state: 'shared' }));
    expect(answer.notes.find(({ code }) => code === 'ambiguous-refs')?.en).toContain('identifiers 1');
    expect(answer.notes.find(({ code }) => code === 'ambiguous-refs')?.en).toContain('records 3');
  });
});

describe('a record', () => {
  it('keeps purposes, rule and end of each group, scope, policy version and position', () => {
    const record = recordOf(member, 'e-1', {
      category: 'C4',
      type: 'access',
      scope: { kind: 'entrusted', tenant: 'tsubame-trading' },
      groups: [
        {
          group: 'C4.usage',
          purposes: ['statistics'],
          rule: 'access-usage',
          start: 'collection',
          startAt: minute(0),
          end: minute(90),
          floor: { law: 'A law', until: minute(99) },
        },
      ],
    });
    const [shown] = answerTo(loadedOf([member], { records: [record] })).records;
    expect(shown).toMatchObject({
      category: 'C4',
      policy: '2017-02-02',
      scope: { kind: 'entrusted', tenant: 'tsubame-trading' },
      position: { topic: 'collection.registration', partition: 1, offset: '42' },
      groups: [
        {
          group: 'C4.usage',
          purposes: ['statistics'],
          rule: 'access-usage',
          start: 'collection',
          startAt: minute(0).toISOString(),
          end: minute(90).toISOString(),
          floor: { law: 'A law', until: minute(99).toISOString() },
        },
      ],
    });
  });

  it('is erased at a holder by the first deletion that covers its generation', () => {
    const first = recordOf(member, 'e-1');
    const second = recordOf(member, 'e-2', { generation: 2 });
    const copiesOfRequest = (id: string, generation: number, at: number) => ({
      request: requestOf(id, { lives: [{ ref: member, generation }], receivedAt: minute(at) }),
      task: provenTask(id, 'crm', minute(at + 1)),
    });
    const later = copiesOfRequest('r-2', 2, 40);
    const earlier = copiesOfRequest('r-1', 1, 20);
    const answer = answerTo(
      loadedOf([member], {
        records: [second, first],
        copies: [factOf(first, 'crm', 'held', minute(1)), factOf(second, 'crm', 'held', minute(30))],
        requests: [later.request, earlier.request],
        tasks: [later.task, earlier.task],
      }),
    );
    expect(answer.records.map(({ copies }) => copies.map(({ state, request }) => [state, request]))).toEqual([
      [['erased', 'r-2']],
      [['erased', 'r-1']],
    ]);
  });

  it('is not touched by a suspension, nor by a deletion of other refs', () => {
    const record = recordOf(member, 'e-1');
    const answer = answerTo(
      loadedOf([member], {
        records: [record],
        copies: [factOf(record, 'crm', 'held', minute(1))],
        requests: [
          requestOf('r-1', { type: 'suspension', lives: [{ ref: member, generation: 1 }] }),
          requestOf('r-2', { lives: [{ ref: cookie, generation: 1 }] }),
        ],
        tasks: [provenTask('r-1', 'crm', minute(40)), provenTask('r-2', 'crm', minute(40))],
      }),
    );
    expect(answer.records[0]?.copies.map(({ state }) => state)).toEqual(['held']);
  });
});

describe('transfers', () => {
  it('are what went out of our own stores, with basis and country, also through snapshots', async () => {
    const records = [recordOf(member, 'e-1'), recordOf(member, 'e-2')];
    const facts = records.flatMap((record, n) => [
      factOf(record, 'crm', 'held', minute(n)),
      factOf(record, 'mailer', 'held', minute(10 + n)),
      factOf(record, 'newsletter', 'withheld', minute(20 + n)),
    ]);
    const snapshots = [snapshotOf('dr', 'crm', minute(0)), snapshotOf('dr', 'crm', minute(7))];
    const answer = answerTo(
      loadedOf([member], {
        records,
        snapshots,
        ...(await custodyOf(facts, new Set(), snapshots)),
        holders: [
          holderOf('crm'),
          holderOf('mailer', { kind: 'processor', basis: 'entrustment' }),
          holderOf('dr', { kind: 'dr-site', country: 'SG', basis: 'consent' }),
        ],
      }),
    );
    expect(answer.transfers).toEqual([
      {
        holder: 'dr',
        basis: 'consent',
        country: 'SG',
        records: 2,
        first: snapshots[0]?.takenAt.toISOString(),
        last: snapshots[1]?.takenAt.toISOString(),
      },
      {
        holder: 'mailer',
        basis: 'entrustment',
        country: 'JP',
        records: 2,
        first: minute(10).toISOString(),
        last: minute(11).toISOString(),
      },
    ]);
    expect(answer.labels.bases).toMatchObject({ entrustment: { ja: '取扱いの委託' } });
  });

  it('to a holder that is not registered are shown without a basis, and noted', () => {
    const loaded = loadedOf([member], {
      copyTotals: [{ holder: 'stranger', action: 'held', records: 1, first: minute(1), last: minute(1) }],
    });
    expect(answerTo(loaded).transfers).toMatchObject([{ holder: 'stranger', basis: 'unknown' }]);
    expect(codes(loaded)).toContain('holders-unregistered');
  });
});

describe('the notes', () => {
  const record = recordOf(member, 'e-1');
  const table: [string, Partial<Loaded>, string[]][] = [
    ['a known identifier without records', {}, ['no-records']],
    ['tag is behind', { records: [record], progress: { tag: 3, transfer: 0 } }, ['tag-behind']],
    ['transfer is behind', { records: [record], progress: { tag: 0, transfer: 1 } }, ['transfer-behind']],
    [
      'Kafka does not answer',
      { records: [record], progress: { tag: null, transfer: null } },
      ['progress-unknown'],
    ],
    ['something is in quarantine', { records: [record], quarantined: { erased: 2 } }, ['quarantined']],
    [
      'a holder has not answered, another one failed',
      {
        records: [record],
        holders: [holderOf('crm'), holderOf('mailer')],
        requests: [requestOf('r-1', { lives: [{ ref: member, generation: 1 }] })],
        tasks: [taskOf('r-1', 'crm'), taskOf('r-1', 'mailer', { state: 'failed' })],
      },
      ['holders-pending', 'tasks-failed'],
    ],
    [
      'an image keeps what was deleted',
      {
        records: [record],
        holders: [holderOf('crm'), holderOf('dr', { kind: 'dr-site' })],
        copies: [factOf(record, 'crm', 'held', minute(1))],
        snapshots: [snapshotOf('dr', 'crm', minute(2), { mutable: false, expiresAt: minute(9999) })],
        requests: [requestOf('r-1', { lives: [{ ref: member, generation: 1 }] })],
        tasks: [provenTask('r-1', 'crm', minute(40)), provenTask('r-1', 'dr', minute(40))],
      },
      ['snapshots-until'],
    ],
    [
      'a copy came back',
      {
        records: [record],
        holders: [holderOf('crm')],
        copies: [factOf(record, 'crm', 'held', minute(50))],
        requests: [requestOf('r-1', { lives: [{ ref: member, generation: 1 }] })],
        tasks: [provenTask('r-1', 'crm', minute(40))],
      },
      ['copies-after-erasure'],
    ],
    [
      'a group is held past its end',
      {
        records: [
          recordOf(member, 'e-2', {
            groups: [{ group: 'C4.usage', purposes: [], rule: 'x', start: 'collection', end: minute(59) }],
          }),
        ],
      },
      ['past-end'],
    ],
    [
      'the page is not all',
      { records: [record], categories: [{ category: 'C1', records: 9, first: minute(0), last: minute(0) }] },
      ['more-records'],
    ],
  ];
  it.each(table)('%s', (_name, more, expected) => {
    expect(codes(loadedOf([member], more))).toEqual([...expected, 'unattributed']);
  });

  it('are in Japanese and English, and never name a ref', () => {
    for (const [, more] of table) {
      for (const { ja, en } of answerTo(loadedOf([member], more)).notes) {
        expect(ja).toMatch(/[ぁ-ん一-龯]/u);
        expect(en).toMatch(/^\p{ASCII}+$/u);
        expect(ja + en).not.toContain(member);
      }
    }
  });
});

describe('a page', () => {
  const records = Array.from({ length: 25 }, (_, n) =>
    recordOf(member, `e-${String(n)}`, {
      time: minute(Math.floor(n / 3)),
      category: n % 2 === 0 ? 'C1' : 'C4',
    }),
  );
  const shuffled = records.toSorted((a, b) => (a._id < b._id ? -1 : 1));

  it('follows on another without a gap or an overlap, newest first', async () => {
    const read: RecordDocument[] = [];
    let after: ReturnType<typeof readCursor> | undefined;
    for (;;) {
      const page = await pageOf(shuffled, 4, after);
      read.push(...page.records);
      const last = page.records.at(-1);
      if (!page.hasMore || last === undefined) break;
      after = readCursor(writeCursor(last));
    }
    expect(new Set(read.map(({ _id }) => _id)).size).toBe(25);
    expect(read).toHaveLength(25);
    const times = read.map(({ time }) => time.getTime());
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it('counts all records by category, whatever it shows', async () => {
    const page = await pageOf(shuffled, 1, undefined);
    expect(page.records).toHaveLength(1);
    expect(page.categories.map(({ category, records: n }) => [category, n]).toSorted()).toEqual([
      ['C1', 13],
      ['C4', 12],
    ]);
  });

  it('is refused for a cursor that no answer contained', () => {
    expect(() => readCursor('nonsense')).toThrow(expect.objectContaining({ status: 400 }));
  });
});

describe('the question', () => {
  it('takes exactly one identifier, and names each one too many', () => {
    const fields = (body: unknown) =>
      lineageSearchSchema.safeParse(body).error?.issues.map(({ path }) => path.join('.'));
    expect(fields({ member: 'm-1' })).toBeUndefined();
    expect(fields({})).toEqual(['']);
    expect(fields({ member: 'm-1', email: 'a@example.invalid', cookie: 'c' })).toEqual(['email', 'cookie']);
    expect(fields({ member: 'm-1', limit: 2001 })).toEqual(['limit']);
    expect(fields({ member: '' })).toEqual(['member']);
  });
});

describe('every answer', () => {
  it('is as its schema says', () => {
    const record = recordOf(member, 'e-1');
    const loaded = loadedOf([member, email], {
      records: [record],
      hasMore: true,
      copies: [factOf(record, 'crm', 'held', minute(1))],
      snapshots: [snapshotOf('dr', 'crm', minute(2), { expiresAt: minute(9999) })],
      holders: [holderOf('crm'), holderOf('dr', { kind: 'dr-site' })],
      standings: [
        standingOf(member, { hiddenThrough: 1, erasedThrough: 1, erasedAt: minute(35).toISOString() }),
      ],
      requests: [requestOf('r-1', { lives: [{ ref: member, generation: 1 }], doneAt: minute(41) })],
      tasks: [
        provenTask('r-1', 'crm', minute(40)),
        taskOf('r-1', 'dr', {
          notBefore: minute(45),
          errors: [{ at: minute(41), attempt: 1, message: 'the server is away' }],
        }),
      ],
      quarantined: { erased: 1 },
    });
    expect(lineageAnswerSchema.parse(answerTo(loaded))).toEqual(answerTo(loaded));
    expect(
      lineageAnswerSchema.parse(assembleUnknown({ tag: null, transfer: null }, shippedPolicies(), now)),
    ).toBeDefined();
  });
});

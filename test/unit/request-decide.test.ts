import { describe, expect, it } from '@jest/globals';
import { purposeIds, type Life, type Person, type RequestDocument, type Standing } from '@keiro/schemas';
import {
  decide,
  dueOf,
  holdersOf,
  onePerson,
  type Command,
  type Documents,
  type Situation,
} from '@keiro/request/decide';

const now = new Date('2026-04-02T03:00:00.000Z');
const ref = (kind: string, name: string) => `${kind}.${name.padEnd(32, '0')}`;
const member: Life = { ref: ref('member', 'hanako'), generation: 1 };
const email: Life = { ref: ref('email', 'hanako'), generation: 1 };

const holders = [
  { id: 'billing', categories: ['C5'] },
  { id: 'crm', categories: ['C1', 'C2'] },
];
const given = (more: Partial<Situation> = {}): Situation => ({
  lives: [member, email],
  ambiguous: [],
  standings: new Map(),
  open: [],
  categories: ['C1'],
  holders,
  purposes: purposeIds,
  answerWithin: 'P14D',
  ...more,
});
const ask = (type: Command['type'], more: Partial<Command> = {}): Command => ({
  id: 'req-1',
  type,
  purposes: type === 'deletion' ? [] : ['all'],
  by: 'compliance',
  ...more,
});
const standing = (life: Life, more: Partial<Standing> = {}): Standing => ({
  ref: life.ref,
  hiddenThrough: 0,
  erasedThrough: 0,
  suspended: [],
  request: 'req-0',
  at: now.toISOString(),
  ...more,
});
const standings = (...list: Standing[]) => new Map(list.map((one) => [one.ref, one]));

function accepted(command: Command, situation: Situation): Documents {
  const decision = decide(command, situation, now, '0000000000000001');
  if (decision.outcome !== 'accepted') throw new Error(`was not accepted but ${decision.outcome}`);
  return decision.documents;
}
function open(command: Command, more: Partial<RequestDocument> = {}): RequestDocument {
  return { ...accepted(command, given()).request, ...more };
}

describe('given a person, when a deletion is asked for', () => {
  const documents = accepted(ask('deletion', { note: 'CASE-7' }), given());

  it('then the request is accepted on the policy’s promise, due 14 days later', () => {
    expect(documents.request).toMatchObject({
      _id: 'req-1',
      state: 'accepted',
      ground: 'policy',
      lives: [member, email],
      purposes: [],
      by: 'compliance',
    });
    expect(documents.request.dueAt.toISOString()).toBe('2026-04-16T14:59:59.999Z');
  });

  it('then every ref is hidden at once', () => {
    expect(documents.standings).toMatchObject([
      { _id: member.ref, hiddenThrough: 1, erasedThrough: 0, request: 'req-1' },
      { _id: email.ref, hiddenThrough: 1, erasedThrough: 0, request: 'req-1' },
    ]);
  });

  it('then Kafka is told just that, in order', () => {
    const told = documents.outbox.map(({ key, value }) => [key, JSON.parse(value ?? '') as Standing]);
    expect(told).toEqual(documents.standings.map(({ _id, ...one }) => [_id, one]));
    expect(documents.outbox.map(({ _id }) => _id)).toEqual([
      '0000000000000001-000000',
      '0000000000000001-000001',
    ]);
  });

  it('then the holders of the person’s categories get a task, and no other', () => {
    expect(documents.tasks).toMatchObject([
      { _id: 'req-1.crm', holder: 'crm', directive: 'erase', state: 'pending', attempt: 1 },
    ]);
  });

  it('then it is audited, without a ref or a value', () => {
    expect(documents.audit).toMatchObject([
      { action: 'request.accepted', by: 'compliance', detail: { refs: 2, holders: ['crm'], note: 'CASE-7' } },
    ]);
    expect(JSON.stringify(documents.audit)).not.toContain(member.ref);
  });
});

describe('given nothing tagged yet', () => {
  it('when a deletion is asked for, then every holder must look', () => {
    expect(accepted(ask('deletion'), given({ categories: [] })).tasks.map(({ holder }) => holder)).toEqual([
      'billing',
      'crm',
    ]);
  });
  it('and no holder registered, then there is nobody to ask', () => {
    expect(holdersOf({ categories: [], holders: [] })).toEqual([]);
  });
});

describe('given a request that is under way', () => {
  it.each(['deletion', 'suspension', 'resume'] as const)(
    'when the same %s is asked for again, then it is the first',
    (type) => {
      const first = open(ask(type));
      const decision = decide(ask(type, { id: 'req-2' }), given({ open: [first] }), now, 's');
      expect(decision).toEqual({ outcome: 'same', request: first });
    },
  );

  it('when a copy of the person is being returned meanwhile, then that is no rival (T0)', () => {
    const first = open(ask('suspension'));
    const back: RequestDocument = { ...first, _id: 'req-3', type: 'return', purposes: [] };
    const decision = decide(ask('suspension', { id: 'req-2' }), given({ open: [first, back] }), now, 's');
    expect(decision).toEqual({ outcome: 'same', request: first });
  });

  it('when one of its refs asks by itself, then it is the first', () => {
    const first = open(ask('deletion'));
    expect(
      decide(ask('deletion', { id: 'req-2' }), given({ lives: [email], open: [first] }), now, 's').outcome,
    ).toBe('same');
  });

  it.each([
    ['for other purposes', ask('suspension', { id: 'req-2', purposes: ['marketing'] }), given()],
    [
      'after a ref was added',
      ask('suspension', { id: 'req-2' }),
      given({ lives: [member, email, { ref: ref('cookie', 'c'), generation: 1 }] }),
    ],
    [
      'for a later life',
      ask('suspension', { id: 'req-2' }),
      given({ lives: [{ ...member, generation: 2 }] }),
    ],
  ])('when it is asked for %s, then it is another', (_when, command, situation) => {
    const first = open(ask('suspension'));
    expect(decide(command, { ...situation, open: [first] }, now, 's').outcome).toBe('accepted');
  });

  it('when a suspension was undone since, then asking for it again is another request', () => {
    const earlier = [open(ask('suspension')), open(ask('resume', { id: 'req-2' }))];
    expect(decide(ask('suspension', { id: 'req-3' }), given({ open: earlier }), now, 's').outcome).toBe(
      'accepted',
    );
  });

  it.each(['suspension', 'resume'] as const)('when a deletion is under way, then a %s is refused', (type) => {
    const decision = decide(ask(type, { id: 'req-2' }), given({ open: [open(ask('deletion'))] }), now, 's');
    expect(decision).toEqual({ outcome: 'refused', refusal: 'deletion-under-way' });
  });

  it('when a suspension is under way, then a deletion is accepted all the same', () => {
    expect(
      decide(ask('deletion', { id: 'req-2' }), given({ open: [open(ask('suspension'))] }), now, 's').outcome,
    ).toBe('accepted');
  });
});

describe('given a person who was erased', () => {
  const erasedOnce = standings(standing(member, { erasedThrough: 1 }), standing(email, { erasedThrough: 1 }));

  it('but not everywhere yet, when a deletion is asked for again, then it is the one under way', () => {
    const first = open(ask('deletion'));
    const situation = given({ lives: [], standings: erasedOnce, open: [first] });
    expect(decide(ask('deletion', { id: 'req-2' }), situation, now, 's')).toEqual({
      outcome: 'same',
      request: first,
    });
    expect(decide(ask('resume', { id: 'req-2' }), situation, now, 's').outcome).toBe('refused');
  });

  it('when anything is asked for, then it is refused', () => {
    expect(decide(ask('deletion'), given({ standings: erasedOnce }), now, 's')).toEqual({
      outcome: 'refused',
      refusal: 'erased',
    });
    expect(decide(ask('deletion'), given({ lives: [] }), now, 's').outcome).toBe('refused');
  });

  it('and registered anew, then only the new life is concerned', () => {
    const renewed = { ...member, generation: 2 };
    const documents = accepted(ask('deletion'), given({ lives: [renewed, email], standings: erasedOnce }));
    expect(documents.request.lives).toEqual([renewed]);
    expect(documents.standings).toMatchObject([{ _id: member.ref, hiddenThrough: 2, erasedThrough: 1 }]);
  });
});

describe('suspended purposes', () => {
  const suspendedAfter = (command: Command, before: string[]) =>
    accepted(
      command,
      given({ lives: [member], standings: standings(standing(member, { suspended: before })) }),
    ).standings[0]?.suspended;
  const others = purposeIds.filter((one) => one !== 'payment').sort();

  it.each([
    [[], ['marketing'], ['marketing']],
    [['marketing'], ['statistics', 'marketing'], ['marketing', 'statistics']],
    [['marketing'], ['all'], ['all']],
    [['all'], ['marketing'], ['all']],
  ])('%j suspended, when %j are suspended, then %j', (before, purposes, after) => {
    expect(suspendedAfter(ask('suspension', { purposes }), before)).toEqual(after);
  });

  it.each([
    [['marketing', 'statistics'], ['marketing'], ['statistics']],
    [['marketing', 'statistics'], ['all'], []],
    [['all'], ['all'], []],
    [['all'], ['payment'], others],
    [[], ['payment'], []],
  ])('%j suspended, when %j are resumed, then %j', (before, purposes, after) => {
    expect(suspendedAfter(ask('resume', { purposes }), before)).toEqual(after);
  });

  it('when a person is suspended, then nothing is hidden', () => {
    expect(accepted(ask('suspension'), given()).standings).toMatchObject([
      { hiddenThrough: 0 },
      { hiddenThrough: 0 },
    ]);
  });
});

describe('the due time (R7)', () => {
  it.each([
    ['2026-04-01T15:00:00.000Z', '2026-04-16T14:59:59.999Z'],
    ['2026-04-01T14:59:59.999Z', '2026-04-15T14:59:59.999Z'],
    ['2026-12-24T00:00:00.000Z', '2027-01-07T14:59:59.999Z'],
    ['2028-02-20T00:00:00.000Z', '2028-03-05T14:59:59.999Z'],
  ])('of what arrives at %s is %s, the end of the 14th day in Japan', (arrival, due) => {
    expect(dueOf(new Date(arrival), 'P14D').toISOString()).toBe(due);
  });
});

describe('several identifiers', () => {
  const person = (more: Partial<Person>): Person => ({
    refs: [],
    ambiguous: [],
    startIsAmbiguous: false,
    ...more,
  });
  const [family, office] = [ref('phone', 'family'), ref('phone', 'office')];
  const hanako = {
    ref: email.ref,
    person: person({ refs: [email.ref, member.ref], member: member.ref, ambiguous: [family] }),
  };
  const guest = { ref: email.ref, person: person({ refs: [ref('cookie', 'guest'), email.ref] }) };
  const taro = {
    ref: ref('member', 'taro'),
    person: person({ refs: [ref('member', 'taro')], member: ref('member', 'taro') }),
  };
  const shared = { ref: office, person: person({ startIsAmbiguous: true, ambiguous: [office] }) };
  const found = { refs: [member.ref, email.ref], ambiguous: [family] };

  it.each([
    ['one, the member first', [hanako], found],
    ['twice the same', [hanako, hanako], found],
    ['one and a shared one', [shared, hanako], { ...found, ambiguous: [family, office] }],
    ['somebody without a member', [guest], { refs: [email.ref, ref('cookie', 'guest')], ambiguous: [] }],
    ['two persons', [hanako, taro], 'several'],
    ['a member, and somebody without one', [hanako, guest], 'several'],
    ['only a shared one', [shared], 'shared'],
    ['none', [], 'shared'],
  ])('that lead to %s', (_what, persons, answer) => {
    expect(onePerson(persons)).toEqual(answer);
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  hasJapanese,
  requestTypes,
  shippedPolicies,
  type AskedType,
  type Policy,
  type Ref,
  type RequestDocument,
} from '@keiro/schemas';
import { decide, dueOf, settle, type Command, type Documents, type Situation } from '@keiro/request/decide';
import { decide as decideLife, type LifeCommand } from '@keiro/request/lifecycle/decide';
import { lifeOf } from '@keiro/request/lifecycle/evolve';
import { movedTo } from '@keiro/request/lifecycle/moved';
import { nextOf } from '@keiro/request/lifecycle/next';
import { noticesOf } from '@keiro/request/notices';
import { feeFor, groundsFor, rightRules } from '@keiro/request/rights';

/*
 * The table: every type, and every way in which a request of it can end. What each line has to give (states, clock,
 * notices, audit) follows from what the type is, said once in `kinds`.
 */

const arrival = new Date('2026-04-02T16:30:00.000Z');
/** The 3rd in Japan, so the end of the 17th there. */
const dueAt = '2026-04-17T14:59:59.999Z';
const hour = 3_600_000;
const day = 24 * hour;
const reason = { ja: '請求の内容を確認した結果によります。', en: 'That is what looking at it has shown.' };

const shipped = shippedPolicies().newest;
const withFee = (yen: number): Policy => ({
  ...shipped,
  rules: { ...shipped.rules, fees: { ...shipped.rules.fees, disclosure: yen } },
});

const member: Ref = `member.${'hanako'.padEnd(32, '0')}`;
const situation: Situation = {
  lives: [{ ref: member, generation: 1 }],
  ambiguous: [],
  standings: new Map(),
  open: [],
  categories: ['C1', 'C6'],
  holders: [
    { id: 'crm', kind: 'store', categories: ['C1'] },
    { id: 'mailer', kind: 'processor', categories: ['C1'] },
    { id: 'partner', kind: 'joint-user', categories: ['C6'] },
    { id: 'tag', kind: 'analytics', categories: ['C3'] },
  ],
  purposes: ['membership', 'service', 'marketing'],
  answerWithin: shipped.rules.clocks.answer.period,
};

/** A request that is taken through its life by commands, an hour apart. */
function story(type: AskedType, first: Partial<Command>, steps: readonly LifeCommand[], policy = withFee(0)) {
  const audit: string[] = [];
  const states: string[] = [];
  let now = arrival;
  const rules = () => ({
    grounds: groundsFor(type, policy),
    fee: feeFor(type, policy),
    feeUntil: dueOf(now, 'P5D'),
    warnDays: [7, 3, 1],
  });
  const take = ({ request, audit: entries }: Documents): RequestDocument => {
    audit.push(...entries.map(({ action }) => action));
    states.push(request.state);
    return request;
  };
  const asked =
    type === 'deletion' || type === 'third-party-denial'
      ? []
      : type === 'suspension' || type === 'resume'
        ? ['all']
        : [];
  const decision = decide(
    {
      id: 'req-1',
      type,
      purposes: asked,
      ...(type === 'third-party-denial' ? { recipients: ['all'] } : {}),
      asked: [member],
      by: 'compliance',
      ...first,
    },
    situation,
    now,
    's',
    rules(),
  );
  if (decision.outcome !== 'accepted') throw new Error(`was ${decision.outcome}`);
  let documents = decision.documents;
  let request = take(documents);
  for (const command of steps) {
    now = command.type === 'tick' ? new Date(now.getTime() + 6 * day) : new Date(now.getTime() + hour);
    if (command.type === 'move') {
      // As the store adds it to what the execution did.
      const events = [...(request.events ?? []), ...movedTo(request, command.to, now)];
      request = { ...request, state: command.to, events };
      states.push(request.state);
      continue;
    }
    const decided = decideLife(command, lifeOf(request.events ?? []), now, {
      ...rules(),
      type,
      dueAt: request.dueAt,
    });
    if ('rejected' in decided) throw new Error(`${command.type} was rejected: ${decided.rejected.code}`);
    documents = settle(
      { ...request, lives: situation.lives },
      decided.events,
      situation,
      'compliance',
      now,
      's',
    );
    request = take(documents);
  }
  return { request, states, audit, documents, notices: noticesOf(request, policy) };
}

/** What a type needs before it is accepted, and how it is carried out. */
const kinds: Readonly<
  Record<
    AskedType,
    { reviewed: boolean; done: readonly LifeCommand[]; path: readonly string[]; last: string }
  >
> = {
  ...Object.fromEntries(
    requestTypes.map((type) => {
      const asksHolders = ['deletion', 'suspension', 'resume', 'third-party-denial'].includes(type);
      const byItself = ['provision-disclosure', 'overseas-measures', 'purpose-notice'].includes(type);
      const reviewed = ['disclosure', 'provision-disclosure', 'correction', 'addition'].includes(type);
      const hidden: LifeCommand[] =
        type === 'deletion'
          ? [
              { type: 'move', to: 'hiding' },
              { type: 'move', to: 'shredding' },
            ]
          : [];
      const done: LifeCommand[] = asksHolders
        ? [
            ...hidden,
            { type: 'move', to: 'carrying-out' },
            { type: 'move', to: 'waiting-for-holder' },
            { type: 'move', to: 'done' },
          ]
        : byItself
          ? [{ type: 'answer', digest: 'd' }]
          : [
              { type: 'move', to: 'waiting-for-operator' },
              { type: 'answer', evidence: 'LETTER-1' },
            ];
      const path = done.map((step) => (step.type === 'move' ? step.to : 'done'));
      return [type, { reviewed, done, path, last: asksHolders ? 'completed' : 'answered' }];
    }),
  ),
} as never;

const accept: LifeCommand = { type: 'accept' };
const confirm: LifeCommand = { type: 'confirm-identity', method: 'code', evidence: 'CHECK-1' };
const fail: LifeCommand = { type: 'fail-identity', reason: 'too-many-tries', missing: ['code'] };

interface Line {
  readonly row: string;
  readonly type: AskedType;
  readonly outcome: string;
  readonly first?: Partial<Command>;
  readonly steps: readonly LifeCommand[];
  readonly fee?: number;
  readonly states: readonly string[];
  readonly notices: readonly string[];
  readonly audit: readonly string[];
}

function linesOf(type: AskedType): Line[] {
  const { row } = rightRules[type];
  const { reviewed, done, path, last } = kinds[type];
  const grounds = groundsFor(type, shipped);
  const line = (outcome: string, rest: Omit<Line, 'row' | 'type' | 'outcome'>): Line => ({
    row,
    type,
    outcome,
    ...rest,
  });
  const carried = done.filter((step) => step.type === 'answer').map(() => 'request.answered');
  const arrived = reviewed ? ['request.received', 'request.identity-confirmed'] : [];
  const look = reviewed ? ['in-review'] : [];
  const [ground = ''] = grounds.filter((one) => one !== 'identity-unconfirmed');
  const required = { identity: 'required' as const };
  const isRefusedUnknown = grounds.includes('identity-unconfirmed');
  const lines = [
    line('accepted and done', {
      steps: [...(reviewed ? [accept] : []), ...done],
      states: [...look, 'accepted', ...path],
      notices: ['accepted', last],
      audit: [...arrived, 'request.accepted', ...carried],
    }),
    line('accepted and done, identity checked', {
      first: required,
      steps: [confirm, ...(reviewed ? [accept] : []), ...done],
      states: ['checking-identity', ...look, 'accepted', ...path],
      notices: ['accepted', last],
      audit: ['request.received', 'request.identity-confirmed', 'request.accepted', ...carried],
    }),
    line('identity failed', {
      first: required,
      steps: [fail],
      states: ['checking-identity', isRefusedUnknown ? 'refused' : 'incomplete'],
      notices: [isRefusedUnknown ? 'refused' : 'incomplete'],
      audit: [
        'request.received',
        'request.identity-failed',
        ...(isRefusedUnknown ? ['request.refused'] : []),
      ],
    }),
    line('withdrawn', {
      first: required,
      steps: [{ type: 'withdraw' }],
      states: ['checking-identity', 'withdrawn'],
      notices: ['withdrawn'],
      audit: ['request.received', 'request.withdrawn'],
    }),
    line('warned, overdue, and done all the same', {
      first: required,
      steps: [
        { type: 'tick' },
        { type: 'tick' },
        { type: 'tick' },
        { type: 'tick' },
        confirm,
        ...(reviewed ? [accept] : []),
        ...done,
      ],
      states: [...Array<string>(5).fill('checking-identity'), ...look, 'accepted', ...path],
      notices: ['accepted', last],
      audit: [
        'request.received',
        'request.warned',
        'request.escalated',
        'request.identity-confirmed',
        'request.accepted',
        ...carried,
      ],
    }),
  ];
  if (ground !== '') {
    const refuse = (parts: readonly string[]): LifeCommand => ({ type: 'refuse', ground, reason, parts });
    lines.push(
      line('refused whole', {
        first: { review: true },
        steps: [refuse([])],
        states: ['in-review', 'refused'],
        notices: ['refused'],
        audit: ['request.received', 'request.identity-confirmed', 'request.refused'],
      }),
      line('refused in part, the rest done', {
        first: { review: true },
        steps: [refuse(['marketing']), ...done],
        states: ['in-review', 'accepted', ...path],
        notices: ['refused-in-part', 'accepted', last],
        audit: [
          'request.received',
          'request.identity-confirmed',
          'request.refused',
          'request.accepted',
          ...carried,
        ],
      }),
    );
  }
  if (!isRefusedUnknown)
    lines.push(
      line('identity failed, then completed', {
        first: required,
        steps: [fail, confirm, ...(reviewed ? [accept] : []), ...done],
        states: ['checking-identity', 'incomplete', ...look, 'accepted', ...path],
        notices: ['incomplete', 'accepted', last],
        audit: [
          'request.received',
          'request.identity-failed',
          'request.identity-confirmed',
          'request.accepted',
          ...carried,
        ],
      }),
    );
  if (type === 'disclosure')
    lines.push(
      line('paid and done', {
        steps: [accept, { type: 'pay', yen: 500, reference: 'PAY-1' }, ...done],
        fee: 500,
        states: ['in-review', 'awaiting-fee', 'accepted', ...path],
        notices: ['fee', 'accepted', last],
        audit: [...arrived, 'request.fee-asked', 'request.fee-paid', 'request.accepted', ...carried],
      }),
      line('lapsed', {
        steps: [accept, { type: 'tick' }],
        fee: 500,
        states: ['in-review', 'awaiting-fee', 'lapsed'],
        notices: ['fee', 'lapsed'],
        audit: [...arrived, 'request.fee-asked', 'request.lapsed'],
      }),
    );
  return lines;
}

describe.each(requestTypes.flatMap(linesOf))('$row: a request for $type, $outcome', (line) => {
  const told = story(line.type, line.first ?? {}, line.steps, withFee(line.fee ?? 0));
  const { request } = told;

  it('goes through its states, each with who acts next and by when', () => {
    expect(told.states).toEqual(line.states);
    const next = nextOf(request.type, request.state, request.dueAt, undefined);
    expect(next === undefined).toBe(request.state !== 'incomplete');
  });

  it('has events that are numbered, in order, and add up to its state', () => {
    const events = request.events ?? [];
    expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1));
    expect(lifeOf(events).state).toBe(request.state);
  });

  it('is due at the end of the 14th day after it arrived, in Japan, whatever happened', () => {
    expect(request.dueAt.toISOString()).toBe(dueAt);
  });

  it('rests on what its row says', () => {
    const { on, articles } = rightRules[line.type];
    expect(request.ground).toBe(on);
    expect(articles.length > 0).toBe(on === 'law');
  });

  it('tells the person so, in Japanese and English, and nobody who that is', () => {
    expect(told.notices.map(({ kind }) => kind)).toEqual(line.notices);
    for (const { subject, text } of told.notices) {
      expect(hasJapanese(subject.ja) && hasJapanese(text.ja)).toBe(true);
      expect(hasJapanese(subject.en) || hasJapanese(text.en)).toBe(false);
      expect(text.en.length).toBeGreaterThan(20);
      expect(JSON.stringify([subject, text])).not.toMatch(/undefined|hanako|req-1/);
    }
  });

  it('enters the audit, without a ref', () => {
    expect(told.audit).toEqual(line.audit);
    expect(JSON.stringify(told.documents.audit)).not.toContain(member);
  });
});

describe('R9: a refusal', () => {
  const onGround = (type: AskedType, ground: string) =>
    decideLife(
      { type: 'refuse', ground, reason, parts: [] },
      lifeOf(story(type, { review: true }, []).request.events ?? []),
      arrival,
      { type, dueAt: arrival, grounds: groundsFor(type, shipped), fee: 0, feeUntil: arrival, warnDays: [] },
    );

  it('rests on a ground of that very right, and on no other', () => {
    const all = Object.keys(shipped.rules.grounds);
    for (const type of requestTypes) {
      const allowed = all.filter((ground) => 'events' in onGround(type, ground));
      expect(allowed.sort()).toEqual([...groundsFor(type, shipped)].sort());
    }
    expect(groundsFor('deletion', shipped)).toEqual([]);
    expect(groundsFor('disclosure', shipped)).toHaveLength(4);
  });

  it('names the ground and the reason to the person', () => {
    const refused = story('correction', {}, [
      { type: 'refuse', ground: 'facts-are-right', reason, parts: [] },
    ]);
    expect(refused.notices[0]?.text).toEqual({
      ja: expect.stringMatching(/内容が事実である場合[^]*請求の内容を確認した結果によります/),
      en: expect.stringMatching(/What is held is right[^]*That is what looking at it has shown/),
    });
  });

  it('in part leaves the rest: use for the other purposes is suspended', () => {
    const refused = story('suspension', { review: true }, [
      { type: 'refuse', ground: 'alternative-measure', reason, parts: ['marketing'] },
    ]);
    expect(refused.documents.standings[0]?.suspended).toEqual(['membership', 'service']);
    expect(refused.request.purposes).toEqual(['membership', 'service']);
  });
});

describe('R8: a fee', () => {
  it('is for disclosure alone, and nothing until it is published', () => {
    const types = requestTypes.filter((type) => feeFor(type, withFee(500)) > 0);
    expect(types).toEqual(['disclosure']);
    expect(feeFor('disclosure', shipped)).toBe(0);
  });

  it('of another amount pays nothing', () => {
    const pay = () =>
      story('disclosure', {}, [accept, { type: 'pay', yen: 499, reference: 'PAY-1' }], withFee(500));
    expect(pay).toThrow('wrong-amount');
  });
});

describe('R6: a denial of third parties’ use', () => {
  const denied = story('third-party-denial', {}, []);

  it('denies every third party, joint user and analytics, those to come too, and no processor', () => {
    expect(denied.documents.standings).toMatchObject([{ stopped: ['all', 'partner', 'tag'], suspended: [] }]);
  });

  it('is told to those that hold something of the person, and to nobody else', () => {
    expect(denied.documents.tasks).toMatchObject([{ holder: 'partner', directive: 'suspend' }]);
  });

  it('towards one is about that one alone', () => {
    const one = story('third-party-denial', { recipients: ['tag'] }, []);
    expect(one.documents.standings).toMatchObject([{ stopped: ['tag'] }]);
    expect(one.documents.tasks).toEqual([]);
  });

  it('is taken back by a resume for the same, which leaves suspensions alone', () => {
    const standing = { ...denied.documents.standings[0], suspended: ['marketing'] };
    const after = { ...situation, standings: new Map([[member, standing as never]]) };
    const command = {
      id: 'req-2',
      type: 'resume',
      purposes: [],
      recipients: ['partner'],
      by: 'compliance',
    } as const;
    const decision = decide(command, after, arrival, 's');
    expect(decision).toMatchObject({
      outcome: 'accepted',
      documents: {
        standings: [{ stopped: ['all', 'tag'], allowed: ['partner'], suspended: ['marketing'] }],
        tasks: [{ holder: 'partner', directive: 'resume' }],
      },
    });
  });
});

describe('a person of whom nothing is held', () => {
  const empty: Situation = { ...situation, lives: [] };
  const ask = (type: AskedType) =>
    decide({ id: 'req-1', type, purposes: [], asked: [], by: 'compliance' }, empty, arrival, 's');

  it.each(['disclosure', 'overseas-measures', 'purpose-notice', 'provision-disclosure'] as const)(
    'R1: is told so on a request for %s (APPI 33(3))',
    (type) => {
      const decision = ask(type);
      expect(decision).toMatchObject({
        outcome: 'accepted',
        documents: { request: { state: 'done' }, tasks: [] },
      });
      const notices = decision.outcome === 'accepted' ? noticesOf(decision.documents.request, shipped) : [];
      expect(notices.map(({ kind }) => kind)).toEqual(['nothing-held']);
    },
  );

  it('R4: has nothing to delete', () => {
    expect(ask('deletion')).toEqual({ outcome: 'refused', refusal: 'erased' });
  });

  it('Q1: may ask a question all the same', () => {
    expect(ask('question')).toMatchObject({ documents: { request: { state: 'accepted', lives: [] } } });
  });

  it('is not told so before it is known who asks: the request waits like any other', () => {
    const states = [situation, empty].map((given) =>
      decide(
        { id: 'req-1', type: 'deletion', purposes: [], asked: [], by: 'c', identity: 'required' },
        { ...given, lives: [] },
        arrival,
        's',
      ),
    );
    expect(states[0]).toEqual(states[1]);
    expect(states[0]).toMatchObject({
      documents: { request: { state: 'checking-identity', lives: [] }, tasks: [], standings: [] },
    });
  });
});

describe('what is the same by the time it is granted', () => {
  const first = story('suspension', {}, []).request;
  const second = story('suspension', { id: 'req-2', identity: 'required' }, []).request;
  const confirmed = decideLife(confirm, lifeOf(second.events ?? []), arrival, {
    type: 'suspension',
    dueAt: arrival,
    grounds: [],
    fee: 0,
    feeUntil: arrival,
    warnDays: [],
  });
  const happened = 'events' in confirmed ? confirmed.events : [];
  const after = (open: readonly RequestDocument[], more: Partial<Situation> = {}) =>
    settle(
      { ...second, lives: situation.lives },
      happened,
      { ...situation, open, ...more },
      'c',
      arrival,
      's',
    );

  it('ends there, and says of which it was the second', () => {
    const { request, tasks, standings } = after([first, second]);
    expect(request.events?.at(-2)).toMatchObject({ type: 'closed', because: 'same', other: 'req-1' });
    expect([request.state, tasks, standings]).toEqual(['done', [], []]);
  });

  it('ends in a deletion that was accepted meanwhile', () => {
    const deletion = { ...story('deletion', { id: 'req-3' }, []).request };
    expect(after([deletion]).request.events?.at(-2)).toMatchObject({
      because: 'deletion-under-way',
      other: 'req-3',
    });
  });

  it('is carried out where nothing stands in its way', () => {
    expect(after([]).tasks.map(({ holder }) => holder)).toEqual(['crm', 'mailer', 'partner']);
  });
});

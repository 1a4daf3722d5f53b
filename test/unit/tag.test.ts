import { describe, expect, it } from '@jest/globals';
import {
  addPeriod,
  catalogue,
  eventTypes,
  fromHeaders,
  recordId,
  shippedPolicies,
  type EventType,
  type Policy,
  type RecordDocument,
} from '@keiro/schemas';
import { lifeOf, wireEvent, type WireEventSpec } from '@keiro/scripts/bench/wire-events';
import { tag } from '@keiro/tag/tag';

const now = new Date('2026-04-02T00:00:00.000Z');
const current = shippedPolicies().newest;
const member = lifeOf('member', 'hanako');
const email = lifeOf('email', 'hanako');
const cookie = lifeOf('cookie', 'browser');

function tagged(spec: Partial<WireEventSpec> & { type: EventType }, under: Policy | undefined = current) {
  const event = wireEvent({ id: 'e-1', refs: [member], ...spec }, (bytes) => Buffer.alloc(bytes));
  const envelope = fromHeaders(event.headers);
  if (envelope === undefined) throw new Error('the headers hold an envelope');
  return tag(envelope, event.value, { topic: event.topic, partition: 1, offset: '7' }, under, now);
}

function recordOf(spec: Partial<WireEventSpec> & { type: EventType }, under = current): RecordDocument {
  const answer = tagged(spec, under);
  if ('quarantine' in answer) throw new Error(answer.quarantine.detail);
  return answer.record;
}

const groupOf = (record: RecordDocument, id: string) => record.groups.find(({ group }) => group === id);
const purposesIn = (record: RecordDocument) =>
  Object.fromEntries(record.groups.map(({ group, purposes }) => [group, purposes]));

/** Readable fields under which each type has a purpose. */
interface Variant {
  readonly type: EventType;
  readonly readable?: Record<string, unknown>;
}
const variants = eventTypes.flatMap((type): Variant[] =>
  type === 'cookie'
    ? ['session', 'feature', 'analytics'].map((cookieKind) => ({ type, readable: { cookieKind } }))
    : [{ type }],
);

describe('every category (C1–C7)', () => {
  it.each(variants)('$type $readable: no group without a purpose, a rule and an end', (variant) => {
    const record = recordOf(variant);
    expect(record.groups.map(({ group }) => group)).toEqual(
      catalogue[variant.type].groups.map(({ id }) => id),
    );
    for (const { purposes, rule, end, cap } of record.groups) {
      expect(purposes).not.toEqual([]);
      expect(rule).not.toBe('');
      expect((end ?? cap)?.getTime()).toBeGreaterThan(record.time.getTime());
    }
  });

  it.each(variants)('$type $readable: also when nothing of it is sealed', (variant) => {
    const record = recordOf({ ...variant, groups: [] });
    expect(record.present).toEqual([]);
    expect(record.groups.length).toBeGreaterThan(0);
    expect(record.groups.every(({ end, cap }) => (end ?? cap) !== undefined)).toBe(true);
  });

  it('only groups that are sealed are tagged', () => {
    const record = recordOf({ type: 'payment', groups: ['C5.card'] });
    expect(record.groups.map(({ group }) => group)).toEqual(['C5.card']);
    expect(record.present).toEqual(['cardToken', 'brand', 'last4']);
  });
});

describe('purposes (PM)', () => {
  it.each([
    { cookieKind: 'session', purposes: ['membership'], end: '2026-05-01T00:00:00.000Z' },
    { cookieKind: 'feature', purposes: ['membership'], end: '2027-05-01T00:00:00.000Z' },
    { cookieKind: 'analytics', purposes: ['statistics', 'quality'], end: '2027-05-01T00:00:00.000Z' },
  ])('of a $cookieKind cookie', ({ cookieKind, purposes, end }) => {
    const usage = groupOf(recordOf({ type: 'cookie', readable: { cookieKind } }), 'C3.usage');
    expect(usage).toMatchObject({ purposes, start: 'collection', end: new Date(end) });
  });

  it('of access: who it was for the membership, what was read for statistics', () => {
    expect(purposesIn(recordOf({ type: 'access' }))).toMatchObject({
      'C4.auth': ['membership'],
      'C4.usage': ['statistics'],
    });
  });

  it.each([
    { marketingOptIn: true, purposes: ['service', 'marketing'] },
    { marketingOptIn: false, purposes: ['service'] },
  ])('of a campaign, opted in: $marketingOptIn', ({ marketingOptIn, purposes }) => {
    expect(
      groupOf(recordOf({ type: 'campaign', readable: { marketingOptIn } }), 'C6.contact')?.purposes,
    ).toEqual(purposes);
  });

  it('of a user whom a customer controls are that customer’s own, with an end by the contract (X2)', () => {
    const record = recordOf({ type: 'payment', scope: { kind: 'entrusted', tenant: 'kaede' } });
    for (const group of record.groups) {
      expect(group.purposes).toEqual(['entrusted:kaede']);
      expect(group.rule).toBe('entrusted');
      expect(group.floor).toBeUndefined();
      expect(group.cap).toBeInstanceOf(Date);
    }
  });
});

describe('ends', () => {
  it('count days as Japan does, to the same time of day', () => {
    const auth = groupOf(recordOf({ type: 'access', time: '2026-01-31T23:30:00Z' }), 'C4.usage');
    expect(auth).toMatchObject({
      startAt: new Date('2026-01-31T23:30:00Z'),
      end: addPeriod(new Date('2026-01-31T23:30:00Z'), 'P90D'),
    });
  });

  it.each([
    '2023-12-31T14:59:59.999Z',
    '2023-12-31T15:00:00Z',
    '2024-01-31T02:00:00Z',
    '2024-02-28T20:00:00Z',
    '1950-05-07T00:30:00+09:00',
  ])('are what the calendar says, remembered or not: %s', (text) => {
    const time = new Date(text);
    // A policy old enough for the last of them.
    const old = { ...current, effective: '1950-01-01' };
    for (let again = 0; again < 2; again += 1) {
      const { end } =
        groupOf(
          recordOf({ type: 'cookie', time: text, readable: { cookieKind: 'analytics' } }, old),
          'C3.usage',
        ) ?? {};
      expect(end).toEqual(addPeriod(time, 'P13M'));
    }
  });

  it('wait for a fact where the start is open, under a cap', () => {
    const identity = groupOf(recordOf({ type: 'registration' }), 'C1.identity');
    expect(identity).toMatchObject({ start: 'account-closed', cap: new Date('2028-04-01T00:00:00.000Z') });
    expect(identity).not.toHaveProperty('startAt');
    expect(identity).not.toHaveProperty('end');
  });

  it('of accounting books name the law that keeps them longest; e-mail and card have no floor', () => {
    // Collected in April 2026: the fiscal year ends with March 2027, in Japan.
    const record = recordOf({ type: 'payment' });
    expect(groupOf(record, 'C5.books')?.floor).toEqual({
      law: 'Companies Act 432(2)',
      until: new Date('2037-03-31T15:00:00.000Z'),
    });
    expect(groupOf(record, 'C5.contact')).not.toHaveProperty('floor');
    expect(groupOf(record, 'C5.card')).not.toHaveProperty('floor');
  });
});

describe('a record', () => {
  it('says where it came from and nothing personal', () => {
    const record = recordOf({ type: 'profile', refs: [member, email] });
    expect(record).toMatchObject({
      _id: recordId(member, 'bench', 'e-1'),
      ref: member.ref,
      generation: 1,
      refs: [member, email],
      category: 'C2',
      site: 'www.demo.example',
      source: 'bench',
      policy: '2017-02-02',
      time: new Date('2026-04-01T00:00:00.000Z'),
      taggedAt: now,
      position: { topic: 'collection.profile', partition: 1, offset: '7' },
    });
    expect(record).not.toHaveProperty('sealed');
    expect(record).not.toHaveProperty('readable');
  });
});

describe('links (D1)', () => {
  const linksOf = (refs: WireEventSpec['refs']) => {
    const answer = tagged({ type: 'registration', refs });
    return 'links' in answer ? answer.links : [];
  };

  it('are a star from the primary ref, both ways', () => {
    expect(linksOf([member, email, cookie]).map(({ _id }) => _id)).toEqual([
      `${member.ref}|${email.ref}`,
      `${email.ref}|${member.ref}`,
      `${member.ref}|${cookie.ref}`,
      `${cookie.ref}|${member.ref}`,
    ]);
  });

  it('need two refs that differ', () => {
    expect(linksOf([member])).toEqual([]);
    expect(linksOf([member, member])).toEqual([]);
  });

  it('do not join what a source collected of nobody in a day', () => {
    expect(linksOf([lifeOf('unattributed', 'log/2026-04-01'), cookie])).toEqual([]);
    expect(linksOf([member, lifeOf('unattributed', 'log/2026-04-01')])).toEqual([]);
  });
});

describe('what can not be tagged', () => {
  it.each([
    {
      name: 'a policy that does not exist',
      spec: { type: 'access' as const },
      under: undefined,
      reason: 'untaggable',
    },
    {
      name: 'a person who was erased',
      spec: { type: 'access' as const, sealedUnder: 'quarantine' as const },
      under: current,
      reason: 'erased',
    },
    {
      name: 'a cookie of a kind without a purpose',
      spec: { type: 'cookie' as const, readable: { cookieKind: 'advertising' } },
      under: current,
      reason: 'untaggable',
    },
  ])('$name goes to quarantine', ({ spec, under, reason }) => {
    const event = wireEvent({ id: 'e-1', refs: [member], ...spec }, (bytes) => Buffer.alloc(bytes));
    const envelope = fromHeaders(event.headers);
    if (envelope === undefined) throw new Error('the headers hold an envelope');
    const answer = tag(envelope, event.value, { topic: event.topic, partition: 0, offset: '0' }, under, now);
    expect(answer).toMatchObject({ quarantine: { reason } });
  });
});

describe('sensitive data (APPI 2(3))', () => {
  const given = (readable: Record<string, unknown>, more: Partial<WireEventSpec> = {}) =>
    tagged({ type: 'inquiry', readable: { sensitive: ['disability'], ...readable }, ...more });

  it('given by the person directly counts as consent, and the record shows it', () => {
    expect(given({ given: 'by-person' })).toMatchObject({
      record: { sensitive: { kinds: ['disability'], given: 'by-person' } },
    });
    expect(recordOf({ type: 'inquiry' })).not.toHaveProperty('sensitive');
  });

  it.each([{}, { given: 'by-other' }])('from elsewhere (%j) is set aside', (readable) => {
    expect(given(readable)).toMatchObject({ quarantine: { reason: 'untaggable' } });
  });

  it('from elsewhere is in order where a consent is named', () => {
    expect(given({ given: 'by-other', consent: 'f-1' })).toMatchObject({
      record: { sensitive: { given: 'by-other', consent: 'f-1' } },
    });
  });

  it('of a user whom a customer controls is for that customer to answer (X2)', () => {
    expect(given({}, { scope: { kind: 'entrusted', tenant: 'kaede' } })).toHaveProperty('record');
  });
});

describe('a time that can not be right', () => {
  it('before the day, in Japan, on which the version took effect (V1)', () => {
    const at = (time: string) => tagged({ type: 'profile', time });
    expect(at('2017-02-01T23:59:59+09:00')).toMatchObject({ quarantine: { reason: 'not-yet-effective' } });
    expect(at('2017-02-02T00:00:00+09:00')).toHaveProperty('record');
  });

  it('more than 24 hours ahead', () => {
    const at = (time: string) => tagged({ type: 'profile', time });
    expect(at('2026-04-03T00:00:00.001Z')).toMatchObject({ quarantine: { reason: 'future-time' } });
    expect(at('2026-04-03T00:00:00Z')).toHaveProperty('record');
  });
});

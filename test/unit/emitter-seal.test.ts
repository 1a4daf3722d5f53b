import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { open, groupAssociated } from '@keiro/sdk';
import { createIvPool } from '@keiro/sdk/emitter-ivs';
import {
  canonicalJson,
  identifiersOf,
  sealEvent,
  sealGroupsOf,
  type EventKeys,
} from '@keiro/sdk/emitter-seal';
import {
  examples,
  exampleSites,
  fromHeaders,
  parseEvent,
  recordId,
  wireSchemas,
  type CollectionEvent,
  type EventType,
} from '@keiro/schemas';
import { doorOf } from '../builders/door.ts';

const primary = { ref: `member.${'a'.repeat(32)}`, generation: 1 };
const iv = createIvPool(randomBytes);

function keysFor(
  type: EventType,
): EventKeys & { readonly sealing: { kind: 'person'; keys: Map<string, Buffer> } } {
  return {
    lives: [primary, { ref: `email.${'b'.repeat(32)}`, generation: 3 }],
    sealing: { kind: 'person', keys: new Map(sealGroupsOf(type).map((group) => [group, randomBytes(32)])) },
  };
}

const registration = (data: Record<string, unknown> = {}): CollectionEvent => ({
  specversion: '1.0',
  id: 'e-1',
  source: 'demo-site',
  type: 'registration',
  time: '2026-04-01T09:00:00+09:00',
  policyversion: '2017-02-02',
  data: {
    subject: { member: 'm-canary-1', email: 'Canary.Two@Mail.example' },
    site: 'WWW.demo.example',
    noticeVersion: 'n1',
    name: '架空 花子',
    email: 'canary.two@mail.example',
    ...data,
  },
});

const validExamples = examples
  .filter(({ refused }) => refused === undefined)
  .map(({ name, document }) => [name, document] as const);

describe('sealing an event', () => {
  it.each(validExamples)('makes of %s what the wire schema and the envelope accept', (_name, document) => {
    const parsed = parseEvent(document, doorOf(exampleSites));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    const { event } = parsed;
    const { topic, key, headers, value } = sealEvent(event, keysFor(event.type), iv);
    expect(wireSchemas[event.type].safeParse(value).error?.issues ?? []).toEqual([]);
    expect(JSON.parse(JSON.stringify(value))).toEqual(value);
    expect(topic).toBe(`collection.${event.type}`);
    expect(key).toBe(primary.ref);
    const { id, source, type, time, policyversion } = event;
    expect(fromHeaders(headers)).toEqual({ id, source, type, time, policyversion });
  });

  it('leaves nothing personal outside the blobs', () => {
    const sealed = sealEvent(registration(), keysFor('registration'), iv);
    const bytes =
      JSON.stringify(sealed) +
      sealed.value.sealed.map(({ blob }) => Buffer.from(blob, 'base64').toString('latin1')).join();
    for (const canary of ['canary', 'Canary', '架空', 'mail.example']) expect(bytes).not.toContain(canary);
    expect(sealed.value.present).toEqual(['subject', 'name', 'email']);
    expect(sealed.value.site).toBe('www.demo.example');
    // A search that finds nothing proves something only if it would find what is there.
    expect(bytes).toContain('www.demo.example');
  });

  it('seals each group by itself, the identifiers too, bound to this event', () => {
    const event = registration();
    const keys = keysFor('registration');
    const { sealed } = sealEvent(event, keys, iv).value;
    const opened = Object.fromEntries(
      sealed.map(({ group, blob }) => {
        const key = keys.sealing.keys.get(group) ?? Buffer.alloc(32);
        return [
          group,
          JSON.parse(open(key, blob, groupAssociated(event, primary, group)).toString()) as unknown,
        ];
      }),
    );
    expect(opened).toEqual({
      'C1.identity': { name: '架空 花子', email: 'canary.two@mail.example' },
      'C1.subject': { subject: { member: 'm-canary-1', email: 'Canary.Two@Mail.example' } },
    });
  });

  it('never uses an initialisation vector twice', () => {
    const keys = keysFor('registration');
    const used = Array.from({ length: 3000 }, () => sealEvent(registration(), keys, iv).value.sealed).flat();
    expect(new Set(used.map(({ blob }) => blob.slice(0, 16))).size).toBe(used.length);
  });

  it('uses the key of the day, and says so, for somebody who is erased', () => {
    const event = registration();
    const key = randomBytes(32);
    const { value } = sealEvent(
      event,
      { lives: [primary], sealing: { kind: 'quarantine', day: '2026-04-01', key } },
      iv,
    );
    expect(value).toMatchObject({ sealedUnder: 'quarantine', day: '2026-04-01' });
    for (const { group, blob } of value.sealed) {
      expect(open(key, blob, groupAssociated(event, primary, group)).length).toBeGreaterThan(0);
    }
  });

  it('refuses when a key is missing rather than leave a group out', () => {
    const sealing = { kind: 'person' as const, keys: new Map<string, Buffer>() };
    expect(() => sealEvent(registration(), { lives: [primary], sealing }, iv)).toThrow(
      'no key for group C1.subject',
    );
  });
});

describe('the digest of the content', () => {
  const keys = keysFor('registration');
  const digestOf = (event: CollectionEvent) => sealEvent(event, keys, iv).value.digest;
  const usual = digestOf(registration());

  it('is the same for a retry, in whatever order its fields were set', () => {
    const { data, ...envelope } = registration();
    const turned = {
      data: Object.fromEntries(Object.entries(data).reverse()),
      ...envelope,
    } as CollectionEvent;
    expect(digestOf(turned)).toBe(usual);
    expect(recordId(primary, envelope.source, envelope.id)).toBe(recordId(primary, turned.source, turned.id));
  });

  it.each<[string, CollectionEvent]>([
    ['a personal field', registration({ name: '架空 太郎' })],
    ['a readable field', registration({ noticeVersion: 'n2' })],
    ['an added field', registration({ nameKana: 'カクウ' })],
    ['an identifier', registration({ subject: { member: 'm-canary-1', email: 'other@mail.example' } })],
    ['the scope', registration({ scope: { kind: 'entrusted', tenant: 't1' } })],
    ['the time', { ...registration(), time: '2026-04-01T09:00:01+09:00' }],
    ['the policy version', { ...registration(), policyversion: '2016-11-21' }],
    ['the id', { ...registration(), id: 'e-2' }],
  ])('changes with %s', (_what, event) => {
    expect(digestOf(event)).not.toBe(usual);
  });

  it('covers what is nested, in canonical form', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: undefined, '': null })).toBe(
      '{"":null,"b":[{"c":2,"d":1}]}',
    );
  });
});

describe('the identifiers of an event', () => {
  it('are normalised, the strongest first', () => {
    const subject = { cookie: 'c1', email: ' Canary.Two@MAIL.example', member: 'M１' };
    expect(identifiersOf(registration({ subject }))).toEqual([
      { kind: 'member', value: 'M1' },
      { kind: 'email', value: 'canary.two@mail.example' },
      { kind: 'cookie', value: 'c1' },
    ]);
  });

  it('of an event about nobody are its source and its own day, so that a retry finds the same', () => {
    expect(identifiersOf(registration({ subject: {} }))).toEqual([
      { kind: 'unattributed', value: 'demo-site/2026-04-01' },
    ]);
    const early = { ...registration({ subject: {} }), time: '2026-04-01T08:59:59+09:00' } as CollectionEvent;
    expect(identifiersOf(early)).toEqual([{ kind: 'unattributed', value: 'demo-site/2026-03-31' }]);
  });
});

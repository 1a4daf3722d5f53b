import { describe, expect, it } from '@jest/globals';
import {
  consentsOf,
  countsAsConsent,
  eventDigest,
  exampleSites,
  factDigest,
  factExamples,
  factFromHeaders,
  factWireSchema,
  parseEvent,
  parseMessage,
  withdrawnBy,
  type Fact,
  type FactDocument,
} from '@keiro/schemas';
import { factMessage } from '@keiro/sdk/emitter-seal';
import fc from 'fast-check';
import { doorOf } from '../builders/door.ts';
import { consentTo, factDocument, factOf } from '../builders/facts.ts';
import { minute, refOf } from '../builders/lineage.ts';

const door = doorOf(exampleSites);
const valid = factExamples.filter(({ refused }) => refused === undefined);
const invalid = factExamples.flatMap(({ name, document, refused }) =>
  refused === undefined ? [] : [{ name, document, refused }],
);
const asJson = (document: unknown): unknown => JSON.parse(JSON.stringify(document));
const life = { ref: refOf('member', 'hanako'), generation: 2 };
const keys = { lives: [life], sealing: { kind: 'person', keys: new Map() } } as const;

describe('a fact at the door', () => {
  it.each(valid)('$name is accepted, and is what its wire schema says', ({ document }) => {
    const parsed = parseMessage(asJson(document), door);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    expect(parsed.event).toEqual(asJson(document));
    const { key, headers, topic, value } = factMessage(parsed.event as Fact, keys);
    expect({ key, topic }).toEqual({ key: life.ref, topic: 'collection.facts' });
    expect(factWireSchema.parse(value)).toEqual(asJson(value));
    expect(factFromHeaders(headers)?.id).toBe(parsed.event.id);
    expect(JSON.stringify(value)).not.toMatch(/m-1001|mail\.example|c-8f2a61/);
  });

  it.each(invalid)('$name is refused: $refused.field $refused.code', ({ document, refused }) => {
    const parsed = parseMessage(asJson(document), door);
    expect(parsed).toEqual({ ok: false, issues: [{ ...refused, message: expect.any(String) }] });
  });

  it('is no event: who wants events alone is not given one', () => {
    expect(parseEvent(asJson(valid[0]?.document), door)).toMatchObject({
      ok: false,
      issues: [{ field: 'type', code: 'unknown_type' }],
    });
  });

  it('names the event that it is about by the digest with which its record id ends', () => {
    const fact = factOf({ member: 'm-1' }, 'inquiry-closed', { about: { source: 'demo-site', id: 'i-1' } });
    expect(factMessage(fact, keys).value.about).toBe(eventDigest('demo-site', 'i-1'));
  });

  it('says that the person was erased when it was sent', () => {
    const sealing = { kind: 'quarantine', day: '2026-01-01', key: Buffer.alloc(32) } as const;
    expect(factMessage(factOf({ member: 'm-1' }, 'used'), { ...keys, sealing }).value.state).toBe('erased');
  });

  it('sent again in another generation has the same content, and any other content another', () => {
    const wire = factMessage(factOf({ member: 'm-1' }, 'used'), keys).value;
    const digest = factDigest('2026-01-01T09:00:00+09:00', '2017-02-02', wire);
    const later = { ...wire, refs: [{ ...life, generation: 3 }] };
    expect(factDigest('2026-01-01T00:00:00Z', '2017-02-02', later)).toBe(digest);
    const others = [
      factDigest('2026-01-01T00:00:01Z', '2017-02-02', wire),
      factDigest('2026-01-01T00:00:00Z', '2016-11-21', wire),
      factDigest('2026-01-01T00:00:00Z', '2017-02-02', { ...wire, kind: 'account-closed' }),
      factDigest('2026-01-01T00:00:00Z', '2017-02-02', { ...wire, about: eventDigest('a', 'b') }),
      factDigest('2026-01-01T00:00:00Z', '2017-02-02', {
        ...wire,
        consent: consentTo({ purposes: ['quality'] }),
      }),
    ];
    expect(new Set([digest, ...others]).size).toBe(6);
  });
});

describe('what counts as consent', () => {
  const told = { country: 'SG', informedOf: ['system-of-country', 'measures-of-recipient'] } as const;
  const abroad = { ...told, informedOf: [...told.informedOf] };

  it.each([
    ['a purpose asked for', consentTo({ purposes: ['marketing'] }), 'purpose', true],
    ['a recipient is no purpose', consentTo({ recipients: ['partner'] }), 'purpose', false],
    ['a recipient of cookies', consentTo({ recipients: ['partner'] }), 'APPI 31', true],
    ['a recipient abroad, told of it', consentTo({ recipients: ['partner'], abroad }), 'APPI 28', true],
    ['a recipient abroad, not told', consentTo({ recipients: ['partner'] }), 'APPI 28', false],
    [
      'a recipient abroad, told half',
      consentTo({ recipients: ['partner'], abroad: { ...abroad, informedOf: ['system-of-country'] } }),
      'APPI 28',
      false,
    ],
  ] as const)('%s', (_, consent, use, expected) => {
    expect(countsAsConsent(consent, use)).toBe(expected);
  });

  it.each(['purpose', 'APPI 28', 'APPI 31'] as const)('never use of a site (§7), for %s', (use) => {
    const all = consentTo({ purposes: ['quality'], recipients: ['partner'], abroad });
    expect(countsAsConsent(all, use)).toBe(true);
    expect(countsAsConsent({ ...all, means: 'implied-by-use' }, use)).toBe(false);
  });
});

const given = (id: string, at: number, more = {}) =>
  factDocument(id, 'consent-given', minute(at), { consent: consentTo({ purposes: ['marketing'], ...more }) });
const withdrawn = (id: string, at: number, more = {}) =>
  factDocument(id, 'consent-withdrawn', minute(at), {
    consent: consentTo({ purposes: ['marketing'], ...more }),
  });

describe('consents of a person', () => {
  it('lists each with when it was given and withdrawn; one withdrawal ends all that were given before', () => {
    const facts = [given('a', 1), given('b', 2, { wording: 'banner-2' }), withdrawn('c', 3), given('d', 4)];
    expect(
      consentsOf(facts).map(({ wording, given: from, withdrawn: to }) => [wording, from?.at, to?.at]),
    ).toEqual([
      ['banner-1', minute(1), minute(3)],
      ['banner-2', minute(2), minute(3)],
      ['banner-1', minute(4), undefined],
    ]);
  });

  it('shows a withdrawal of what was never seen given', () => {
    expect(consentsOf([withdrawn('a', 1)])).toMatchObject([
      { id: 'marketing', withdrawn: { at: minute(1) } },
    ]);
  });

  it('are per purpose and per recipient', () => {
    const facts = [
      given('a', 1, { purposes: ['marketing', 'statistics'], recipients: ['partner'] }),
      withdrawn('b', 2, { purposes: undefined, recipients: ['partner'] }),
    ];
    expect(withdrawnBy(facts)).toEqual({ purposes: [], recipients: ['partner'] });
    expect(
      consentsOf(facts).map(({ id, countsFor, withdrawn: to }) => [id, countsFor, to === undefined]),
    ).toEqual([
      ['marketing', ['purpose'], true],
      ['statistics', ['purpose'], true],
      ['partner', ['APPI 31'], false],
    ]);
  });

  it('the later one by its own time wins; at one instant the withdrawal', () => {
    expect(withdrawnBy([withdrawn('a', 2), given('b', 1)]).purposes).toEqual(['marketing']);
    expect(withdrawnBy([withdrawn('a', 1), given('b', 2)]).purposes).toEqual([]);
    expect(withdrawnBy([withdrawn('a', 1), given('b', 1)]).purposes).toEqual(['marketing']);
  });

  it('going on using the site takes back no withdrawal', () => {
    expect(withdrawnBy([withdrawn('a', 1), given('b', 2, { means: 'implied-by-use' })]).purposes).toEqual([
      'marketing',
    ]);
  });

  it('do not depend on the order of arrival', () => {
    const some = fc.uniqueArray(
      fc.record({
        id: fc.string({ minLength: 1, maxLength: 4 }),
        at: fc.integer({ min: 0, max: 3 }),
        kind: fc.constantFrom('consent-given', 'consent-withdrawn', 'used'),
        purpose: fc.constantFrom('marketing', 'statistics'),
      }),
      { selector: ({ id }) => id, maxLength: 8 },
    );
    const documents = some.map((all) =>
      all.map(({ id, at, kind, purpose }): FactDocument =>
        factDocument(id, kind, minute(at), {
          ...(kind === 'used' ? {} : { consent: consentTo({ purposes: [purpose] }) }),
        }),
      ),
    );
    fc.assert(
      fc.property(
        documents.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([all, shuffled]) => {
          expect(withdrawnBy(shuffled)).toEqual(withdrawnBy(all));
          expect(consentsOf(shuffled)).toEqual(consentsOf(all));
        },
      ),
      { seed: 20170202 },
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  catalogue,
  categories,
  eventTypes,
  exampleDocument,
  examples,
  exampleSites,
  parseEvent,
  splitEvent,
  topics,
  type CollectionEvent,
} from '@keiro/schemas';
import { at, leaves, replaced } from '../builders/documents.ts';
import { doorOf } from '../builders/door.ts';

const sites = exampleSites;
const valid = examples.filter(({ refused }) => refused === undefined);
const invalid = examples.flatMap((one) =>
  one.refused === undefined ? [] : [{ ...one, refused: one.refused }],
);

function accepted(document: unknown): CollectionEvent {
  const result = parseEvent(document, doorOf(sites));
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.issues)}`);
  return result.event;
}

function issuesOf(document: unknown) {
  const result = parseEvent(document, doorOf(sites));
  if (result.ok) throw new Error('accepted');
  return result.issues;
}

describe('the named examples', () => {
  it.each(valid)('$name is accepted as it is', ({ document }) => {
    expect(accepted(document)).toEqual(document);
  });

  it.each(invalid)('$name is refused: $refused.field $refused.code', ({ document, refused }) => {
    expect(issuesOf(document)).toEqual([{ ...refused, message: expect.any(String) }]);
  });

  it('have names of their own, and every type has both sorts, a card number and a foreign site among them', () => {
    expect(new Set(examples.map(({ name }) => name)).size).toBe(examples.length);
    for (const type of eventTypes) {
      expect(valid.filter((one) => one.type === type).length).toBeGreaterThanOrEqual(3);
      const codes = invalid.filter((one) => one.type === type).map(({ refused }) => refused.code);
      expect(codes).toEqual(expect.arrayContaining(['card_number', 'foreign_site']));
    }
  });
});

describe('the catalogue', () => {
  it('has one type for each category C1 to C7, each with a topic of the pipeline', () => {
    expect(eventTypes.map((type) => catalogue[type].category)).toEqual([...categories]);
    const names = topics.map(({ name }) => name);
    for (const type of eventTypes) expect(names).toContain(catalogue[type].topic);
  });

  it.each(eventTypes)('%s: no name stands twice, among groups or beside them', (type) => {
    const { groups, readable, schema } = catalogue[type];
    const names = [...readable, ...groups.flatMap(({ fields }) => fields)];
    expect(new Set(names).size).toBe(names.length);
    expect([...names, 'site', 'scope'].sort()).toEqual(Object.keys(schema.shape.data.shape).sort());
  });
});

describe('C5: card data', () => {
  const places = valid.flatMap(({ name, document }) =>
    leaves(document)
      .filter(({ value }) => typeof value === 'string')
      .map(({ path }) => ({ name, document, path, field: path.join('.') })),
  );

  it.each(places)('a card number in $field of $name is refused there', ({ document, path, field }) => {
    const found = issuesOf(replaced(document, path, 'No. 4111-1111-1111-1111'));
    expect(found).toContainEqual({ field, code: 'card_number', message: expect.any(String) });
  });
});

describe('an answer', () => {
  it('names every fault at once, one a field', () => {
    const document = {
      ...(exampleDocument('payment.valid.minimal') as object),
      id: 'a b',
      time: 'today',
      traceparent: '00',
      data: {
        subject: { email: 'x' },
        site: 'www.elsewhere.example',
        plan: 'P',
        method: 'card',
        cvv: '123',
        amount: '1',
      },
    };
    const found = issuesOf(document).map(({ field, code }) => `${field} ${code}`);
    expect(found.sort()).toEqual([
      'data.amount type',
      'data.currency required',
      'data.cvv card_number',
      'data.invoice required',
      'data.plan format',
      'data.site foreign_site',
      'data.subject.email format',
      'id format',
      'time format',
      'traceparent unknown_field',
    ]);
  });

  const canary = 'kanaria-4711@mail.example';
  const documents = eventTypes.map((type) => valid.filter((one) => one.type === type).at(1)?.document);

  it('never holds a value, whichever field it stands in', () => {
    for (const document of documents) {
      for (const { path } of leaves(document)) {
        for (const wrong of [canary, [canary], { [canary]: canary }]) {
          const result = parseEvent(replaced(document, path, wrong), doorOf([]));
          expect(result.ok).toBe(false);
          expect(JSON.stringify(result)).not.toContain('4711');
        }
      }
    }
  });

  it('never holds a field name that may be a value', () => {
    for (const name of [canary, '山田 花子', '09012345678', 'x'.repeat(1000), '4111111111111111']) {
      for (const document of documents) {
        const path = ['data', name];
        expect(JSON.stringify(issuesOf(replaced(document, path, 1)))).not.toContain(name);
      }
    }
  });

  it('is short, however long the nonsense', () => {
    const nonsense = Object.fromEntries(Array.from({ length: 676 }, (_, index) => [letters(index), 1]));
    expect(issuesOf({ type: 'inquiry', ...nonsense })).toHaveLength(100);
  });
});

const letters = (index: number) =>
  `x${String.fromCharCode(97 + Math.floor(index / 26))}${String.fromCharCode(97 + (index % 26))}`;

describe('odd input', () => {
  it.each([undefined, null, true, 7, 'text', [], [{}]])('%j is no event', (document) => {
    expect(issuesOf(document)).toEqual([expect.objectContaining({ field: '', code: 'type' })]);
  });

  it('does not take an inherited name for a type or a field', () => {
    const document = exampleDocument('inquiry.valid.minimal') as object;
    expect(issuesOf({ ...document, type: 'constructor' })).toEqual([
      expect.objectContaining({ field: 'type', code: 'unknown_type' }),
    ]);
    const polluted: unknown = JSON.parse(
      JSON.stringify(document).replace('"data":{', '"data":{"__proto__":{"channel":"fax"},'),
    );
    expect(issuesOf(polluted)).toEqual([expect.objectContaining({ code: 'unknown_field' })]);
  });

  it('is refused when nested too deep, without exhausting the stack', () => {
    let body: unknown = 'x';
    for (let depth = 0; depth < 100_000; depth++) body = { a: body };
    const document = replaced(exampleDocument('inquiry.valid.minimal'), ['data', 'body'], body);
    expect(issuesOf(document)).toContainEqual(expect.objectContaining({ code: 'too_deep' }));
  });

  it('takes a host name in whatever case', () => {
    const document = replaced(exampleDocument('cookie.valid.minimal'), ['data', 'site'], 'WWW.Demo.Example');
    expect(at(accepted(document), ['data', 'site'])).toBe('WWW.Demo.Example');
  });

  it('takes a policy version that the caller knows', () => {
    const document = replaced(exampleDocument('cookie.valid.minimal'), ['policyversion'], '2027-01-01');
    expect(issuesOf(document)).toEqual([expect.objectContaining({ code: 'unknown_policy_version' })]);
    expect(parseEvent(document, { sites, policyVersions: ['2027-01-01'] }).ok).toBe(true);
  });
});

describe('splitting', () => {
  it.each(valid)(
    '$name: every field is either readable or in one group, and nothing is lost',
    ({ document }) => {
      const event = accepted(document);
      const { readable, groups, present } = splitEvent(event);
      const { site, scope, ...fields } = event.data as Record<string, unknown>;
      const subject = Object.keys(event.data.subject).length === 0 ? { subject: {} } : {};
      expect(site).toBeDefined();
      expect(Object.assign({}, readable, subject, ...Object.values(groups))).toEqual(fields);
      expect(scope === undefined || !('scope' in readable)).toBe(true);
      expect(Object.keys(readable).every((name) => catalogue[event.type].readable.includes(name))).toBe(true);
      expect(Object.values(groups).flatMap((group) => Object.keys(group))).toEqual(present);
      for (const group of Object.values(groups)) expect(Object.keys(group)).not.toHaveLength(0);
    },
  );

  it('groups by the ids of the catalogue', () => {
    const { readable, groups, present } = splitEvent(accepted(exampleDocument('payment.valid.full')));
    expect(readable).toEqual({ plan: 'standard-yearly', method: 'card' });
    expect(Object.keys(groups)).toEqual(['C5.subject', 'C5.books', 'C5.contact', 'C5.card']);
    expect(groups['C5.card']).toEqual({ cardToken: 'tok_visa_9QX41', brand: 'visa', last4: '1111' });
    expect(present).toEqual([
      'subject',
      'invoice',
      'amount',
      'currency',
      'payerName',
      'paidAt',
      'items',
      'billingEmail',
      'billingAddress',
      'cardToken',
      'brand',
      'last4',
    ]);
  });

  it('leaves a group out of which nothing is there', () => {
    const { groups, present } = splitEvent(
      accepted(exampleDocument('access.valid.nothing-that-a-log-leaves-out')),
    );
    expect(groups).toEqual({});
    expect(present).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { openCompositeConnector } from '@keiro/erase/connectors/composite';
import type { Connector } from '@keiro/erase/connectors/connector';
import { namesOf, settingsOf } from '@keiro/erase/connectors/fields';
import { openGoogleAnalyticsConnector } from '@keiro/erase/connectors/google-analytics';
import { findersOnce } from '@keiro/erase/connectors/mongodb-filters';
import { pathsToDrop } from '@keiro/erase/connectors/mongodb-narrow';
import { plain } from '@keiro/erase/connectors/plain';
import { conditionOf } from '@keiro/erase/connectors/postgresql-conditions';
import { treatmentOf } from '@keiro/erase/connectors/treatment';
import { connectorSchema, type Rows } from '@keiro/schemas';
import { Binary, Decimal128, Long, ObjectId } from 'mongodb';
import { anyWork, lifeOf } from '../builders/work.ts';

const payments: Rows = {
  name: 'payments',
  identifiers: { member: 'member', email: 'billing_email' },
  locator: 'record',
  generation: 'generation',
  fields: { amount: 'amount', items: 'items', billingEmail: 'billing_email' },
  technical: ['plan'],
};
const told = { request: 'req-1', holder: 'billing' };

describe('what an erasure does with a row', () => {
  it('is to delete it where nothing else is said, and no floor keeps anything that is in it', () => {
    expect(treatmentOf(payments, told)).toEqual({ how: 'delete' });
    expect(treatmentOf(payments, { ...told, keep: ['birthday', '__proto__'] })).toEqual({ how: 'delete' });
  });

  it('is to empty all but what a floor keeps, and what finds the row again', () => {
    expect(treatmentOf(payments, { ...told, keep: ['amount', 'items'] })).toEqual({
      how: 'narrow',
      stay: ['amount', 'items', 'record', 'generation', 'plan'],
      kept: ['amount', 'items'],
    });
    // An identifier that is a field of its own is kept only with that field.
    expect(treatmentOf(payments, { ...told, keep: ['amount', 'subject'] })).toMatchObject({
      stay: ['amount', 'record', 'generation', 'plan', 'member'],
    });
  });

  it('is nothing where the row could not be found again when the floor ends', () => {
    const lost: Rows = { name: 'payments', identifiers: { member: 'member' }, fields: { amount: 'amount' } };
    expect(() => treatmentOf(lost, { ...told, keep: ['amount'] })).toThrow('could not be found again');
    expect(treatmentOf(lost, { ...told, keep: ['amount', 'subject'] })).toMatchObject({
      stay: ['amount', 'member'],
    });
  });

  it('is what the configuration says, but for what a floor keeps', () => {
    const columns = ['member', 'billing_email', 'amount'];
    expect(
      treatmentOf({ ...payments, erase: { action: 'null', columns } }, { ...told, keep: ['amount'] }),
    ).toEqual({ how: 'clear', columns: ['member', 'billing_email'], kept: ['amount'] });
    const replace = (request: string) =>
      treatmentOf({ ...payments, erase: { action: 'pseudonymise', columns } }, { ...told, request });
    // The same in the same request, so that a second attempt changes nothing; another in the next.
    expect(replace('req-1')).toEqual(replace('req-1'));
    expect(replace('req-1')).not.toEqual(replace('req-2'));
  });

  it('may not leave an identifier in a row that is called erased', () => {
    const config = (columns: string[]) => ({
      kind: 'postgresql',
      url: { env: 'A_URL' },
      database: 'd',
      tables: [{ ...payments, erase: { action: 'null', columns } }],
    });
    expect(connectorSchema.safeParse(config(['member'])).error?.issues[0]?.path).toEqual([
      'tables',
      0,
      'erase',
      'columns',
    ]);
    expect(connectorSchema.safeParse(config(['member', 'billing_email'])).success).toBe(true);
  });
});

describe('a document that is narrowed', () => {
  it('loses every path but those that stay, also inside of lists', () => {
    const document = {
      _id: 'r',
      record: 'r',
      buyer: { name: '花子', company: { name: '架空社' } },
      lines: [{ price: 1, note: '花子へ' }, { price: 2 }],
      tags: ['a'],
      empty: null,
    };
    expect(pathsToDrop(document, ['record', 'lines.price', 'buyer.company.name'])).toEqual([
      'buyer.name',
      'lines.0.note',
      'tags',
    ]);
    expect(pathsToDrop({ _id: 'r', lines: 'none' }, ['lines.price'])).toEqual(['lines']);
  });
});

describe('each row once', () => {
  it('is one condition in PostgreSQL', () => {
    const work = { lives: [lifeOf('member', 'm-1', 2)], locators: ['r-1'] };
    expect(conditionOf(payments, work)).toEqual({
      where:
        '("member"::text = ANY($1::text[]) OR "record"::text = ANY($2::text[])) AND ("generation" IS NULL OR "generation" <= $3)',
      parameters: [['m-1'], ['r-1'], 2],
    });
    expect(conditionOf(payments, { lives: [], locators: [] })).toBeUndefined();
  });

  it('is told from the document itself in MongoDB, also where a list of it is found by two queries', () => {
    const place: Rows = { name: 'c', identifiers: { email: 'emails', member: 'member' }, locator: '_id' };
    const emails = Array.from({ length: 501 }, (_, n) => `e${String(n)}`);
    const work = {
      lives: [lifeOf('member', 'm-1'), ...emails.map((email) => lifeOf('email', email))],
      locators: ['r-1'],
    };
    const finders = findersOnce(place, work);
    expect(finders).toHaveLength(4);
    const newTo = (document: object) => finders.map(({ isNew }) => isNew(document)).indexOf(true);
    const foundBy = (document: object) => finders.filter(({ isNew }) => isNew(document)).length;
    const inBoth = { _id: 'x', emails: ['e0', 'e500'], member: 'other' };
    expect(newTo({ _id: 'r-1', emails, member: 'm-1' })).toBe(0);
    expect(foundBy({ _id: 'r-1', emails, member: 'm-1' })).toBe(1);
    // The queries before the first that finds it do not find it at all.
    expect(finders.at(-1)?.isNew(inBoth)).toBe(false);
  });
});

describe('a holder of several stores', () => {
  const has = (field: string): Connector => ({
    ...openGoogleAnalyticsConnector(
      {
        kind: 'google-analytics',
        url: { env: 'A' },
        token: { env: 'B' },
        property: '1',
        identifier: 'cookie',
      },
      'http://127.0.0.1:1',
      '',
    ),
    correct: (_work, changes) =>
      Promise.resolve({
        changed: 1,
        differing: 0,
        missing: changes.map((change) => change.field).filter((one) => one !== field),
      }),
  });

  it('lacks only the fields that none of them has, and names the store that can’t say what it holds', async () => {
    const site = openCompositeConnector([
      { name: 'crm', connector: has('name') },
      { name: 'billing', connector: has('amount') },
    ]);
    const changes = ['name', 'amount', 'birthday'].map((field) => ({ field, value: 'x' }));
    expect(await site.correct(anyWork([]), changes)).toEqual({
      changed: 2,
      differing: 0,
      missing: ['birthday'],
    });
    const unsupported: unknown[] = [];
    for await (const chunk of site.export(anyWork([]))) unsupported.push(chunk.unsupported);
    expect(unsupported).toEqual([expect.stringMatching(/^crm: /), expect.stringMatching(/^billing: /)]);
  });
});

describe('fields of the policy', () => {
  it('are set in every column that holds them, an identifier in the form by which it is looked for', () => {
    const place = { identifiers: { email: 'mail' }, fields: { email: ['mail', 'form.email'], name: 'name' } };
    expect(
      settingsOf(place, [
        { field: 'email', value: 'Hanako@Mail.example' },
        { field: 'birthday', value: 'x' },
      ]),
    ).toEqual([
      ['mail', 'hanako@mail.example'],
      ['form.email', 'Hanako@Mail.example'],
    ]);
    expect(namesOf(place)).toEqual({ mail: 'email', 'form.email': 'email', name: 'name' });
  });

  it('are exported as plain JSON of which nothing is lost', () => {
    const at = new Date('2026-01-02T03:04:05Z');
    expect(
      plain({
        at,
        id: new ObjectId('0123456789abcdef01234567'),
        bytes: new Binary(Buffer.from('abc')),
        raw: Buffer.from('abc'),
        price: Decimal128.fromString('10.25'),
        long: Long.fromString('9007199254740993'),
        big: 9007199254740993n,
        none: undefined,
        deep: [{ a: [1, null, true] }],
      }),
    ).toEqual({
      at: '2026-01-02T03:04:05.000Z',
      id: '0123456789abcdef01234567',
      bytes: 'YWJj',
      raw: 'YWJj',
      price: '10.25',
      long: '9007199254740993',
      big: '9007199254740993',
      none: null,
      deep: [{ a: [1, null, true] }],
    });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isOfErased, nameOf, type Known } from '@keiro/cli/import-lives';
import { collectionQuery, fieldsOf } from '@keiro/cli/import-mongo';
import { hasEnded } from '@keiro/cli/import-policy';
import { readRow, type ImportRow, type RowContext } from '@keiro/cli/import-row';
import { readRows, UnreadableRest, type SourceRow } from '@keiro/cli/import-rows';
import { rowMessages } from '@keiro/cli/import-seal';
import { LineList } from '@keiro/cli/line-list';
import { importFromHeaders, shippedPolicies, type CopyReport, type ImportWire } from '@keiro/schemas';
import { locatorAssociated, open } from '@keiro/sdk';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { readImport } from '@keiro/tag/imports';
import { tag } from '@keiro/tag/tag';
import { BSON } from 'mongodb';

const now = new Date('2026-04-02T00:00:00.000Z');
const policies = shippedPolicies();
const holder = {
  id: 'crm',
  kind: 'store' as const,
  categories: ['C1', 'C3', 'C5', 'C6'],
  purposes: ['payment', 'service'],
};
const context: RowContext = { holder, sites: ['www.demo.example', 'shop.demo.example'], policies, now };

const read = (fields: Record<string, unknown>) => readRow(7, fields, context);
function rowOf(fields: Record<string, unknown>): ImportRow {
  const row = read({ category: 'C1', member: 'm-1', ...fields });
  if (!('identifiers' in row)) throw new Error(row.map(({ field }) => field).join());
  return row;
}
const faultsOf = (fields: Record<string, unknown>) => {
  const row = read(fields);
  return 'identifiers' in row ? [] : row.map(({ field }) => field);
};

describe('a row of an import', () => {
  it('names every field that is wrong at once, and repeats no value', () => {
    const canary = 'カナリア canary';
    const wrong = Object.fromEntries(
      [
        'category',
        'email',
        'phone',
        'collected',
        'fields',
        'policy',
        'tenant',
        'marketingOptIn',
        'cookieKind',
      ].map((name) => [name, canary]),
    );
    const faults = read({ ...wrong, site: 'elsewhere.example', locator: 'x'.repeat(3001) });
    expect(faults).toHaveLength(Object.keys(wrong).length + 1);
    expect(JSON.stringify(faults)).not.toContain('canary');
  });

  it.each([
    [{ category: 'C2', member: 'm-1' }, ['category']],
    [{ category: 'C1', locator: '42' }, ['(row)']],
    [{ category: 'C3', cookie: 'c-1' }, ['cookieKind']],
    [{ category: 'C1', member: 'm-1', collected: '2031-01-01' }, ['collected']],
    [{ category: 'C1', member: 'm-1', collected: '2016-01-01', policy: '2017-02-02' }, ['policy']],
    [{ category: 'C1', member: 'm-1', fields: 'name cardToken' }, ['fields']],
    [{ category: 'C5', payer: '4242 4242 4242 4242' }, ['payer']],
    [{ category: 'C1', member: 'm\u0007' }, ['member']],
  ])('%j is refused for %j', (fields, wanted) => {
    expect(faultsOf(fields)).toEqual(wanted);
  });

  it.each([
    ['2016-12-01', '2016-11-21', 'in-force'],
    ['2026-01-01T12:00:00+09:00', '2017-02-02', 'in-force'],
    ['2014-05-01', '2015-09-07', 'before-first'],
    [undefined, '2017-02-02', 'in-force'],
  ])('collected %s: has the version %s, %s', (collected, version, how) => {
    const row = rowOf(collected === undefined ? {} : { collected });
    expect([row.policy.version, row.version]).toEqual([version, how]);
  });

  it('says which fields are there: all of its category, or those that it names with the identifiers', () => {
    expect(rowOf({}).groups).toEqual(['C1.subject', 'C1.identity', 'C1.organisation']);
    expect(rowOf({ fields: 'company' })).toMatchObject({
      present: ['subject', 'company'],
      groups: ['C1.subject', 'C1.organisation'],
    });
    expect(rowOf({ fields: ['name', 'email'] }).groups).toEqual(['C1.subject', 'C1.identity']);
  });

  it('of a customer’s own user has that customer’s purpose alone (X2), and needs no condition', () => {
    expect(rowOf({ category: 'C3', cookie: 'c-1', tenant: 'acme' }).scope).toEqual({
      kind: 'entrusted',
      tenant: 'acme',
    });
  });

  it('is past its end only where the policy counts from the collection, and no law keeps it', () => {
    const old = { collected: '2018-01-01', member: 'm-1' };
    expect(rowOf({ ...old, category: 'C3', cookieKind: 'session' }).isPastEnd).toBe(true);
    expect(rowOf({ ...old, category: 'C1' }).isPastEnd).toBe(false);
    expect(rowOf({ ...old, category: 'C5' }).isPastEnd).toBe(false);
  });

  it('is not past its end as long as a law may keep a part of it', () => {
    const { newest } = policies;
    const { contract } = newest.rules.retention;
    if (contract === undefined) throw new Error('the policy has this rule');
    const fromCollection = { ...contract, start: 'collection' as const };
    const retention = { ...newest.rules.retention, contract: fromCollection };
    const policy = { ...newest, rules: { ...newest.rules, retention } };
    const collected = new Date('2025-01-01');
    expect(hasEnded(policy, 'C5.contact', {}, collected, now)).toBe(true);
    expect(hasEnded(policy, 'C5.books', {}, collected, now)).toBe(false);
  });
});

describe('a collection of a MongoDB', () => {
  const id = new BSON.ObjectId('65f0c0ffee65f0c0ffee65f0');
  const document = {
    _id: id,
    person: { mails: ['hanako@people.example', 'h@people.example'], phone: null },
    since: new Date('2026-03-01T00:00:00.000Z'),
    number: BSON.Long.fromString('9007199254740993'),
    opted: true,
  };

  it('gives rows of texts as a file would: of its fields, and of what stands for itself', () => {
    const from = {
      category: 'C1',
      locator: '$_id',
      member: '$number',
      email: '$person.mails.0',
      phone: '$person.phone',
      site: '$nowhere.at.all',
      cookie: '$person.constructor',
      collected: '$since',
      marketingOptIn: '$opted',
    };
    expect(fieldsOf(document, from)).toEqual({
      category: 'C1',
      locator: id.toHexString(),
      member: '9007199254740993',
      email: 'hanako@people.example',
      collected: '2026-03-01T00:00:00.000Z',
      marketingOptIn: true,
    });
    // Several of which one is wanted are nobody's to choose from: the row is refused by the field.
    expect(faultsOf({ ...fieldsOf(document, { email: '$person.mails' }), category: 'C1' })).toEqual([
      'email',
    ]);
  });

  const columns = '{"category": "C1", "member": "$_id"}';
  it('is asked with MongoDB’s own kinds of values', () => {
    const filter = '{"since": {"$lt": {"$date": "2026-03-01T00:00:00Z"}}, "left": {"$exists": false}}';
    expect(collectionQuery({ collection: 'shop.customers.old', filter, columns })).toEqual({
      database: 'shop',
      collection: 'customers.old',
      filter: { since: { $lt: new Date('2026-03-01T00:00:00Z') }, left: { $exists: false } },
      columns: { category: 'C1', member: '$_id' },
    });
  });

  it.each([
    ['--collection', { collection: 'customers', columns }],
    ['--collection', { collection: 'shop.', columns }],
    ['--columns', { collection: 'shop.customers' }],
    ['--columns', { collection: 'shop.customers', columns: '{}' }],
    ['--columns', { collection: 'shop.customers', columns: '{"name": "$name"}' }],
    ['--filter', { collection: 'shop.customers', columns, filter: '{"canary": ' }],
    ['--filter', { collection: 'shop.customers', columns, filter: '["canary"]' }],
    ['--filter', { collection: 'shop.customers', columns, filter: '{"$or": [{"$where": "canary"}]}' }],
    ['--filter', { collection: 'shop.customers', columns, filter: '{"at": {"$date": "canary"}}' }],
  ])('is refused, naming %s and repeating nothing: %j', (option, typed) => {
    expect(() => collectionQuery(typed)).toThrow(option);
    expect(() => collectionQuery(typed)).not.toThrow('canary');
  });
});

describe('a file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keiro-import-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function rowsOf(
    content: string | Buffer,
    format: 'csv' | 'ndjson' = 'csv',
    encoding: 'utf-8' | 'shift_jis' = 'utf-8',
  ): Promise<{ rows: SourceRow[]; error?: unknown }> {
    const path = join(folder, 'rows');
    writeFileSync(path, content);
    const rows: SourceRow[] = [];
    try {
      for await (const row of readRows(path, format, encoding)) rows.push(row);
    } catch (error) {
      return { rows, error };
    }
    return { rows };
  }

  it('as CSV: tells the line of each row, leaves out what is empty, and refuses a row of another width', async () => {
    const { rows } = await rowsOf('\ufeffcategory,member,locator\r\nC1,m-1,\r\n\r\nC1\r\nC1,m-2,"a\nb"\r\n');
    expect(rows).toMatchObject([
      { line: 2, fields: { category: 'C1', member: 'm-1' } },
      { line: 4, field: '(row)' },
      { line: 6, fields: { category: 'C1', member: 'm-2', locator: 'a\nb' } },
    ]);
    expect(rows[0]).not.toHaveProperty('fields.locator');
  });

  it('as CSV: gives what comes before a quotation mark out of place, and says from where on nothing was read', async () => {
    const { rows, error } = await rowsOf('category,member\nC1,m-1\nC1,"canary"x\nC1,m-3\n');
    expect(rows).toHaveLength(1);
    expect(error).toBeInstanceOf(UnreadableRest);
    expect(error).toMatchObject({ line: 3 });
    expect(String(error)).not.toContain('canary');
  });

  it('as NDJSON: one bad line stops no other', async () => {
    const { rows } = await rowsOf(
      '{"category":"C1","member":12}\n\nno json\n[1]\n{"category":"C1","nickname":"x"}\n{"category":"C1","member":null}\n',
      'ndjson',
    );
    expect(rows.map((row) => ('fields' in row ? row.fields : row.reason.en))).toEqual([
      { category: 'C1', member: 12 },
      'is not JSON',
      'is not a JSON object',
      'has a field whose name is not known',
      { category: 'C1' },
    ]);
    expect(rows.map(({ line }) => line)).toEqual([1, 3, 4, 5, 6]);
  });

  it('is refused where its header is somebody’s data, or its encoding another, without showing either', async () => {
    const { error } = await rowsOf('C1,canary@people.example\n');
    expect(String(error)).toContain('column 1');
    expect(String(error)).not.toContain('canary');
    const japanese = Buffer.from('category,locator\nC1,').toString('latin1') + '\x8b\xb4';
    const bytes = Buffer.from(`${japanese}\n`, 'latin1');
    expect(String((await rowsOf(bytes)).error)).toContain('--encoding');
    expect((await rowsOf(bytes, 'csv', 'shift_jis')).rows).toMatchObject([{ fields: { locator: '橋' } }]);
  });

  it('that is empty has no rows', async () => {
    expect(await rowsOf('')).toEqual({ rows: [] });
    expect(await rowsOf('', 'ndjson')).toEqual({ rows: [] });
  });
});

describe('whether a row is of an erased person', () => {
  const ref = lifeOf('member', 'm').ref;
  const erasedAt = '2025-06-01T00:00:00.000Z';
  const answers: [string, Known, string | undefined, boolean][] = [
    ['never seen', null, undefined, false],
    ['in its first life', { ref, generation: 1, erasedThrough: 0 }, '2020-01-01', false],
    ['without a life', { ref, generation: 1, erasedThrough: 1, erasedAt }, '2026-01-01', true],
    [
      'in a later life, the row from before',
      { ref, generation: 2, erasedThrough: 1, erasedAt },
      '2025-05-01',
      true,
    ],
    [
      'in a later life, the row from after',
      { ref, generation: 2, erasedThrough: 1, erasedAt },
      '2025-07-01',
      false,
    ],
    [
      'in a later life, the row without a date',
      { ref, generation: 2, erasedThrough: 1, erasedAt },
      undefined,
      true,
    ],
  ];
  it.each(answers)('%s', (_, known, collected, expected) => {
    const row = rowOf(collected === undefined ? {} : { collected });
    expect(isOfErased(row, new Map([[nameOf(row.identifiers[0]), known]]))).toBe(expected);
  });
});

describe('what is sent for a row', () => {
  const key = Buffer.alloc(32, 7);
  const lives = [lifeOf('member', 'm'), lifeOf('email', 'm')] as const;
  const plain = (value: unknown) => Buffer.from(JSON.stringify(value));
  const fields = { email: 'canary@people.example', locator: 'canary-row-9', collected: '2026-01-01' };

  function sent(more: Record<string, unknown> = {}, at = now) {
    const row = rowOf({ ...fields, ...more });
    const keys = {
      lives: [...lives] as [(typeof lives)[0], (typeof lives)[1]],
      digestKey: key,
      locatorKey: key,
    };
    const messages = rowMessages(row, keys, holder, at, Buffer.alloc(12), { record: plain, copy: plain });
    const { record, copy } = messages;
    return {
      text: [record, copy]
        .map(({ key: name, headers, value }) => `${name} ${JSON.stringify(headers)} ${String(value)}`)
        .join(),
      headers: record.headers ?? {},
      wire: JSON.parse(String(record.value)) as ImportWire,
      copy: JSON.parse(String(copy.value)) as CopyReport,
      message: {
        topic: 'collection.imports',
        partition: 0,
        offset: '3',
        timestamp: 0,
        key: record.key,
        headers: record.headers ?? {},
        value: null,
      },
    };
  }

  it('is the same record whenever and however often it is imported, and tells other content by its digest', () => {
    const [once, again, other] = [
      sent(),
      sent({}, new Date('2026-05-01T00:00:00Z')),
      sent({ fields: 'name' }),
    ];
    expect(again.copy.record).toBe(once.copy.record);
    expect(again.wire.digest).toBe(once.wire.digest);
    expect(other.copy.record).toBe(once.copy.record);
    expect(other.wire.digest).not.toBe(once.wire.digest);
    expect(sent({ locator: 'canary-row-10' }).copy.record).not.toBe(once.copy.record);
    expect(sent({ locator: '' }).copy.record).not.toBe(once.copy.record);
    expect(sent({ category: 'C6' }).copy.record).not.toBe(once.copy.record);
  });

  it('holds no value in clear; the locator opens for its holder and record alone', () => {
    const { text, copy } = sent();
    expect(text).not.toContain('canary');
    expect(String(open(key, copy.locator ?? '', locatorAssociated('crm', copy.record)))).toBe('canary-row-9');
  });

  it('names a purpose that the holder has and the policy gives', () => {
    expect(sent().copy.purpose).toBe('service');
    expect(sent({ category: 'C5' }).copy.purpose).toBe('payment');
    expect(sent({ tenant: 'acme' }).copy.purpose).toBe('entrusted:acme');
  });

  const tagged = ({ message, wire }: ReturnType<typeof sent>) => {
    const collected = readImport(message, { value: wire, schemaId: 1 });
    if ('reason' in collected) return collected.detail;
    const { envelope, wire: event, imported } = collected;
    const answer = tag(
      envelope,
      event,
      { topic: message.topic, partition: 0, offset: '3' },
      policies.get(envelope.policyversion),
      now,
      imported,
    );
    return 'record' in answer ? answer : answer.quarantine.detail;
  };

  it('becomes a record with purposes and an end that runs from the collection, and the links of its identifiers', () => {
    const answer = tagged(sent({ category: 'C3', cookieKind: 'session' }));
    expect(answer).toMatchObject({
      record: {
        type: 'cookie',
        source: 'import',
        time: new Date('2026-01-01T00:00:00+09:00'),
        imported: { holder: 'crm', collected: 'known', version: 'in-force' },
      },
      links: [
        { from: lives[0].ref, to: lives[1].ref },
        { from: lives[1].ref, to: lives[0].ref },
      ],
    });
    if (typeof answer === 'string') throw new Error(answer);
    for (const group of answer.record.groups) {
      expect(group.purposes).toEqual(['membership']);
      expect(group.end).toEqual(new Date('2026-01-31T00:00:00+09:00'));
    }
  });

  it('runs from the import where it is not known when it was collected, and says so', () => {
    const row = sent({ collected: '' });
    expect(row.headers['ce_time']).toBe(now.toISOString());
    expect(tagged(row)).toMatchObject({ record: { time: now, imported: { collected: 'unknown' } } });
  });

  it('is taken although it is older than any policy; an import that only says so under a later one is not', () => {
    const old = sent({ collected: '2014-05-01' });
    expect(tagged(old)).toMatchObject({
      record: { policy: '2015-09-07', imported: { version: 'before-first' } },
    });
    expect(tagged({ ...old, wire: { ...old.wire, version: 'in-force' } })).toContain(
      'took effect only after',
    );
  });

  it.each([
    ['present: names a field', { present: ['cardToken'] }],
    ['refs: is of nobody', { refs: [lifeOf('unattributed', 'x')] }],
    ['not in the shape of an import: digest', { digest: 'canary' }],
  ])('is set aside where a stranger sends what is no import: %s', (detail, more) => {
    const one = sent();
    expect(tagged({ ...one, wire: { ...one.wire, ...more } })).toContain(detail);
  });

  it('is an import only under the source of imports', () => {
    expect(importFromHeaders({ ...sent().headers, ce_source: 'demo-site' })).toBeUndefined();
  });
});

it('numbers of lines are kept as ranges', () => {
  const lines = new LineList([[1, 3]]);
  for (const line of [4, 6, 9]) lines.add(line);
  expect([lines.toString(), lines.count, lines.has(2), lines.has(5)]).toEqual(['1–4, 6, 9', 6, true, false]);
});

import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { KeiroError } from '@keiro/runtime';
import type { SweptLife } from '@keiro/erase/connectors/connector';
import { describeFailure, framesOf } from '@keiro/erase/connectors/failure';
import { filtersOf } from '@keiro/erase/connectors/mongodb-filters';
import { conditionsOf } from '@keiro/erase/connectors/postgresql-conditions';
import { quote } from '@keiro/erase/connectors/postgresql-names';
import { keysOf } from '@keiro/erase/connectors/redis-keys';
import { connectorSchema } from '@keiro/schemas';

const life = (kind: string, value: string, generation = 1): SweptLife => ({
  ref: `${kind}.${'h'.repeat(32)}`,
  generation,
  kind,
  value,
});
const rows = { name: 'people', identifiers: { member: 'id', email: 'mail' }, locator: 'row' };
const work = { lives: [life('member', 'hanako', 2), life('phone', '+81312345678')], locators: ['a', 'b'] };

describe('what finds a person', () => {
  it('in PostgreSQL is quoted names and parameters', () => {
    expect(conditionsOf(rows, work)).toEqual([
      { where: '"id"::text = ANY($1::text[])', parameters: [['hanako']] },
      { where: '"row"::text = ANY($1::text[])', parameters: [['a', 'b']] },
    ]);
    expect(conditionsOf({ ...rows, generation: 'life' }, { ...work, locators: [] })).toEqual([
      {
        where: '"id"::text = ANY($1::text[]) AND ("life" IS NULL OR "life" <= $2)',
        parameters: [['hanako'], 2],
      },
    ]);
    expect(quote('books.pay"ments; drop')).toBe('"books"."pay""ments; drop"');
  });

  it('in MongoDB is values, with generations where they are known', () => {
    expect(filtersOf(rows, work)).toEqual([{ id: { $in: ['hanako'] } }, { row: { $in: ['a', 'b'] } }]);
    expect(filtersOf({ ...rows, generation: 'life' }, { ...work, locators: [] })).toEqual([
      { id: { $in: ['hanako'] }, life: { $not: { $gt: 2 } } },
    ]);
  });

  it('in Redis is a key by its whole name, also where a value looks like a pattern', () => {
    expect(
      keysOf({ pattern: 'of:{member}:{member}', identifier: 'member' }, [life('member', '$&*')]),
    ).toEqual(['of:$&*:$&*']);
  });

  it('splits what is too much for one statement', () => {
    const many = Array.from({ length: 1001 }, (_, index) => String(index));
    const sizes = conditionsOf(rows, { lives: [], locators: many }).map(
      ({ parameters }) => (parameters[0] as string[]).length,
    );
    expect(sizes).toEqual([...Array.from({ length: 10 }, () => 100), 1]);
  });
});

describe('what is kept of an error', () => {
  const canary = 'canary-7f3a';

  it('is codes and places', () => {
    const fromPostgres = Object.assign(new pg.DatabaseError(`violates: ${canary}`, 1, 'error'), {
      code: '23503',
      table: 'payments',
      constraint: 'payments_member_fkey',
      detail: `Key (member)=(${canary}) is still referenced`,
    });
    const told: [unknown, string][] = [
      [fromPostgres, 'postgresql 23503 table payments constraint payments_member_fkey'],
      [new KeiroError('x', 'probe found 2', { retryable: true }), 'probe found 2'],
      [Object.assign(new Error(`WRONGTYPE at ${canary}`), { name: 'ReplyError' }), 'redis WRONGTYPE'],
      [Object.assign(new Error(`connect ${canary}`), { code: 'ECONNREFUSED' }), 'Error ECONNREFUSED'],
      [
        new TypeError('fetch failed', { cause: Object.assign(new Error(canary), { code: 'ECONNRESET' }) }),
        'TypeError: Error ECONNRESET',
      ],
      [
        new AggregateError([Object.assign(new Error(canary), { code: 'ECONNREFUSED' })]),
        'AggregateError: Error ECONNREFUSED',
      ],
      [new RangeError(canary), 'RangeError'],
      [canary, 'something that is no error'],
    ];
    for (const [error, expected] of told) expect(describeFailure(error)).toBe(expected);
  });

  it('is where it happened, without what it said', () => {
    const frames = framesOf(new Error(`${canary}\n  ${canary} at the second line`));
    expect(frames.length).toBeGreaterThan(0);
    expect(frames.join('\n')).not.toContain(canary);
  });
});

describe('the configuration of a connector', () => {
  const redis = { kind: 'redis', url: { env: 'A_URL' }, indexes: [] };

  it('is refused where a pattern does not name its identifier', () => {
    const keys = [{ pattern: 'session:{cookie}', identifier: 'member' }];
    expect(connectorSchema.safeParse({ ...redis, keys }).error?.issues[0]?.path).toEqual([
      'keys',
      0,
      'pattern',
    ]);
  });

  it('is refused where it holds an address itself', () => {
    expect(connectorSchema.safeParse({ ...redis, keys: [], url: 'redis://127.0.0.1' }).success).toBe(false);
  });

  it('has one level of parts', () => {
    const part = { name: 'crm', connector: { ...redis, keys: [] } };
    expect(connectorSchema.safeParse({ kind: 'composite', parts: [part] }).success).toBe(true);
    const nested = { name: 'all', connector: { kind: 'composite', parts: [part] } };
    expect(connectorSchema.safeParse({ kind: 'composite', parts: [nested] }).success).toBe(false);
  });
});

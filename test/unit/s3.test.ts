import { describe, expect, it } from '@jest/globals';
import { WaitingError, type SweptLife } from '@keiro/erase/connectors/connector';
import { keptError } from '@keiro/erase/connectors/s3-erase';
import { explained } from '@keiro/erase/connectors/s3-failure';
import { dividedOf, isAt, means, readerOf, targetsOf } from '@keiro/erase/connectors/s3-keys';
import { remainsOf } from '@keiro/erase/connectors/s3-locks';

const life = (kind: string, value: string): SweptLife => ({
  ref: `${kind}.${'h'.repeat(32)}`,
  generation: 1,
  kind,
  value,
});
const keys = [
  { pattern: 'exports/{member}/', identifier: 'member' as const },
  { pattern: 'letters/{email}.txt', identifier: 'email' as const },
];
const bucket = { bucket: 'people', keys };
const now = new Date('2026-04-02T03:00:00.000Z');
const after = (ms: number) => new Date(now.getTime() + ms);
const day = 24 * 3_600_000;

describe('objects of a person', () => {
  it('are under prefixes, at whole keys, and where locators say, in all versions or in one', () => {
    const lives = [life('member', 'hanako'), life('member', 'hanako'), life('email', 'h@people.example')];
    const locators = ['a/b', 'a/b?versionId=01M8', 's3://people/c?versionId=x.y', 'q?x=1', 'a/b'];
    expect(targetsOf(bucket, { lives, locators })).toEqual([
      { place: 'exports/{member}/', key: 'exports/hanako/', isPrefix: true },
      { place: 'letters/{email}.txt', key: 'letters/h@people.example.txt', isPrefix: false },
      { place: 'locators', key: 'a/b', isPrefix: false },
      { place: 'locators', key: 'a/b', isPrefix: false, version: '01M8' },
      { place: 'locators', key: 'c', isPrefix: false, version: 'x.y' },
      { place: 'locators', key: 'q?x=1', isPrefix: false },
    ]);
    expect(() => targetsOf(bucket, { lives: [], locators: ['s3://others/c'] })).toThrow('another bucket');
  });

  it('R4: stay whole where a floor keeps what they hold: under a pattern that says so, or where a copy of it is', () => {
    const holding = [
      { ...keys[0], pattern: 'exports/{member}/', identifier: 'member' as const },
      keys[1],
    ].flatMap((one) => one ?? []);
    const config = {
      bucket: 'people',
      keys: holding.map((one, n) => (n === 0 ? { ...one, holds: ['amount'] } : one)),
    };
    const lives = [life('member', 'hanako'), life('email', 'h@people.example')];
    const work = { lives, locators: ['letters/h@people.example.txt?versionId=1'] };
    const names = (targets: readonly { place: string }[]) => targets.map(({ place }) => place);
    const { goes, stays } = dividedOf(config, { ...work, keep: ['amount', 'items'] });
    expect(names(goes)).toEqual(['letters/{email}.txt']);
    expect(names(stays)).toEqual(['exports/{member}/', 'locators']);
    expect(means(stays, { key: 'exports/hanako/a', id: 'null' })).toBe(true);
    // Of the letter one version stays.
    const letter = { key: 'letters/h@people.example.txt' };
    expect([means(stays, { ...letter, id: '1' }), means(stays, { ...letter, id: '2' })]).toEqual([
      true,
      false,
    ]);
    expect(dividedOf(config, { ...work, keep: ['name'] }).goes).toHaveLength(2);
    expect(dividedOf(config, work).stays).toEqual([]);
  });

  it('are never those of somebody in whose folder the identifier would lie', () => {
    for (const value of ['hanako/taro', '', '.', '..']) {
      expect(() => targetsOf(bucket, { lives: [life('member', value)], locators: [] })).toThrow('a folder');
    }
    const lives = [life('member', 'a/b'), life('email', 'a/b@people.example')];
    expect(targetsOf({ ...bucket, encoding: 'url' }, { lives, locators: [] }).map(({ key }) => key)).toEqual([
      'exports/a%2Fb/',
      'letters/a%2Fb%40people.example.txt',
    ]);
    // A whole key lies in nobody's folder.
    expect(targetsOf(bucket, { lives: lives.slice(1), locators: [] })).toHaveLength(1);
  });

  it('are told from the neighbours’', () => {
    const targets = targetsOf(bucket, {
      lives: [life('member', 'h'), life('email', 'h@x')],
      locators: ['l'],
    });
    const at = ['exports/h/1', 'exports/h/1/2', 'exports/hh/1', 'exports/h', 'letters/h@x.txt', 'l', 'll'];
    expect(at.filter((key) => isAt(targets, key))).toEqual([
      'exports/h/1',
      'exports/h/1/2',
      'letters/h@x.txt',
      'l',
    ]);
  });

  it('say by their keys whose they are', () => {
    const [folder, letter] = keys.map((pattern) => readerOf(pattern));
    expect(['exports/h/1', 'exports/h/', 'exports/h', 'other/h/1'].map((key) => folder?.(key))).toEqual([
      'h',
      'h',
      undefined,
      undefined,
    ]);
    expect([letter?.('letters/h@x.txt'), letter?.('letters/h@xAtxt')]).toEqual(['h@x', undefined]);
    const encoded = readerOf({ pattern: 'exports/{member}/', identifier: 'member' }, 'url');
    expect([encoded('exports/a%2Fb/1'), encoded('exports/%zz/1')]).toEqual(['a/b', undefined]);
  });
});

describe('what a lock keeps', () => {
  const retention = [2, 1, 3].map((days) => ({ why: 'retention' as const, until: after(days * day) }));

  it('is told by reason, with the day when the last of it ends', () => {
    expect(remainsOf('exports', [...retention, { why: 'legal-hold' }])).toEqual([
      { place: 'exports', why: 'retention', columns: [], rows: 3, until: after(3 * day).toISOString() },
      { place: 'exports', why: 'legal-hold', columns: [], rows: 1 },
    ]);
    expect(remainsOf('exports', [])).toEqual([]);
  });

  it('is looked at again when the first ends, daily at least; without an end it is an operator’s', () => {
    const error = keptError(retention, now);
    expect(error).toBeInstanceOf(WaitingError);
    expect(error).toMatchObject({ until: after(day), expected: after(3 * day) });
    expect(error.message).toBe('S3 keeps 3 versions by retention, the last until 2026-04-05T03:00:00.000Z');
    expect(keptError([{ why: 'retention', until: after(60_000) }], now)).toMatchObject({
      until: after(61_000),
    });
    const held = keptError([...retention, { why: 'legal-hold' }, { why: 'mfa-delete' }], now);
    expect(held).not.toBeInstanceOf(WaitingError);
    expect(held.message).toMatch(/^S3 keeps 2 versions by legal-hold and mfa-delete/);
  });
});

describe('a refusal of S3', () => {
  it('says what to do, and nothing of what S3 says', () => {
    const error = (name: string) => Object.assign(new Error('canary-7f3a'), { name });
    const said = (name: string, settings: string[] = ['KEY', 'SECRET']) =>
      (explained(error(name), settings) as Error).message;
    expect(said('ExpiredToken')).toMatch(/credentials \(ExpiredToken\): renew KEY or SECRET .* restart/);
    expect(said('InvalidAccessKeyId', [])).toContain('those that the SDK finds');
    expect(said('TimeoutError')).toBe('s3 has not answered in time');
  });
});

import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createLog } from '@keiro/runtime';
import { WaitingError, type Connector } from '@keiro/erase/connectors/connector';
import { describeFailure } from '@keiro/erase/connectors/failure';
import { openConnector } from '@keiro/erase/connectors/open';
import { s3Bucket, s3Program, type S3Bucket } from '../builders/store-s3.ts';
import { anyWork, lifeOf } from '../builders/work.ts';

const log = createLog('test-s3', 'silent');

beforeAll(() => s3Program(), 300_000);
const person = [lifeOf('member', 'hanako'), lifeOf('email', 'hanako@people.example')];

let bucket: S3Bucket;
let connector: Connector;

async function open(
  keeps: Parameters<typeof s3Bucket>[0],
  more: Partial<S3Bucket['config']> = {},
): Promise<void> {
  bucket = await s3Bucket(keeps);
  connector = openConnector({ ...bucket.config, ...more }, (name) => bucket.settings[name], log);
}

afterEach(async () => {
  await connector.close();
  await bucket.close();
});

const put = async (Key: string, Body: string | Buffer = 'x') =>
  (await bucket.client.send(new PutObjectCommand({ Bucket: 'people', Key, Body }))).VersionId ?? 'null';
const drop = (Key: string) => bucket.client.send(new DeleteObjectCommand({ Bucket: 'people', Key }));
const left = async () => {
  const { Versions = [], DeleteMarkers = [] } = await bucket.client.send(
    new ListObjectVersionsCommand({ Bucket: 'people' }),
  );
  return [...Versions, ...DeleteMarkers].map(({ Key }) => Key);
};

describe('a bucket with versions', () => {
  it('is rid of every version, every mark of a deletion and every upload that was begun, and of nothing else', async () => {
    await open('versions');
    await put('exports/hanako/1', 'first');
    await put('exports/hanako/1', 'second');
    await put('exports/hanako/deep/er/2');
    await put('letters/hanako@people.example.txt');
    // Gone to whoever only lists objects, and still there.
    await drop('exports/hanako/1');
    const others = ['exports/hanako2/1', 'exports/hanako.txt', 'letters/hanako@people.example.txt.bak'];
    for (const key of others) await put(key);
    for (const Key of ['exports/hanako/big', 'exports/hanako2/big']) {
      const upload = { Bucket: 'people', Key };
      const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand(upload));
      await bucket.client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'part' }));
    }

    const work = anyWork(person);
    expect(await connector.probe(work)).toBe(6);
    await connector.erase(work);
    expect(work.counts).toEqual({
      'exports/{member}/': 4,
      'letters/{email}.txt': 1,
      'incomplete uploads': 1,
    });
    expect(await connector.probe(work)).toBe(0);
    expect((await left()).sort()).toEqual(others.sort());
    expect(await connector.probe(anyWork([lifeOf('member', 'hanako2')]))).toBe(2);
  });

  it('is rid of more than one command or page takes', async () => {
    await open('versions');
    for (let from = 0; from < 1040; from += 40)
      await Promise.all(
        Array.from({ length: 40 }, (_, n) => put(`exports/hanako/${String((from + n) % 7)}`)),
      );
    await put('exports/taro/1');
    const work = anyWork(person);
    expect(await connector.probe(work)).toBe(1040);
    await connector.erase(work);
    expect(work.counts['exports/{member}/']).toBe(1040);
    expect(await left()).toEqual(['exports/taro/1']);
  });

  it('is told by a locator a key, or one version of it', async () => {
    await open('versions');
    const first = await put('inbox/a', 'of hanako');
    await put('inbox/a', 'of taro');
    await put('inbox/b');
    const one = anyWork([], { locators: [`s3://people/inbox/a?versionId=${first}`], locatorsUpTo: 1 });
    expect(await connector.probe(one)).toBe(1);
    await connector.erase(one);
    expect(await connector.probe(one)).toBe(0);
    expect((await left()).sort()).toEqual(['inbox/a', 'inbox/b']);
    await connector.erase(anyWork([], { locators: ['inbox/b'], locatorsUpTo: 1 }));
    expect(await left()).toEqual(['inbox/a']);
  });

  it('hands over what is known of each version, and its content where that is not large', async () => {
    await open('versions');
    await put('exports/hanako/1', 'first');
    await put('exports/hanako/1', Buffer.from([0xff, 0x00]));
    await put('exports/hanako/2', 'x'.repeat(300_000));
    await drop('exports/hanako/2');
    await put('exports/taro/1');
    const items = [];
    for await (const chunk of connector.export(anyWork(person))) items.push(...chunk.items);
    expect(items.map(({ place, fields: { modified: _when, ...fields } }) => ({ place, ...fields }))).toEqual(
      [
        { key: 'exports/hanako/1', size: 2, current: true, contentBase64: '/wA=' },
        { key: 'exports/hanako/1', size: 5, current: false, content: 'first' },
        { key: 'exports/hanako/2', size: 300_000, current: false, contentLeftOut: 'larger than 256 KB' },
      ].map((one) => ({
        place: 'exports/{member}/',
        type: expect.any(String),
        metadata: {},
        version: expect.any(String),
        ...one,
      })),
    );
  });
});

describe('a bucket with locks', () => {
  it('keeps what is retained, which is told with its day and never called erased', async () => {
    await open('locks');
    const until = new Date(Date.now() + 36 * 3_600_000);
    await put('exports/hanako/free');
    const version = await put('exports/hanako/locked');
    const VersionId = version;
    await bucket.client.send(
      new PutObjectRetentionCommand({
        Bucket: 'people',
        Key: 'exports/hanako/locked',
        VersionId,
        Retention: { Mode: 'GOVERNANCE', RetainUntilDate: until },
      }),
    );
    const work = anyWork(person);
    const error = await connector.erase(work).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WaitingError);
    expect((error as WaitingError).until.getTime()).toBeLessThanOrEqual(Date.now() + 24 * 3_600_000);
    expect(work.counts).toEqual({ 'exports/{member}/': 1 });
    expect(work.remaining).toEqual([
      { place: 'exports/{member}/', why: 'retention', columns: [], rows: 1, until: until.toISOString() },
    ]);
    expect(await left()).toEqual(['exports/hanako/locked']);
    expect(await connector.probe(work)).toBe(1);
  });

  it('keeps what is held without an end until somebody lifts that', async () => {
    await open('locks');
    const Key = 'exports/hanako/held';
    await put(Key);
    const hold = (Status: 'ON' | 'OFF') =>
      bucket.client.send(new PutObjectLegalHoldCommand({ Bucket: 'people', Key, LegalHold: { Status } }));
    await hold('ON');
    const work = anyWork(person);
    expect(await connector.erase(work).catch(describeFailure)).toMatch(/^S3 keeps 1 versions by legal-hold/);
    expect(work.remaining).toMatchObject([{ why: 'legal-hold', rows: 1 }]);
    await hold('OFF');
    await connector.erase(anyWork(person, { attempt: 2 }));
    expect(await left()).toEqual([]);
  });
});

describe('a bucket without versions', () => {
  it('is rid of the objects, whose keys may hold anything', async () => {
    await open('nothing', { encoding: 'url' });
    const member = 'a/b 東京\n*';
    await put(`exports/${encodeURIComponent(member)}/1`);
    await put('exports/a/b');
    const work = anyWork([lifeOf('member', member)]);
    expect(await connector.probe(work)).toBe(1);
    await connector.erase(work);
    expect(await connector.probe(work)).toBe(0);
    expect(await left()).toEqual(['exports/a/b']);
  });

  it('that is not there is said to be so, by what to do', async () => {
    await open('nothing', { bucket: 'nowhere' });
    expect(await connector.erase(anyWork(person)).catch(describeFailure)).toBe(
      's3 has no such bucket: correct it in the register of holders',
    );
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { stackConfig } from '@keiro/infra/local/config';
import { installVersitygw, startVersitygw } from '@keiro/infra/local/versitygw';
import { chunksOf } from '@keiro/erase/connectors/connector';
import type { ConnectorConfig } from '@keiro/schemas';
import { freePort } from './service-process.ts';
import type { TestStore } from './test-store.ts';

export interface S3Bucket {
  readonly client: S3Client;
  readonly config: Extract<ConnectorConfig, { kind: 's3' }>;
  readonly settings: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Path of the server's program; the first time, it is being built beside the other tests. */
export const s3Program = (): Promise<string> =>
  installVersitygw(stackConfig().folders.cache, (text) => {
    process.stderr.write(`s3: ${text}\n`);
  });

/** A bucket on a server of its own (versitygw): with versions, with locks too, or with neither. */
export async function s3Bucket(keeps: 'versions' | 'locks' | 'nothing'): Promise<S3Bucket> {
  const program = await s3Program();
  const folder = mkdtempSync(join(tmpdir(), 'keiro-s3-'));
  const accessKey = 'keiro-test';
  const secretKey = randomBytes(12).toString('hex');
  const region = 'ap-northeast-1';
  const port = await freePort();
  const server = await startVersitygw({ program, port, folder, region, accessKey, secretKey });
  const url = `http://127.0.0.1:${String(port)}`;
  const client = new S3Client({
    endpoint: url,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
  const Bucket = 'people';
  await client.send(
    new CreateBucketCommand({ Bucket, ...(keeps === 'locks' ? { ObjectLockEnabledForBucket: true } : {}) }),
  );
  if (keeps === 'versions')
    await client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
  return {
    client,
    config: {
      kind: 's3',
      url: { env: 'TEST_S3_URL' },
      region,
      bucket: Bucket,
      accessKey: { env: 'TEST_S3_ACCESS' },
      secretKey: { env: 'TEST_S3_SECRET' },
      keys: [
        { pattern: 'exports/{member}/', identifier: 'member' },
        { pattern: 'letters/{email}.txt', identifier: 'email' },
      ],
      suspended: 'suspended',
    },
    settings: { TEST_S3_URL: url, TEST_S3_ACCESS: accessKey, TEST_S3_SECRET: secretKey },
    async close() {
      client.destroy();
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Each row is two objects, one under a prefix and one by its whole key, the first with an older version. */
export async function s3Store(): Promise<TestStore> {
  const bucket = await s3Bucket('versions');
  const { client } = bucket;
  const Bucket = bucket.config.bucket;
  const keys = new Map<string, string>();
  const list = async (Prefix: string) => {
    const found = [];
    let after = {};
    for (;;) {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix, ...after }));
      found.push(...(page.Versions ?? []), ...(page.DeleteMarkers ?? []));
      if (page.IsTruncated !== true) break;
      after = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    return found.map(({ Key = '', VersionId, IsLatest }) => ({ Key, VersionId, IsLatest }));
  };
  const remove = async (objects: readonly { Key: string; VersionId: string | undefined }[]) => {
    for (const Objects of chunksOf([...objects]))
      await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  };
  const rows = async () => {
    const found = (await list('exports/')).map(({ Key }) => Key.split('/'));
    return [...new Map(found.map(([, member = '', id = '']) => [id, { id, member }])).values()];
  };
  const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body }));

  return {
    config: bucket.config,
    settings: bucket.settings,
    knows: { generations: false, suspension: true, locators: true, exports: true },
    async put(all) {
      for (const some of chunksOf(all, 32)) {
        await Promise.all(
          some.map(async ({ id, member, email, name = '' }, index) => {
            const key = `exports/${member}/${id}`;
            keys.set(id, key);
            // What it was before is a version too, and so is the mark of a deletion that was undone.
            if (index === 0) {
              await put(key, 'before');
              await client.send(new DeleteObjectCommand({ Bucket, Key: key }));
            }
            await put(key, `${member} ${name}`);
            if (all.length < 10 || index === 0) await put(`letters/${email}.txt`, member);
          }),
        );
      }
    },
    async clear() {
      await remove(await list(''));
    },
    ids: async () => (await rows()).map(({ id }) => id).sort(),
    scan: rows,
    async take(ids) {
      const gone = new Set(ids.map((id) => keys.get(id)));
      await remove((await list('exports/')).filter(({ Key }) => gone.has(Key)));
    },
    async suspended() {
      const found = await Promise.all(
        (await list('exports/'))
          .filter(({ IsLatest }) => IsLatest)
          .map(async ({ Key }) => {
            const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket, Key }));
            const purposes = TagSet.find((tag) => tag.Key === 'suspended')?.Value?.split(' ') ?? [];
            return [Key.split('/')[2] ?? '', purposes] as const;
          }),
      );
      return Object.fromEntries(found);
    },
    locator: (id) => keys.get(id) ?? id,
    expire: () => Promise.resolve({ TEST_S3_SECRET: randomBytes(12).toString('hex') }),
    close: () => bucket.close(),
  };
}

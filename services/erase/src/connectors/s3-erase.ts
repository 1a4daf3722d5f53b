import { AbortMultipartUploadCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { chunksOf, ConnectorError, WaitingError, type Work } from './connector.ts';
import { uploadsAt, versionsAt, type Bucket, type Version } from './s3-list.ts';
import { lockOf, remainsOf, type Lock } from './s3-locks.ts';
import { means, type dividedOf, type Target } from './s3-keys.ts';

/** As many as one command takes. */
const perCommand = 1000;
/** Commands at the same time. */
const atOnce = 8;
/** Place of uploads that were never completed. */
const uploads = 'incomplete uploads';
/** A lock may be lifted before its time. */
const longestWaitMs = 24 * 3_600_000;

/**
 * Removes every version and delete marker of the targets and ends uploads that were never completed. What a lock keeps
 * is told, with the day it ends, and the task waits for that day; a lock without an end is for an operator.
 */
export async function eraseTargets(
  bucket: Bucket,
  { goes: targets, stays }: Divided,
  work: Work,
  now: () => Date,
): Promise<void> {
  const locks: (Lock & { readonly place: string })[] = [];
  const refused = new Map<string, number>();

  for (const { key, id } of await uploadsAt(bucket, targets, work.signal)) {
    if (means(stays, { key, id })) continue;
    await bucket.client
      .send(new AbortMultipartUploadCommand({ Bucket: bucket.name, Key: key, UploadId: id }), {
        abortSignal: work.signal,
      })
      .catch(goneAlready);
    work.count(uploads, 1);
  }
  for (const some of chunksOf(targets, atOnce)) {
    await Promise.all(
      some.map(async (target) => {
        for (const { version, code } of await sweep(bucket, target, stays, work)) {
          const lock = await lockOf(bucket, version, work.signal);
          if (lock === undefined) refused.set(code, (refused.get(code) ?? 0) + 1);
          else locks.push({ ...lock, place: target.place });
        }
      }),
    );
  }

  for (const place of new Set(locks.map((lock) => lock.place)))
    for (const what of remainsOf(
      place,
      locks.filter((lock) => lock.place === place),
    ))
      work.remains(what);
  await tellKept(bucket, stays, work);
  if (refused.size > 0) {
    const codes = [...refused].map(([code, n]) => `${code} (${String(n)})`);
    throw new ConnectorError('not-deleted', `S3 did not delete: ${codes.join(', ')}`);
  }
  if (locks.length > 0) throw keptError(locks, now());
}

/** R4: objects are kept as they are, in all their versions; each is told once. */
async function tellKept(bucket: Bucket, stays: readonly Target[], work: Work): Promise<void> {
  const seen = new Set<string>();
  for (const place of new Set(stays.map((target) => target.place))) {
    let rows = 0;
    for (const target of stays.filter((one) => one.place === place)) {
      for await (const versions of versionsAt(bucket, target, work.signal)) {
        for (const { key, id, isMarker } of versions) {
          const name = `${key}\n${id}`;
          if (isMarker || seen.has(name)) continue;
          seen.add(name);
          rows += 1;
        }
      }
    }
    work.remains({ place, why: 'kept', columns: [], rows });
  }
}

interface Failed {
  readonly version: Version;
  readonly code: string;
}

/**
 * Removes what is at a target, and answers what it cannot. From the beginning again as long as something went: where
 * a page ends at a version that is gone by then, not every server knows how to go on.
 */
async function sweep(
  bucket: Bucket,
  target: Target,
  stays: readonly Target[],
  work: Work,
): Promise<Failed[]> {
  for (;;) {
    const failed: Failed[] = [];
    let removed = 0;
    for await (const all of versionsAt(bucket, target, work.signal)) {
      const versions = stays.length === 0 ? all : all.filter((version) => !means(stays, version));
      const some = await remove(bucket, versions, work.signal);
      removed += versions.length - some.length;
      work.count(target.place, versions.length - some.length);
      failed.push(...some);
    }
    if (removed === 0) return failed;
  }
}

async function remove(
  { client, name }: Bucket,
  versions: readonly Version[],
  signal: AbortSignal,
): Promise<Failed[]> {
  const failed: Failed[] = [];
  for (const some of chunksOf(versions, perCommand)) {
    const { Errors = [] } = await client.send(
      new DeleteObjectsCommand({
        Bucket: name,
        Delete: { Quiet: true, Objects: some.map(({ key, id }) => ({ Key: key, VersionId: id })) },
      }),
      { abortSignal: signal },
    );
    for (const { Key, VersionId, Code = 'unknown' } of Errors) {
      const version = some.find(({ key, id }) => key === Key && id === (VersionId ?? 'null'));
      if (Code === 'NoSuchKey' || Code === 'NoSuchVersion') continue;
      failed.push({ version: version ?? { ...nowhere, key: Key ?? '' }, code: Code });
    }
  }
  return failed;
}

const nowhere = { id: 'null', isMarker: false, isLatest: false, size: 0 };

/** What to say and when to look again. Pure. */
export function keptError(locks: readonly Lock[], now: Date): ConnectorError {
  const endless = locks.filter(({ until }) => until === undefined);
  if (endless.length > 0) {
    const whys = [...new Set(endless.map(({ why }) => why))].join(' and ');
    return new ConnectorError(
      'kept',
      `S3 keeps ${String(endless.length)} versions by ${whys}: an administrator of the bucket has to lift that, then try again`,
    );
  }
  const ends = locks.flatMap(({ until }) => until?.getTime() ?? []);
  const last = new Date(Math.max(...ends));
  // A second later, so that a clock that is behind does not make it wait once more.
  const until = new Date(Math.min(Math.min(...ends) + 1000, now.getTime() + longestWaitMs));
  return new WaitingError(
    `S3 keeps ${String(locks.length)} versions by retention, the last until ${last.toISOString()}`,
    { until, expected: last },
  );
}

type Divided = ReturnType<typeof dividedOf>;

/** How much of what goes is there: versions, delete markers, uploads. */
export async function countTargets(
  bucket: Bucket,
  { goes: targets, stays }: Divided,
  signal: AbortSignal,
): Promise<number> {
  return Object.values(await presentAt(bucket, { goes: targets, stays }, signal)).reduce(
    (sum, n) => sum + n,
    0,
  );
}

/** The same by place, as erasing counts it. */
export async function presentAt(
  bucket: Bucket,
  { goes: targets, stays }: Divided,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const goes = (one: { readonly key: string; readonly id: string }) => !means(stays, one);
  const counts: Record<string, number> = {
    [uploads]: (await uploadsAt(bucket, targets, signal)).filter(goes).length,
  };
  for (const some of chunksOf(targets, atOnce)) {
    await Promise.all(
      some.map(async (target) => {
        for await (const versions of versionsAt(bucket, target, signal))
          counts[target.place] = (counts[target.place] ?? 0) + versions.filter(goes).length;
      }),
    );
  }
  return counts;
}

function goneAlready(error: unknown): void {
  if (!(error instanceof Error && error.name === 'NoSuchUpload')) throw error;
}

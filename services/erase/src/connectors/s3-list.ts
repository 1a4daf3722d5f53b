import { ListMultipartUploadsCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { isAt, type Target } from './s3-keys.ts';

export interface Bucket {
  readonly client: S3Client;
  readonly name: string;
}

/** A version of an object, current or not, or a delete marker. Where versions are not kept its id is `null`. */
export interface Version {
  readonly key: string;
  readonly id: string;
  readonly isMarker: boolean;
  readonly isLatest: boolean;
  readonly size: number;
}

/** Every version and delete marker whose key begins so, a page of at most 1,000 at a time, by key. */
export async function* versionsUnder(
  { client, name }: Bucket,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<Version[]> {
  let after: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (;;) {
    const page = await client.send(
      // Keys may hold what XML cannot.
      new ListObjectVersionsCommand({ Bucket: name, Prefix: prefix, EncodingType: 'url', ...after }),
      { abortSignal: signal },
    );
    const keyOf = decoderOf(page.EncodingType);
    const versionOf = (
      one: { Key?: string; VersionId?: string; IsLatest?: boolean },
      more: Pick<Version, 'isMarker' | 'size'>,
    ): Version => ({
      key: keyOf(one.Key ?? ''),
      id: one.VersionId ?? 'null',
      isLatest: one.IsLatest === true,
      ...more,
    });
    const found = [
      ...(page.Versions ?? []).map((one) => versionOf(one, { isMarker: false, size: one.Size ?? 0 })),
      ...(page.DeleteMarkers ?? []).map((one) => versionOf(one, { isMarker: true, size: 0 })),
    ];
    // Some servers begin a page with what ended the one before.
    const last = after;
    const fresh = found.filter(({ key, id }) => key !== last.KeyMarker || id !== last.VersionIdMarker);
    if (fresh.length > 0) yield fresh;
    if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return;
    after = {
      KeyMarker: keyOf(page.NextKeyMarker),
      ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
    };
  }
}

/** Versions of a target. Keys come in order, so whatever follows a whole key is another's. */
export async function* versionsAt(
  bucket: Bucket,
  target: Target,
  signal: AbortSignal,
): AsyncGenerator<Version[]> {
  for await (const page of versionsUnder(bucket, target.key, signal)) {
    if (target.isPrefix) {
      yield page;
      continue;
    }
    const own = page.filter(
      ({ key, id }) => key === target.key && (target.version === undefined || id === target.version),
    );
    if (own.length > 0) yield own;
    if (page.some(({ key }) => key !== target.key)) return;
  }
}

export interface Upload {
  readonly key: string;
  readonly id: string;
}

/** Uploads in parts that were begun at these targets and never completed. */
export async function uploadsAt(
  { client, name }: Bucket,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<Upload[]> {
  const found: Upload[] = [];
  if (targets.length === 0) return found;
  let after: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const page = await client.send(
      new ListMultipartUploadsCommand({ Bucket: name, EncodingType: 'url', ...after }),
      { abortSignal: signal },
    );
    const keyOf = decoderOf(page.EncodingType);
    for (const { Key, UploadId } of page.Uploads ?? []) {
      const key = keyOf(Key ?? '');
      if (UploadId !== undefined && isAt(targets, key)) found.push({ key, id: UploadId });
    }
    if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return found;
    after = { KeyMarker: keyOf(page.NextKeyMarker), UploadIdMarker: page.NextUploadIdMarker ?? '' };
  }
}

/** Servers that do not know the encoding do not name it either. */
function decoderOf(encoding: string | undefined): (key: string) => string {
  return encoding === 'url' ? (key) => decodeURIComponent(key.replaceAll('+', ' ')) : (key) => key;
}

import { GetObjectCommand, GetObjectTaggingCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import type { ExportedItem } from '@keiro/schemas';
import { type ExportChunk, type Flagging, type Work } from './connector.ts';
import { versionsAt, type Bucket, type Version } from './s3-list.ts';
import type { Target } from './s3-keys.ts';

/** Of an object's content in an export; a larger one is named, with its size, and has to be fetched by hand. */
const contentLimit = 256 * 1024;
/** Objects in one chunk of an export, so that it stays under some 16 MB. */
const perChunk = 40;

/** Marks the current objects with the purposes that are suspended, as a tag that policies of the bucket can refuse by. */
export async function tagTargets(
  { client, name }: Bucket,
  tag: string,
  targets: readonly Target[],
  work: Work,
): Promise<Flagging> {
  const how = { abortSignal: work.signal };
  const wanted = work.purposes.join(' ');
  for (const target of targets) {
    for await (const versions of versionsAt({ client, name }, target, work.signal)) {
      for (const { key, isLatest, isMarker } of versions) {
        if (!isLatest || isMarker) continue;
        const one = { Bucket: name, Key: key };
        const { TagSet = [] } = await client.send(new GetObjectTaggingCommand(one), how);
        const others = TagSet.filter(({ Key }) => Key !== tag);
        if ((TagSet.find(({ Key }) => Key === tag)?.Value ?? '') === wanted) continue;
        const tags = wanted === '' ? others : [...others, { Key: tag, Value: wanted }];
        await client.send(new PutObjectTaggingCommand({ ...one, Tagging: { TagSet: tags } }), how);
        work.count(target.place, 1);
      }
    }
  }
  return {};
}

/** Every version that is there, each once, with what is known of it and its content where that is not large. */
export async function* exportTargets(
  bucket: Bucket,
  targets: readonly Target[],
  work: Work,
): AsyncGenerator<ExportChunk> {
  const seen = new Set<string>();
  let items: ExportedItem[] = [];
  for (const target of targets) {
    for await (const versions of versionsAt(bucket, target, work.signal)) {
      for (const version of versions) {
        const locator = `${version.key}?versionId=${version.id}`;
        // A delete marker holds nothing of the person but the key, which the versions under it have too.
        if (version.isMarker || seen.has(locator)) continue;
        seen.add(locator);
        items.push({ place: target.place, locator, fields: await fieldsOf(bucket, version, work.signal) });
        if (items.length < perChunk) continue;
        yield { items };
        items = [];
      }
    }
  }
  if (items.length > 0) yield { items };
}

async function fieldsOf(
  { client, name }: Bucket,
  { key, id, size, isLatest }: Version,
  signal: AbortSignal,
): Promise<ExportedItem['fields']> {
  const isLarge = size > contentLimit;
  const object = await client.send(
    new GetObjectCommand({
      Bucket: name,
      Key: key,
      ...(id === 'null' ? {} : { VersionId: id }),
      // Only what is known of it, which a range of nothing gives on no server.
      ...(isLarge ? { Range: 'bytes=0-0' } : {}),
    }),
    { abortSignal: signal },
  );
  const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
  const text = bytes.toString();
  return {
    key,
    version: id,
    current: isLatest,
    size,
    ...(object.ContentType === undefined ? {} : { type: object.ContentType }),
    ...(object.LastModified === undefined ? {} : { modified: object.LastModified.toISOString() }),
    metadata: object.Metadata ?? {},
    ...(isLarge
      ? { contentLeftOut: 'larger than 256 KB' }
      : Buffer.from(text).equals(bytes)
        ? { content: text }
        : { contentBase64: bytes.toString('base64') }),
  };
}

import {
  GetBucketVersioningCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import type { Remains } from '@keiro/schemas';
import type { Bucket, Version } from './s3-list.ts';

export type Why = Extract<Remains['why'], 'retention' | 'legal-hold' | 'mfa-delete'>;

/** Why a version cannot be removed now; `until`, where its end is known. */
export interface Lock {
  readonly why: Why;
  readonly until?: Date;
}

/** Undefined where no lock explains it. */
export async function lockOf(
  { client, name }: Bucket,
  { key, id }: Pick<Version, 'key' | 'id'>,
  signal: AbortSignal,
): Promise<Lock | undefined> {
  const one = { Bucket: name, Key: key, ...(id === 'null' ? {} : { VersionId: id }) };
  const how = { abortSignal: signal };
  const hold = await client.send(new GetObjectLegalHoldCommand(one), how).catch(unlocked);
  if (hold?.LegalHold?.Status === 'ON') return { why: 'legal-hold' };
  const kept = await client.send(new GetObjectRetentionCommand(one), how).catch(unlocked);
  const until = kept?.Retention?.RetainUntilDate;
  if (until !== undefined && until > new Date()) return { why: 'retention', until };
  const versioning = await client.send(new GetBucketVersioningCommand({ Bucket: name }), how).catch(unlocked);
  return versioning?.MFADelete === 'Enabled' ? { why: 'mfa-delete' } : undefined;
}

/** Not locked, or on a server that has no locks. */
const none = new Set([
  'NoSuchObjectLockConfiguration',
  'ObjectLockConfigurationNotFoundError',
  'InvalidRequest',
  'NoSuchKey',
  'NoSuchVersion',
  'NotImplemented',
]);

function unlocked(error: unknown): undefined {
  if (error instanceof Error && none.has(error.name)) return undefined;
  throw error;
}

/** What stays, by reason; of several days the last. Pure. */
export function remainsOf(place: string, locks: readonly Lock[]): Remains[] {
  return (['retention', 'legal-hold', 'mfa-delete'] as const).flatMap((why) => {
    const same = locks.filter((lock) => lock.why === why);
    if (same.length === 0) return [];
    const ends = same.flatMap(({ until }) => until ?? []).sort((a, b) => b.getTime() - a.getTime());
    const [until] = ends;
    return [{ place, why, columns: [], rows: same.length, ...(until && { until: until.toISOString() }) }];
  });
}

import type { KekObstacle, KekWarning } from '@keiro/schemas';
import type { KekEpochDocument, KekInstanceDocument } from './kek-store.ts';

/* What may be done with the epochs of the key-encryption keys. Pure: time is an argument. */

/** How long an instance may wrap without being heard. */
export const kekLeaseMs = 15_000;

const dayMs = 86_400_000;

/** The one that wraps. Two are active for a moment while a rotation begins: the newer one counts. */
export function activeOf(epochs: readonly KekEpochDocument[]): KekEpochDocument | undefined {
  return epochs.filter(({ state }) => state === 'active').at(-1);
}

/** Epochs that are still to be opened: the provider must have their KEKs. */
export const neededOf = (epochs: readonly KekEpochDocument[]): KekEpochDocument[] =>
  epochs.filter(({ state }) => state !== 'destroyed');

/**
 * What a first start writes down about the KEKs that it finds: the newest wraps, as it always did. Nothing where
 * epochs are on record; what the provider has besides is a rotation that was cut off, and the next one goes on with it.
 */
export function firstEpochs(
  recorded: readonly KekEpochDocument[],
  existing: readonly number[],
  at: Date,
): KekEpochDocument[] {
  if (recorded.length > 0) return [];
  const newest = Math.max(...existing);
  return existing.map((_id) => ({
    _id,
    createdAt: at,
    by: 'keys',
    ...(_id === newest ? { state: 'active' } : { state: 'retiring', retiringSince: at }),
  }));
}

/**
 * Instances that may still wrap. One that was not heard wraps no more when its lease is over; the same time again lets
 * whatever it had sent by then arrive.
 */
export const liveInstances = (instances: readonly KekInstanceDocument[], at: Date): KekInstanceDocument[] =>
  instances.filter(({ leaseUntil }) => leaseUntil.getTime() + kekLeaseMs > at.getTime());

/** Live instances that still may wrap under an epoch, or an older one. */
export const behind = (
  instances: readonly KekInstanceDocument[],
  epoch: number,
  at: Date,
): KekInstanceDocument[] => liveInstances(instances, at).filter((one) => one.epoch <= epoch);

/** What the end of a retiring epoch waits for, the operator's statement aside. */
export function obstacles(
  epoch: KekEpochDocument,
  instances: readonly KekInstanceDocument[],
  documents: number,
  at: Date,
): KekObstacle[] {
  if (epoch.state !== 'retiring') return [];
  const found: KekObstacle[] = [];
  if (behind(instances, epoch._id, at).length > 0) found.push('acknowledgement');
  if (documents > 0 || epoch.rewrappedAt === undefined) found.push('re-wrapping');
  return [...found, 'backup'];
}

/** What is wrong with the time of a backup that an operator names, or undefined. */
export function backupFault(takenAt: Date, rewrappedAt: Date | undefined, at: Date): string | undefined {
  if (takenAt > at) return 'lies in the future';
  if (rewrappedAt !== undefined && takenAt <= rewrappedAt)
    return `is not after the last re-wrapping (${rewrappedAt.toISOString()}): take a new backup`;
  return undefined;
}

/** When an epoch will be as old as it may become. */
export const rotateBefore = (epoch: KekEpochDocument, maxDays: number): Date =>
  new Date(epoch.createdAt.getTime() + maxDays * dayMs);

/**
 * When every backup that still holds what was wrapped up to now can no longer be opened (invariant 5): once the epoch
 * that wraps now has ended, and all before it. Undefined where one is older than it may become. Pure.
 */
export function backupsEnd(epochs: readonly KekEpochDocument[], maxDays: number, at: Date): Date | undefined {
  const ends = neededOf(epochs).map((epoch) => rotateBefore(epoch, maxDays));
  if (ends.length === 0 || ends.some((end) => end <= at)) return undefined;
  return new Date(Math.max(...ends.map((end) => end.getTime())));
}

/** What an operator should know about the epochs. `existing`: the KEKs that the provider has. */
export function warningsOf(
  epochs: readonly KekEpochDocument[],
  existing: readonly number[],
  maxDays: number,
  at: Date,
): KekWarning[] {
  const tooOld = (state: KekEpochDocument['state']) =>
    epochs.some((epoch) => epoch.state === state && rotateBefore(epoch, maxDays) <= at);
  const found: KekWarning[] = [];
  if (tooOld('active')) found.push('active-too-old');
  if (tooOld('retiring')) found.push('retiring-too-old');
  if ((activeOf(epochs)?.progress?.unreadable ?? 0) > 0) found.push('unreadable');
  if (epochs.some(({ _id, state }) => state === 'destroyed' && existing.includes(_id)))
    found.push('kek-still-there');
  return found;
}

import type { Collection, Db } from 'mongodb';
import { duplicatePositions } from '@keiro/runtime';
import type { KekState } from '@keiro/schemas';

export interface VerifiedBackup {
  readonly reference: string;
  readonly takenAt: Date;
  readonly statedAt: Date;
  readonly by: string;
}

/** `kekEpochs`: what is known about each epoch; the KEK itself is the provider's. */
export interface KekEpochDocument {
  /** The epoch. */
  readonly _id: number;
  readonly state: KekState;
  readonly createdAt: Date;
  /** The client who rotated, or the service itself at its first start. */
  readonly by: string;
  readonly retiringSince?: Date;
  readonly rewrappedAt?: Date;
  readonly destroyedAt?: Date;
  readonly backup?: VerifiedBackup;
  /** Who works on the epochs, on the active one: one instance at a time, until its time is over. */
  readonly work?: { readonly by: string; readonly until: Date };
  /** Documents that came under this epoch by being wrapped again, and those that could not. */
  readonly progress?: { readonly rewrapped: number; readonly unreadable: number };
}

/** `kekInstances`: a running instance of the keys service, and the oldest epoch under which it still may wrap. */
export interface KekInstanceDocument {
  readonly _id: string;
  readonly epoch: number;
  readonly heardAt: Date;
  readonly leaseUntil: Date;
}

export interface KekStore {
  epochs(): Promise<KekEpochDocument[]>;
  /** Inserts it unless it exists. */
  addEpoch(document: KekEpochDocument): Promise<void>;
  /** All but this epoch stop to wrap. */
  retireOthers(active: number, at: Date): Promise<void>;
  markRewrapped(epochs: readonly number[], at: Date): Promise<void>;
  /** False when it is no longer retiring, or was looked at again meanwhile. */
  markDestroyed(epoch: KekEpochDocument, backup: VerifiedBackup): Promise<boolean>;
  instances(): Promise<KekInstanceDocument[]>;
  acknowledge(instance: string, epoch: number, at: Date, leaseUntil: Date): Promise<void>;
  leave(instance: string): Promise<void>;
  /** Those whose lease ended before this moment. */
  forgetInstances(before: Date): Promise<void>;
  /** Claims or renews the work on the epochs. False while another instance has it. */
  claimWork(active: number, instance: string, at: Date, until: Date): Promise<boolean>;
  releaseWork(active: number, instance: string): Promise<void>;
  addProgress(active: number, more: { rewrapped: number; unreadable: number }): Promise<void>;
}

export function openKekStore(db: Db): KekStore {
  const epochs: Collection<KekEpochDocument> = db.collection('kekEpochs', {
    readConcern: { level: 'majority' },
  });
  const instances: Collection<KekInstanceDocument> = db.collection('kekInstances', {
    readConcern: { level: 'majority' },
  });
  return {
    async epochs() {
      const found = await epochs.find().toArray();
      return found.sort((a, b) => a._id - b._id);
    },
    async addEpoch(document) {
      await epochs.insertMany([document], { ordered: false }).catch(duplicatePositions);
    },
    async retireOthers(active, at) {
      await epochs.updateMany(
        { _id: { $ne: active }, state: 'active' },
        { $set: { state: 'retiring', retiringSince: at } },
      );
    },
    async markRewrapped(ids, at) {
      await epochs.updateMany(
        { _id: { $in: [...ids] }, state: 'retiring', rewrappedAt: { $exists: false } },
        { $set: { rewrappedAt: at } },
      );
    },
    async markDestroyed({ _id, rewrappedAt }, backup) {
      const { modifiedCount } = await epochs.updateOne(
        { _id, state: 'retiring', ...(rewrappedAt && { rewrappedAt }) },
        { $set: { state: 'destroyed', destroyedAt: backup.statedAt, backup } },
      );
      return modifiedCount === 1;
    },
    instances: () => instances.find().toArray(),
    async acknowledge(instance, epoch, heardAt, leaseUntil) {
      await instances.updateOne(
        { _id: instance },
        { $set: { epoch, heardAt, leaseUntil } },
        { upsert: true },
      );
    },
    async leave(instance) {
      await instances.deleteOne({ _id: instance });
    },
    async forgetInstances(before) {
      await instances.deleteMany({ leaseUntil: { $lt: before } });
    },
    async claimWork(active, instance, at, until) {
      const free = [{ work: { $exists: false } }, { 'work.by': instance }, { 'work.until': { $lt: at } }];
      const { matchedCount } = await epochs.updateOne(
        { _id: active, state: 'active', $or: free },
        { $set: { work: { by: instance, until } } },
      );
      return matchedCount === 1;
    },
    async releaseWork(active, instance) {
      await epochs.updateOne({ _id: active, 'work.by': instance }, { $unset: { work: '' } });
    },
    async addProgress(active, { rewrapped, unreadable }) {
      await epochs.updateOne(
        { _id: active },
        { $inc: { 'progress.rewrapped': rewrapped }, $set: { 'progress.unreadable': unreadable } },
      );
    },
  };
}

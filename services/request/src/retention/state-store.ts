import { insertNew } from '@keiro/runtime';
import type { RetentionStateDocument } from '@keiro/schemas';
import type { Db } from 'mongodb';

/** Who sweeps, and whether anybody may. */
export interface StateStore {
  read(): Promise<RetentionStateDocument>;
  /** Takes the lease, or keeps it; false while somebody else has it, or an operator has stopped the sweep. */
  hold(worker: string, now: Date, until: Date): Promise<boolean>;
  swept(at: Date, records: number, planned: number): Promise<void>;
  /** More data keys have gone. */
  retired(keys: number): Promise<void>;
  pause(at: Date, by: string): Promise<void>;
  resume(): Promise<void>;
}

export function openStateStore(db: Db): StateStore {
  const states = db.collection<RetentionStateDocument>('retention');
  const _id = 'sweep' as const;
  async function read(): Promise<RetentionStateDocument> {
    const found = await states.findOne({ _id });
    if (found !== null) return found;
    await insertNew(states, [{ _id }]);
    return { _id };
  }
  return {
    read,
    async hold(worker, now, until) {
      const { lease, paused } = await read();
      if (paused !== undefined) return false;
      if (lease !== undefined && lease.worker !== worker && lease.until > now) return false;
      const token = lease?.worker === worker ? lease.token : (lease?.token ?? 0) + 1;
      const { matchedCount } = await states.updateOne(
        {
          _id,
          paused: { $exists: false },
          ...(lease === undefined ? { lease: { $exists: false } } : { 'lease.token': lease.token }),
        },
        { $set: { lease: { worker, token, until } } },
      );
      return matchedCount === 1;
    },
    async swept(at, records, planned) {
      await states.updateOne({ _id }, { $set: { last: { at, records, planned } } });
    },
    async retired(keys) {
      await read();
      await states.updateOne({ _id }, { $inc: { keysRetired: keys } });
    },
    async pause(at, by) {
      await read();
      await states.updateOne({ _id, paused: { $exists: false } }, { $set: { paused: { at, by } } });
    },
    async resume() {
      await states.updateOne({ _id }, { $unset: { paused: '' } });
    },
  };
}

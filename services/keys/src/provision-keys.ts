import { insertNew } from '@keiro/runtime';
import { Binary, type Collection, type Db } from 'mongodb';
import type { Keks } from './keks.ts';
import { ownerOf } from './owners.ts';
import { wrappedOf } from './store.ts';

/** `provisionKeys`, by life and month of recording: `<ref>#<generation>|<YYYY-MM>`. Gone when it is destroyed. */
interface ProvisionKeyDocument {
  readonly _id: string;
  readonly epoch: number;
  readonly wrapped: Binary;
  readonly createdAt: Date;
}

/** Keys under which records of provision say who they are about (APPI 29, 30). No erasure of a person touches them. */
export interface ProvisionKeys {
  /** By id; makes those that are missing. */
  take(ids: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;
  /** By id; those that were destroyed are absent. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;
  /** Answers how many there were. Idempotent. */
  destroy(ids: readonly string[]): Promise<number>;
}

/** None is remembered in memory: what is destroyed here opens nowhere any more, at once. */
export function createProvisionKeys(deps: {
  db: Db;
  keks: Keks;
  random: (bytes: number) => Buffer;
  now: () => Date;
}): ProvisionKeys {
  const { keks, random, now } = deps;
  const keys: Collection<ProvisionKeyDocument> = deps.db.collection('provisionKeys');

  async function find(ids: readonly string[]): Promise<Map<string, Buffer>> {
    const found = await keys.find({ _id: { $in: [...ids] } }).toArray();
    const opened = found.map(
      async (one) => [one._id, await keks.unwrap(wrappedOf(one), ownerOf.provision(one._id))] as const,
    );
    return new Map(await Promise.all(opened));
  }

  return {
    find,
    async take(ids) {
      const unique = [...new Set(ids)];
      const known = await find(unique);
      const missing = unique.filter((id) => !known.has(id));
      if (missing.length === 0) return known;
      await keks.wrapping((wrap) =>
        insertNew(
          keys,
          missing.map((id): ProvisionKeyDocument => {
            const { epoch, bytes } = wrap(random(32), ownerOf.provision(id), random(12));
            return { _id: id, epoch, wrapped: new Binary(bytes), createdAt: now() };
          }),
        ),
      );
      // Whoever came first has made the key.
      return new Map([...known, ...(await find(missing))]);
    },
    async destroy(ids) {
      const { deletedCount } = await keys.deleteMany({ _id: { $in: [...ids] } });
      return deletedCount;
    },
  };
}

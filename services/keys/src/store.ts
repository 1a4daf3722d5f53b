import { Binary, type Collection, type Db } from 'mongodb';
import { duplicatePositions, findMany } from '@keiro/runtime';
import type { Ref } from '@keiro/schemas';
import type { Wrapped } from './keks.ts';

/** `keys`: one ref with its current generation. `wrapped` and `identifier` are null once destroyed. */
export interface KeyDocument {
  readonly _id: Ref;
  readonly generation: number;
  readonly epoch: number;
  readonly wrapped: Binary | null;
  /** The normalised identifier, sealed under the data key: how a sweep gets it. */
  readonly identifier: string | null;
  readonly createdAt: Date;
  readonly erasedThrough: number;
  readonly erasedAt?: Date;
  /** The request that had it destroyed. */
  readonly erasedBy?: string;
}

/** The keys of `sweeps` (by request). */
export interface SweepDocument {
  readonly _id: string;
  readonly epoch: number;
  readonly wrapped: Binary;
  readonly createdAt: Date;
  readonly sealed: string;
}

export interface KeyStore {
  find(refs: readonly Ref[]): Promise<Map<Ref, KeyDocument>>;
  /** Inserts what is new; answers the refs that exist already, which are left as they are. */
  insert(documents: readonly KeyDocument[]): Promise<Set<Ref>>;
  /** Starts the next generation; false when somebody else did. */
  renew(document: KeyDocument): Promise<boolean>;
  /** Destroys these generations' keys; answers how many had one. */
  destroy(lives: readonly { ref: Ref; generation: number }[], by: string, at: Date): Promise<number>;
  findSweep(request: string): Promise<SweepDocument | null>;
  putSweep(request: string, wrapped: Wrapped, sealed: string, at: Date): Promise<void>;
  forgetSweep(request: string): Promise<void>;
}

export const wrappedOf = (document: { epoch: number; wrapped: Binary }): Wrapped => ({
  epoch: document.epoch,
  bytes: Buffer.from(document.wrapped.buffer),
});

export function openKeyStore(db: Db): KeyStore {
  const keys: Collection<KeyDocument> = db.collection('keys');
  const sweeps: Collection<SweepDocument> = db.collection('sweeps');
  return {
    async find(refs) {
      const found = await findMany(keys, '_id', refs);
      return new Map(found.map((document) => [document._id, document]));
    },

    async insert(documents) {
      try {
        await keys.insertMany([...documents], { ordered: false });
        return new Set();
      } catch (error) {
        return new Set(duplicatePositions(error).flatMap((position) => documents[position]?._id ?? []));
      }
    },

    async renew(document) {
      const { modifiedCount } = await keys.replaceOne(
        { _id: document._id, generation: document.generation - 1, wrapped: null },
        document,
      );
      return modifiedCount === 1;
    },

    async destroy(lives, by, at) {
      const { modifiedCount } = await keys.bulkWrite(
        lives.map(({ ref, generation }) => ({
          updateOne: {
            filter: { _id: ref, generation, wrapped: { $ne: null } },
            update: {
              $set: {
                wrapped: null,
                identifier: null,
                erasedThrough: generation,
                erasedAt: at,
                erasedBy: by,
              },
            },
          },
        })),
        { ordered: false },
      );
      return modifiedCount;
    },

    findSweep: (request) => sweeps.findOne({ _id: request }),

    async putSweep(request, wrapped, sealed, at) {
      await sweeps.replaceOne(
        { _id: request },
        { epoch: wrapped.epoch, wrapped: new Binary(wrapped.bytes), sealed, createdAt: at },
        { upsert: true },
      );
    },

    async forgetSweep(request) {
      await sweeps.deleteOne({ _id: request });
    },
  };
}

import { Binary, type Collection, type Db } from 'mongodb';
import { duplicatePositions, findMany } from '@keiro/runtime';
import { lifeKey, type KeyErasure, type Ref } from '@keiro/schemas';
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
  /** Destroys these generations' keys; answers how many of each request had one. */
  destroy(erasures: readonly KeyErasure[]): Promise<number[]>;
  findSweeps(requests: readonly string[]): Promise<Map<string, SweepDocument>>;
  putSweeps(
    sweeps: readonly { request: string; wrapped: Wrapped; sealed: string }[],
    at: Date,
  ): Promise<void>;
  forgetSweeps(requests: readonly string[]): Promise<void>;
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

    async destroy(erasures) {
      // Whoever destroyed a key is said by its document: a bulk write counts over all, not of each.
      const refs = erasures.flatMap(({ lives }) => lives.map(({ ref }) => ref));
      const had = await keys
        .find({ _id: { $in: refs }, wrapped: { $ne: null } }, { projection: { generation: 1 } })
        .toArray();
      const present = new Set(had.map(({ _id, generation }) => lifeKey({ ref: _id, generation })));
      if (present.size > 0) {
        await keys.bulkWrite(
          erasures.flatMap(({ lives, request, at }) =>
            lives
              .filter((life) => present.has(lifeKey(life)))
              .map(({ ref, generation }) => ({
                updateOne: {
                  filter: { _id: ref, generation, wrapped: { $ne: null } },
                  update: {
                    $set: {
                      wrapped: null,
                      identifier: null,
                      erasedThrough: generation,
                      erasedAt: new Date(at),
                      erasedBy: request,
                    },
                  },
                },
              })),
          ),
          { ordered: false },
        );
      }
      return erasures.map(({ lives }) => lives.filter((life) => present.delete(lifeKey(life))).length);
    },

    async findSweeps(requests) {
      const found = await sweeps.find({ _id: { $in: [...new Set(requests)] } }).toArray();
      return new Map(found.map((document) => [document._id, document]));
    },

    async putSweeps(documents, at) {
      await sweeps.bulkWrite(
        documents.map(({ request, wrapped, sealed }) => ({
          replaceOne: {
            filter: { _id: request },
            replacement: { epoch: wrapped.epoch, wrapped: new Binary(wrapped.bytes), sealed, createdAt: at },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    },

    async forgetSweeps(requests) {
      await sweeps.deleteMany({ _id: { $in: [...requests] } });
    },
  };
}

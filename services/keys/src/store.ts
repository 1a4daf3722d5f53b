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
  /** Retention has left no record of this life: its key goes, unless somebody seals under it before. */
  readonly retiring?: { readonly by: string; readonly at: Date };
  /** Retention has had the key destroyed. That is no erasure: whatever is collected next begins the next life. */
  readonly retiredAt?: Date;
  readonly retiredBy?: string;
}

/** The keys of `sweeps` (by request). */
export interface SweepDocument {
  readonly _id: string;
  readonly epoch: number;
  readonly wrapped: Binary;
  readonly createdAt: Date;
  readonly sealed: string;
}

/** A ref of which every life up to one has ended, as standing tells it. */
export interface EndedLife {
  readonly ref: Ref;
  readonly through: number;
  readonly at: Date;
  /** The request that ended it. */
  readonly by: string;
}

export interface KeyStore {
  find(refs: readonly Ref[]): Promise<Map<Ref, KeyDocument>>;
  /** Inserts what is new; answers the refs that exist already, which are left as they are. */
  insert(documents: readonly KeyDocument[]): Promise<Set<Ref>>;
  /** Starts the next generation; false when somebody else did. */
  renew(document: KeyDocument): Promise<boolean>;
  /** Destroys these generations' keys; answers how many of each request had one. */
  destroy(erasures: readonly KeyErasure[]): Promise<number[]>;
  /**
   * Leaves no key of these lives, and refs that were never known as ones whose lives have ended: the next one of theirs
   * is the one after. Answers how many had a key. Idempotent.
   */
  endLives(lives: readonly EndedLife[]): Promise<number>;
  /** Which of these requests had something put aside for their sweep. */
  prepared(requests: readonly string[]): Promise<Set<string>>;
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

  async function find(refs: readonly Ref[]): Promise<Map<Ref, KeyDocument>> {
    const found = await findMany(keys, '_id', refs);
    return new Map(found.map((document) => [document._id, document]));
  }

  async function insert(documents: readonly KeyDocument[]): Promise<Set<Ref>> {
    try {
      await keys.insertMany([...documents], { ordered: false });
      return new Set();
    } catch (error) {
      return new Set(duplicatePositions(error).flatMap((position) => documents[position]?._id ?? []));
    }
  }

  return {
    find,
    insert,

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
      const found = await findMany(sweeps, '_id', requests);
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

    async endLives(lives) {
      if (lives.length === 0) return 0;
      const known = await find(lives.map(({ ref }) => ref));
      const ended = lives.map(({ ref, through, at, by }) => ({
        _id: ref,
        generation: through,
        wrapped: null,
        identifier: null,
        erasedThrough: through,
        erasedAt: at,
        erasedBy: by,
      }));
      const unknown = ended.filter(({ _id }) => !known.has(_id));
      if (unknown.length > 0) {
        const documents = unknown.map(({ erasedAt, ...one }) => ({
          ...one,
          epoch: 0,
          createdAt: erasedAt,
          erasedAt,
        }));
        await insert(documents);
      }
      const updates = ended
        .filter(({ _id }) => known.has(_id))
        .map(({ _id, ...one }) => ({
          // A life that has begun since is nobody's to end.
          updateOne: { filter: { _id, generation: { $lte: one.generation } }, update: { $set: one } },
        }));
      if (updates.length > 0) await keys.bulkWrite(updates, { ordered: false });
      return lives.filter(({ ref, through }) => {
        const one = known.get(ref);
        return one !== undefined && one.wrapped !== null && one.generation <= through;
      }).length;
    },

    async prepared(requests) {
      if (requests.length === 0) return new Set();
      const found = await sweeps
        .find({ _id: { $in: [...new Set(requests)] } }, { projection: { _id: 1 } })
        .toArray();
      return new Set(found.map(({ _id }) => _id));
    },

    async forgetSweeps(requests) {
      await sweeps.deleteMany({ _id: { $in: [...requests] } });
    },
  };
}

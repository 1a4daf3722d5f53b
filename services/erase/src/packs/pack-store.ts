import { appendAudit } from '@keiro/runtime';
import type { AuditEntry, PackDocument, PackPartDocument, RequestDocument } from '@keiro/schemas';
import { finalStates } from '@keiro/schemas';
import { MongoServerError, type Db } from 'mongodb';

/** Characters of base64 in one document: well under what a document may hold. */
const partSize = 4 * 1024 * 1024;

/** Packs while they can be had, and that they were made. */
export interface PackStore {
  request(id: string): Promise<RequestDocument | null>;
  /** Those of these requests that are at their end, or are not there. */
  ended(requests: readonly string[]): Promise<string[]>;
  pack(request: string): Promise<PackDocument | null>;
  /** False where there is one already: of two at once one is made. */
  put(pack: PackDocument, sealed: string): Promise<boolean>;
  /** Takes one download; undefined where the token is not good for one. */
  take(tokenSha256: string, now: Date): Promise<PackDocument | undefined>;
  read(pack: PackDocument): Promise<string>;
  /** Those that nobody may have any more and that are still there. */
  over(now: Date): Promise<PackDocument[]>;
  remove(pack: PackDocument, at: Date): Promise<void>;
  audit(entry: AuditEntry): Promise<void>;
}

export function openPackStore(db: Db): PackStore {
  const packs = db.collection<PackDocument>('packs');
  const parts = db.collection<PackPartDocument>('packParts');
  const requests = db.collection<RequestDocument>('requests');
  return {
    request: (id) => requests.findOne({ _id: id }),
    async ended(ids) {
      const found = await requests.find({ _id: { $in: [...ids] } }, { projection: { state: 1 } }).toArray();
      const open = new Set(
        found.filter(({ state }) => !finalStates.some((one) => one === state)).map(({ _id }) => _id),
      );
      return ids.filter((id) => !open.has(id));
    },
    pack: (request) => packs.findOne({ _id: request }),

    async put(pack, sealed) {
      const cut = Array.from({ length: Math.ceil(sealed.length / partSize) }, (_, n) => ({
        _id: `${pack.sha256}/${String(n)}`,
        request: pack._id,
        pack: pack.sha256,
        n,
        bytes: sealed.slice(n * partSize, (n + 1) * partSize),
      }));
      for (const part of cut) await parts.insertOne(part);
      try {
        await packs.insertOne(pack);
        // Those of a making that was cut off, whose key nobody has.
        await parts.deleteMany({ request: pack._id, pack: { $ne: pack.sha256 } });
        return true;
      } catch (error) {
        if (error instanceof MongoServerError && error.code === 11000) {
          await parts.deleteMany({ request: pack._id, pack: pack.sha256 });
          return false;
        }
        throw error;
      }
    },

    async take(tokenSha256, now) {
      const found = await packs.findOne({ tokenSha256 });
      if (found === null || found.left < 1 || found.expiresAt <= now) return undefined;
      const { modifiedCount } = await packs.updateOne(
        { _id: found._id, left: found.left },
        { $set: { left: found.left - 1 } },
      );
      return modifiedCount === 1 ? { ...found, left: found.left - 1 } : undefined;
    },

    read: async ({ _id, sha256 }) =>
      (await parts.find({ request: _id, pack: sha256 }).toArray())
        .toSorted((a, b) => a.n - b.n)
        .map(({ bytes }) => bytes)
        .join(''),

    over: (now) =>
      packs
        .find({ removedAt: { $exists: false }, $or: [{ expiresAt: { $lte: now } }, { left: { $lte: 0 } }] })
        .toArray(),

    async remove({ _id }, at) {
      await parts.deleteMany({ request: _id });
      await packs.updateOne({ _id }, { $set: { removedAt: at, left: 0 }, $unset: { tokenSha256: '' } });
    },
    audit: (entry) => appendAudit(db, [entry]),
  };
}

import type { Db, Filter } from 'mongodb';
import { appendCarriedAudit, carrying } from '@keiro/runtime';
import type { AuditEntry, QuarantineDocument, QuarantineReason, Settlement } from '@keiro/schemas';

/** What is said anew about an entry that was released in vain. */
export type Renewed = Pick<QuarantineDocument, 'reason' | 'detail' | 'type' | 'ref' | 'record'>;

/**
 * What operators change in `quarantine`. Each change stands on the state in which the entry must be, and carries its
 * audit entry in the same write: of two operators at once, one is told that it did not happen.
 */
export interface QuarantineStore {
  find(id: string): Promise<QuarantineDocument | null>;
  /** Appends to the audit what a decision that was cut off has left on the entry. */
  bringHome(id: string): Promise<void>;
  /** Marks that a release has begun; a later one takes over. Null when the entry is not held. */
  begin(id: string, attempt: string): Promise<QuarantineDocument | null>;
  /** Settles it as released, whichever attempt brought it about. */
  release(id: string, settled: Settlement, audit: AuditEntry): Promise<boolean>;
  /** It stays, with the reason that applies now. False where another attempt has taken over. */
  keep(id: string, attempt: string, renewed: Renewed, audit: AuditEntry): Promise<boolean>;
  /** The attempt could not be made: nothing has happened to the entry. */
  abandon(id: string, attempt: string): Promise<void>;
  /** Settles it as discarded, unless a release has begun. */
  discard(id: string, settled: Settlement, audit: AuditEntry): Promise<boolean>;
  /** Ids of what is held for a reason and was set aside by `tag`, in their order. */
  heldFor(reason: QuarantineReason, after: string, limit: number): Promise<string[]>;
  /** How many are held for a reason and were set aside by others. */
  heldByOthers(reason: QuarantineReason): Promise<number>;
}

/** What is not settled. */
export const held = { settled: { $exists: false } };
/** Of which no release has begun either. */
export const untouched = { ...held, releasing: { $exists: false } };

export function openQuarantineStore(db: Db): QuarantineStore {
  const entries = db.collection<QuarantineDocument>('quarantine');

  async function bringHome(id: string): Promise<void> {
    await appendCarriedAudit(db, entries, { _id: id });
  }

  async function change(
    id: string,
    filter: Filter<QuarantineDocument>,
    update: { $set?: Partial<QuarantineDocument>; $unset: Partial<Record<keyof QuarantineDocument, ''>> },
    audit: AuditEntry,
  ): Promise<boolean> {
    const { matchedCount } = await entries.updateOne(
      { ...filter, _id: id },
      { ...update, ...carrying([audit]) },
    );
    if (matchedCount === 1) await bringHome(id);
    return matchedCount === 1;
  }

  const settle = (id: string, filter: Filter<QuarantineDocument>, settled: Settlement, audit: AuditEntry) =>
    change(id, filter, { $set: { settled }, $unset: { sealed: '', releasing: '' } }, audit);

  return {
    find: (id) => entries.findOne({ _id: id }),
    bringHome,
    async begin(id, attempt) {
      const { matchedCount } = await entries.updateOne(
        { _id: id, ...held },
        { $set: { releasing: attempt } },
      );
      return matchedCount === 1 ? entries.findOne({ _id: id }) : null;
    },
    release: (id, settled, audit) => settle(id, held, settled, audit),
    keep: (id, attempt, renewed, audit) =>
      change(id, { releasing: attempt, ...held }, { $set: renewed, $unset: { releasing: '' } }, audit),
    async abandon(id, attempt) {
      await entries.updateOne({ _id: id, releasing: attempt }, { $unset: { releasing: '' } });
    },
    discard: (id, settled, audit) => settle(id, untouched, settled, audit),
    async heldFor(reason, after, limit) {
      const found = await entries
        .find({ reason, by: 'tag', _id: { $gt: after }, ...held }, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(({ _id }) => _id);
    },
    heldByOthers: (reason) => entries.countDocuments({ reason, by: { $ne: 'tag' }, ...held }),
  };
}

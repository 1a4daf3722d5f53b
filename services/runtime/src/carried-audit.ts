import type { AuditDocument, AuditEntry } from '@keiro/schemas';
import type { Collection, Db, Filter, UpdateFilter } from 'mongodb';
import { toAuditDocument } from './audit.ts';
import { insertNew } from './mongo.ts';

/**
 * A document that carries what was decided about it until the audit has it: decision and entry are one write of one
 * document, so that a process that is killed leaves no transaction open and neither without the other. Whoever
 * touches the document next brings the entry home.
 */
export interface CarriesAudit {
  readonly _id: string;
  readonly audit?: readonly AuditEntry[];
}

/** The part of an update that makes a document carry these entries. */
export const carrying = (entries: readonly AuditEntry[]) => ({ $push: { audit: { $each: [...entries] } } });

/**
 * Appends what the documents of a filter carry to the audit, and takes it off them; answers how many entries. Entries have
 * ids that follow from the decision, so that whoever does it a second time, or at once, adds nothing.
 */
export async function appendCarriedAudit<T extends CarriesAudit>(
  db: Db,
  collection: Collection<T>,
  filter: Filter<T>,
): Promise<number> {
  const loaded = { ...filter, 'audit._id': { $exists: true } } as Filter<T>;
  const found = await collection
    .find<{ _id: string; audit: AuditEntry[] }>(loaded, { projection: { audit: 1 } })
    .toArray();
  if (found.length === 0) return 0;
  const entries = found.flatMap(({ audit }) => audit);
  await insertNew(db.collection<AuditDocument>('audit'), entries.map(toAuditDocument));
  await collection.bulkWrite(
    found.map(({ _id, audit }) => ({
      updateOne: {
        filter: { _id } as Filter<T>,
        update: {
          $pull: { audit: { _id: { $in: audit.map((one) => one._id) } } },
        } as unknown as UpdateFilter<T>,
      },
    })),
    { ordered: false },
  );
  return entries.length;
}

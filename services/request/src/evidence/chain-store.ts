import { insertNew, toAuditDocument } from '@keiro/runtime';
import {
  detailDigestOf,
  headOf,
  type AuditDocument,
  type AuditEntry,
  type AuditLine,
  type ChainHead,
  type Segment,
  type SegmentDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';

/** The audit chain in the lineage store. */
export interface ChainStore {
  newest(): Promise<Segment | undefined>;
  segment(number: number): Promise<Segment | undefined>;
  /** Those with these numbers, in order, without their leaves. */
  heads(numbers: readonly number[]): Promise<Omit<Segment, 'leaves'>[]>;
  /** Entries that bear no number, as many as asked for at most. */
  unsealed(limit: number): Promise<AuditLine[]>;
  countUnsealed(): Promise<number>;
  /** False where there is a segment of this number already. */
  insert(segment: Segment): Promise<boolean>;
  /** Gives the entries of a segment its number, where they have none. */
  stamp(segment: Segment): Promise<void>;
  /** Entries that bear the number of a segment, or are named in it. */
  entriesOf(segment: Segment): Promise<AuditLine[]>;
  entry(id: string): Promise<AuditLine | undefined>;
  /** Adds entries whose ids are new. */
  append(entries: readonly AuditEntry[]): Promise<void>;
}

/** A list of 500 takes this store five times as long as ten of 50. */
const stampedAtOnce = 50;

export function openChainStore(db: Db): ChainStore {
  const audit = db.collection<AuditDocument>('audit');
  const segments = db.collection<SegmentDocument>('segments');
  // As an index has it: what has no number equals null.
  const unnumbered = { segment: null as unknown as number };

  return {
    async newest() {
      const [found] = await segments.find().sort({ _id: -1 }).limit(1).toArray();
      return found === undefined ? undefined : toSegment(found);
    },
    async segment(number) {
      const found = await segments.findOne({ _id: number });
      return found === null ? undefined : toSegment(found);
    },
    async heads(numbers) {
      const found = await segments
        .find({ _id: { $in: [...numbers] } }, { projection: { leaves: 0 } })
        .toArray();
      return found
        .sort((one, other) => one._id - other._id)
        .map(({ head, keyId, signature }) => ({ head, keyId, signature }));
    },
    unsealed: async (limit) => (await audit.find(unnumbered).limit(limit).toArray()).map(toLine),
    countUnsealed: () => audit.countDocuments(unnumbered),
    async insert(segment) {
      return (await insertOnce({ _id: segment.head.number, ...segment })) === 0;
    },
    async stamp({ head, leaves }) {
      const ids = leaves.map(({ id }) => id);
      for (let from = 0; from < ids.length; from += stampedAtOnce)
        await audit.updateMany(
          { _id: { $in: ids.slice(from, from + stampedAtOnce) }, ...unnumbered },
          { $set: { segment: head.number } },
        );
    },
    async entriesOf({ head, leaves }) {
      const stamped = await audit.find({ segment: head.number }).toArray();
      const known = new Set(stamped.map(({ _id }) => _id));
      const others = leaves.map(({ id }) => id).filter((id) => !known.has(id));
      const named = others.length === 0 ? [] : await audit.find({ _id: { $in: others } }).toArray();
      return [...stamped, ...named].map(toLine);
    },
    async entry(id) {
      const found = await audit.findOne({ _id: id });
      return found === null ? undefined : toLine(found);
    },
    async append(entries) {
      await insertNew(audit, entries.map(toAuditDocument));
    },
  };

  /** Answers how many were refused because they were there. */
  async function insertOnce(document: SegmentDocument): Promise<number> {
    try {
      await segments.insertOne(document);
      return 0;
    } catch (error) {
      if ((error as { code?: number }).code === 11_000) return 1;
      throw error;
    }
  }
}

const toSegment = ({ _id, ...segment }: SegmentDocument): Segment => segment;

export const chainHead = (segment: Segment | undefined): ChainHead | undefined =>
  segment === undefined ? undefined : headOf(segment);

/** An entry as it is sealed. Entries from before there was a digest get it now. */
function toLine(document: AuditDocument): AuditLine {
  const { _id, at, by, action, about, request, segment } = document;
  // Absent once it has expired.
  const { detail } = document;
  const digest = document.detailDigest as string | undefined;
  return {
    id: _id,
    at: at.toISOString(),
    by,
    action,
    ...(about === undefined ? {} : { about: [...about] }),
    ...(request === undefined ? {} : { request }),
    ...(detail === undefined ? {} : { detail }),
    detailDigest: digest ?? detailDigestOf(detail ?? {}),
    ...(segment === undefined ? {} : { segment }),
  };
}

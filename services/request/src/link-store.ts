import { appendAudit, type Mongo } from '@keiro/runtime';
import type {
  AuditDocument,
  AuditEntry,
  FactDocument,
  Life,
  LinkDocument,
  RecordDocument,
  Ref,
  RequestDocument,
} from '@keiro/schemas';
import type { Activity } from './extend.ts';

/** What following links needs of the lineage store besides the rest of the request service. */
export interface LinkStore {
  /** Those of these links that `tag` has stored. */
  stored(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Which lives the facts of these refs name together. */
  namedInFacts(refs: readonly Ref[]): Promise<(readonly Life[])[]>;
  activityOf(refs: readonly Ref[]): Promise<Activity>;
  /** Notes on the request what an operator must look at, with the entry in the audit; false where that is there already. */
  noteReview(request: string, entry: AuditEntry): Promise<boolean>;
}

export function openLinkStore(mongo: Mongo): LinkStore {
  const { db } = mongo;
  return {
    async stored(ids) {
      const found = await db
        .collection<LinkDocument>('links')
        .find({ _id: { $in: [...ids] } }, { projection: { _id: 1 } })
        .toArray();
      return new Set(found.map(({ _id }) => _id));
    },

    async namedInFacts(refs) {
      const found = await db
        .collection<FactDocument>('facts')
        .find({ ref: { $in: [...refs] } }, { projection: { refs: 1 } })
        .toArray();
      return found.map((fact) => fact.refs);
    },

    async activityOf(refs) {
      const found = await db
        .collection<RecordDocument>('records')
        .aggregate<{ _id: Ref; first: Date; last: Date }>([
          { $match: { ref: { $in: [...refs] } } },
          { $group: { _id: '$ref', first: { $min: '$time' }, last: { $max: '$time' } } },
        ])
        .toArray();
      return new Map(found.map(({ _id, first, last }) => [_id, { first, last }]));
    },

    noteReview: (request, entry) =>
      mongo.transaction(async (session) => {
        const known = await db.collection<AuditDocument>('audit').findOne({ _id: entry._id }, { session });
        if (known !== null) return false;
        const step = { step: 'link-review', at: entry.at, evidence: { ...entry.detail, about: entry.about } };
        await db
          .collection<RequestDocument>('requests')
          .updateOne({ _id: request }, { $push: { steps: step } }, { session });
        await appendAudit(db, [entry], session);
        return true;
      }),
  };
}

import { appendAudit, duplicatePositions, type Mongo } from '@keiro/runtime';
import type { AuditEntry, CutDocument, Ref, RequestDocument } from '@keiro/schemas';
import type { RequestStore } from './store.ts';

/** What is known when a cut is decided, read in the transaction that writes it. */
export interface CutSituation {
  /** The last decision about the pair. */
  readonly last: CutDocument | null;
  /** Open requests of any of the refs. */
  readonly open: readonly RequestDocument[];
}

export interface CutStore {
  /** Writes the documents that are decided, none where nothing changes. */
  decide(
    pair: readonly [Ref, Ref],
    refs: readonly Ref[],
    work: (situation: CutSituation) => { cuts: readonly CutDocument[]; audit: readonly AuditEntry[] },
  ): Promise<boolean>;
}

export function openCutStore(mongo: Mongo, { openOf }: Pick<RequestStore, 'openOf'>): CutStore {
  const cuts = mongo.db.collection<CutDocument>('cuts');

  const decideOnce: CutStore['decide'] = ([from, to], refs, work) =>
    mongo.transaction(async (session) => {
      const last = await cuts.find({ from, to }, { session }).sort({ number: -1 }).limit(1).next();
      const decided = work({ last, open: await openOf(refs, session) });
      if (decided.cuts.length === 0) return false;
      await cuts.insertMany([...decided.cuts], { session });
      await appendAudit(mongo.db, decided.audit, session);
      return true;
    });

  return {
    async decide(pair, refs, work) {
      try {
        return await decideOnce(pair, refs, work);
      } catch (error) {
        // Somebody else made the decision of this number first: what stands now is looked at again.
        duplicatePositions(error);
        return decideOnce(pair, refs, work);
      }
    },
  };
}

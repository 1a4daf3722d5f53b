import type { Mongo } from '@keiro/runtime';
import type { Ref, RequestDocument, StandingDocument } from '@keiro/schemas';
import { writeBeside } from './beside.ts';
import type { Decision, Documents } from './decide.ts';
import type { Standings } from './standing.ts';
import { unfinishedStates, type RequestStore } from './store.ts';

export interface Deciding {
  readonly refs: readonly Ref[];
  readonly work: (standings: Standings, open: RequestDocument[]) => Decision;
}

/**
 * Decides what arrives at the same time in one transaction, one after the other: of two about the same person the
 * second sees what the first has decided.
 */
export async function decideTogether(
  mongo: Mongo,
  store: Pick<RequestStore, 'openOf'>,
  asked: readonly Deciding[],
): Promise<Decision[]> {
  const { db } = mongo;
  const refs = [...new Set(asked.flatMap((one) => one.refs))];
  return mongo.transaction(async (session) => {
    const found = await db
      .collection<StandingDocument>('standing')
      .find({ _id: { $in: refs } }, { session })
      .toArray();
    const standings = new Map(found.map(({ _id, ...standing }) => [_id, standing]));
    const open = await store.openOf(refs, session, unfinishedStates);
    const accepted: Documents[] = [];
    const decisions = asked.map(({ refs: own, work }) => {
      const concerns = new Set(own);
      const decision = work(
        new Map([...standings].filter(([ref]) => concerns.has(ref))),
        open.filter(({ lives }) => lives.some(({ ref }) => concerns.has(ref))),
      );
      if (decision.outcome === 'accepted') {
        const { documents } = decision;
        for (const { _id, ...standing } of documents.standings) standings.set(_id, standing);
        open.push(documents.request);
        accepted.push(documents);
      }
      return decision;
    });
    if (accepted.length === 0) return decisions;
    await writeBeside(
      db,
      {
        standings: accepted.flatMap((one) => one.standings),
        tasks: accepted.flatMap((one) => one.tasks),
        outbox: accepted.flatMap((one) => one.outbox),
        audit: accepted.flatMap((one) => one.audit),
      },
      session,
    );
    await db.collection<RequestDocument>('requests').insertMany(
      accepted.map(({ request }) => request),
      { session },
    );
    return decisions;
  });
}

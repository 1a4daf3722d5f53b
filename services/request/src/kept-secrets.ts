import type { Log } from '@keiro/runtime';
import { finalStates, type RequestDocument, type RequestType } from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { Db } from 'mongodb';

/** What `keys` keeps for a request before it is accepted, or while somebody has still to answer it. */
const keeping: ReadonlySet<RequestType> = new Set(['correction', 'addition', 'disclosure']);
/** The keys service forgets so many a call. */
const perCall = 200;

/** What a request kept under its own key goes when it ends, however it ends. */
export function createKeptSecrets(deps: { db: Db; keys: Pick<KeysClient, 'forgetSweep'>; log: Log }) {
  const { db, keys, log } = deps;
  const forget = async (id: string) => {
    try {
      await keys.forgetSweep(id);
    } catch (error) {
      // The request has ended all the same; the next start of the service does it.
      log.warn({ err: error, request: id }, 'what a request that has ended kept could not be forgotten yet');
    }
  };
  return {
    async forget({ _id, type }: Pick<RequestDocument, '_id' | 'type'>): Promise<void> {
      if (keeping.has(type)) await forget(_id);
    },

    /** What a process that was killed at the very end of a request has left; harmless where it has left nothing. */
    async forgetEnded(): Promise<void> {
      const ended = await db
        .collection<RequestDocument>('requests')
        .find(
          { state: { $in: [...finalStates] }, type: { $in: [...keeping] } },
          { projection: { _id: 1, type: 1 } },
        )
        .sort({ receivedAt: -1 })
        .limit(perCall)
        .toArray();
      await Promise.all(ended.map(({ _id }) => forget(_id)));
    },
  };
}

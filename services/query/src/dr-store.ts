import {
  closedStates,
  type CopyDocument,
  type Ref,
  type RequestDocument,
  type RestoreDocument,
  type TaskDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import { groupBy } from '@keiro/runtime/group-by';
import { createStore } from './store.ts';

/** Deletions that one answer looks at, newest first. */
const deletionLimit = 500;

/** What the lineage store says about sites. Read only. */
export type DrStore = ReturnType<typeof createDrStore>;

export function createDrStore(db: Db) {
  const store = createStore(db);
  return {
    snapshots: () => store.snapshots(),
    holders: () => store.holders(),

    /** Deletions that are done with their tasks; `cut` when there are older ones. */
    async deletions() {
      const found = await db
        .collection<RequestDocument>('requests')
        .find({ state: 'done', type: 'deletion' })
        .sort({ doneAt: -1 })
        .limit(deletionLimit + 1)
        .toArray();
      const requests = found.slice(0, deletionLimit);
      const tasks =
        requests.length === 0
          ? []
          : await db
              .collection<TaskDocument>('tasks')
              .find({ request: { $in: requests.map(({ _id }) => _id) } })
              .toArray();
      return {
        requests,
        tasks: groupBy(tasks, ({ request }) => request),
        cut: found.length > deletionLimit,
      };
    },

    /** When each holder had reported its first copy of each ref's records: `<ref>|<holder>`. */
    async firstHeld(refs: readonly Ref[]): Promise<ReadonlyMap<string, Date>> {
      const first = new Map<string, Date>();
      if (refs.length === 0) return first;
      const facts = db
        .collection<CopyDocument>('copies')
        .find(
          { ref: { $in: [...refs] } },
          { projection: { ref: 1, holder: 1, action: 1, at: 1 }, batchSize: 500 },
        );
      for await (const { ref, holder, action, at } of facts) {
        if (action !== 'held') continue;
        const key = `${ref}|${holder}`;
        const before = first.get(key);
        if (before === undefined || at < before) first.set(key, at);
      }
      return first;
    },

    closed: () =>
      db
        .collection<RestoreDocument>('restores')
        .find({ state: { $in: [...closedStates] } })
        .sort({ declaredAt: -1 })
        .toArray(),
  };
}

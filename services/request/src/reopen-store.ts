import { appendAudit, type Mongo } from '@keiro/runtime';
import type { HolderDocument, RequestDocument, TaskDocument } from '@keiro/schemas';
import { unmovedOf } from './grown.ts';
import { reopening, type FoundAgain } from './reopen.ts';

/** Reopens a deletion for what was found; false where it has not come so far yet, or was moved meanwhile. */
export type Reopen = (request: string, found: FoundAgain) => Promise<boolean>;

export function createReopen(mongo: Mongo, now: () => Date): Reopen {
  const { db } = mongo;
  const requests = db.collection<RequestDocument>('requests');
  const tasks = db.collection<TaskDocument>('tasks');

  return (id, found) =>
    mongo.transaction(async (session) => {
      const request = await requests.findOne({ _id: id }, { session });
      if (request === null) return false;
      const known = await tasks.find({ request: id }, { session }).toArray();
      const holders = await db.collection<HolderDocument>('holders').find({}, { session }).toArray();
      const change = reopening(request, known, holders, found, now());
      if (change === undefined)
        return request.steps.some(
          ({ step, evidence }) => step === 'reopened' && evidence['found'] === found.found,
        );
      const { matchedCount } = await requests.updateOne(unmovedOf(request), change.request, { session });
      if (matchedCount === 0) return false;
      for (const task of change.tasks) {
        const before = known.find(({ _id }) => _id === task._id);
        // One that a worker holds at this moment, or has to take up, looks after it anyway: its attempt goes on, as a further one.
        const { audit: _carried, ...replacement } = task;
        if (before === undefined) await tasks.insertOne(replacement, { session });
        else
          await tasks.replaceOne(
            { _id: task._id, attempt: before.attempt },
            before.audit === undefined ? replacement : { ...replacement, audit: before.audit },
            { session },
          );
      }
      await appendAudit(db, [change.audit], session);
      return true;
    });
}

import {
  daysLater,
  dayInJapan,
  type RequestDocument,
  type RetentionBatchDocument,
  type TaskDocument,
} from '@keiro/schemas';
import { carryTasks } from '../carry-out.ts';
import { inCalls, stepAt, type Stage, type StageDependencies } from '../stage.ts';

/** Days after which a record that shared its row with what had not ended is looked at again. */
const sharedAgainAfter = 7;

/**
 * A batch of records that have ended (APPI 22): no standing changes, for nobody asked and what else there is of the
 * persons stays. Holders remove and prove; then reports and records go from lineage. Each step can be taken again.
 */
export const expire: Stage = async (request, deps) => {
  const { store, keys, now } = deps;
  const { batches, onEnded } = deps.retention;
  if (request.state === 'accepted') {
    const lives = (await batches.batch(request._id))?.lives ?? [];
    let prepared = 0;
    for (const some of inCalls(lives)) prepared = await keys.prepareSweep(request._id, some);
    await store.advance(request, {
      set: { state: 'carrying-out' },
      step: stepAt(now(), 'prepared', { identifiers: prepared }),
    });
    return 'moved';
  }
  return carryTasks(request, deps, async (tasks) => {
    const at = now();
    if (tasks.some(({ audit = [] }) => audit.length > 0)) await store.bringHome(request._id);
    const batch = await batches.batch(request._id);
    // Cut off after the batch was forgotten: what it did stands in the audit.
    const evidence =
      batch === null ? await batches.evidence(request._id) : await takeOut(request, tasks, batch, deps, at);
    await keys.forgetSweep(request._id);
    await batches.forget(request._id);
    await store.advance(request, {
      set: { state: 'done', doneAt: at },
      step: stepAt(at, 'done', evidence),
    });
    onEnded(request._id);
    return 'moved';
  });
};

/** Takes out of lineage what holders have proven to be gone, and says in the audit how much that was. */
async function takeOut(
  request: RequestDocument,
  tasks: readonly TaskDocument[],
  batch: RetentionBatchDocument,
  { retention: { batches } }: StageDependencies,
  at: Date,
): Promise<Record<string, unknown>> {
  const kept = new Set(tasks.flatMap(({ receipt }) => receipt?.kept ?? []));
  const goes = (id: string) => !kept.has(id) && !kept.has(id.slice(0, id.indexOf('|')));
  await batches.putOff(daysLater(dayInJapan(at), sharedAgainAfter), [...kept]);
  const removed = await batches.removeFromLineage({
    records: batch.records.filter(goes),
    copies: batch.copies.filter(goes),
  });
  const evidence = {
    affected: tasks.reduce((sum, { receipt }) => sum + (receipt?.affected ?? 0), 0),
    holders: tasks.length,
    ...removed,
    sharedRow: kept.size,
    // A group's key follows from the data key: it can't be destroyed by itself while the person's life goes on.
    dataKeysKept: batch.lives.length,
  };
  await batches.audit({
    _id: `${request._id}/done`,
    at,
    by: 'request',
    action: 'request.done',
    request: request._id,
    detail: evidence,
  });
  return evidence;
}

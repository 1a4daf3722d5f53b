import {
  lifeKey,
  returnId,
  taskId,
  type AuditEntry,
  type Receipt,
  type RequestDocument,
  type TaskDocument,
  type ViolationDocument,
} from '@keiro/schemas';
import { dueOf, newTask } from './decide.ts';

export interface Return {
  readonly request: RequestDocument;
  readonly task: TaskDocument;
  readonly audit: AuditEntry;
}

/**
 * T0: "stop and return" for a copy that a holder has without a basis: one task, at that holder, for that copy alone.
 * Undefined where there is no single copy (a site's snapshot: told to the site by a person) or where it is over. The
 * same violation makes the same documents, so that finding it twice is harmless. No law sets a day; R7's clock keeps it
 * in sight. Pure.
 */
export function returnOf(violation: ViolationDocument, answerWithin: string, now: Date): Return | undefined {
  const { _id: id, copy, holder, closed, row, reason } = violation;
  if (copy === undefined || closed !== undefined) return undefined;
  const request: RequestDocument = {
    _id: returnId(id),
    type: 'return',
    lives: [{ ref: copy.ref, generation: copy.generation }],
    ambiguous: [],
    purposes: [],
    returns: { violation: id, record: copy.record, holder },
    ground: 'law',
    state: 'accepted',
    receivedAt: now,
    dueAt: dueOf(now, answerWithin),
    steps: [],
    by: 'request',
  };
  return {
    request,
    task: { ...newTask(request, holder, now), records: [copy.record] },
    audit: {
      _id: `${request._id}/accepted`,
      at: now,
      by: 'request',
      action: 'request.accepted',
      request: request._id,
      about: [copy.record],
      detail: { type: 'return', violation: id, row, reason, holders: [holder] },
    },
  };
}

/**
 * The probe by which a deletion has done what a return asks: the deletion swept that holder of all that is of this life,
 * and knew the copy when it began. Undefined where it did not: then the return goes on by itself. Pure.
 */
export function provenBy(
  deletion: RequestDocument,
  tasks: readonly TaskDocument[],
  { lives, returns, receivedAt }: RequestDocument,
): Receipt['probe'] | undefined {
  const swept = deletion.steps.find(({ step }) => step === 'shredded');
  const covered = new Set(deletion.lives.map(lifeKey));
  if (swept === undefined || receivedAt > swept.at || !lives.every((life) => covered.has(lifeKey(life))))
    return undefined;
  const task = tasks.find(({ _id }) => _id === taskId(deletion._id, returns?.holder ?? ''));
  return task?.state === 'done' ? task.receipt?.probe : undefined;
}

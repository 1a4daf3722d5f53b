import {
  taskId,
  type AuditEntry,
  type HolderDocument,
  type RequestDocument,
  type SupersedingReason,
  type TaskDocument,
} from '@keiro/schemas';
import { newTask } from './decide.ts';
import { pushed } from './grown.ts';
import { stepAt, stepOf } from './stage.ts';
import type { UpdateFilter } from 'mongodb';

/** A copy that is at a holder although its person is erased. */
export interface FoundAgain {
  /** What found it; the same makes nothing twice. */
  readonly found: string;
  readonly holder: string;
  readonly record: string;
}

export interface Reopening {
  readonly request: UpdateFilter<RequestDocument>;
  /** Tasks as they are from now on; those with a number of attempts above 1 were there before. */
  readonly tasks: readonly TaskDocument[];
  readonly audit: AuditEntry;
}

const reopenable: ReadonlySet<RequestDocument['state']> = new Set([
  'done',
  'carrying-out',
  'waiting-for-holder',
  'waiting-for-operator',
]);

/** Why and when it was last reopened; undefined where it never was. Pure. */
export function reopenedLast({
  steps,
}: Pick<RequestDocument, 'steps'>): { readonly at: Date; readonly because: SupersedingReason } | undefined {
  const last = steps.findLast(({ step }) => step === 'reopened');
  return last && { at: last.at, because: last.evidence['because'] as SupersedingReason };
}

/**
 * Invariant 6: a deletion whose holder has again what was erased goes on, at that holder and at the sites that replicate
 * it. What each has done stays in its receipt, and adds up; what was proven there is proven anew. Undefined where
 * that was done before, or the deletion has not come so far. Pure.
 */
export function reopening(
  request: RequestDocument,
  tasks: readonly TaskDocument[],
  holders: readonly Pick<HolderDocument, 'id' | 'replicates'>[],
  { found, holder, record }: FoundAgain,
  now: Date,
): Reopening | undefined {
  const isKnown = request.steps.some(
    ({ step, evidence }) => step === 'reopened' && evidence['found'] === found,
  );
  if (isKnown || !reopenable.has(request.state) || stepOf(request, 'shredded') === undefined)
    return undefined;
  const sites = holders.filter(({ replicates = [] }) => replicates.includes(holder)).map(({ id }) => id);
  const evidence = { because: 'late-report', found, holder } as const;
  return {
    request: {
      $set: { state: 'carrying-out' },
      $unset: { doneAt: '' },
      ...pushed(request, [{ set: { state: 'carrying-out' }, step: stepAt(now, 'reopened', evidence) }]),
    },
    tasks: [holder, ...sites].map((id) =>
      putBackFor(
        record,
        tasks.find(({ _id }) => _id === taskId(request._id, id)) ?? newTask(request, id, now),
        now,
      ),
    ),
    audit: {
      _id: `${request._id}/reopened/${found}`,
      at: now,
      by: 'request',
      action: 'request.reopened',
      request: request._id,
      about: [record],
      detail: evidence,
    },
  };
}

function putBackFor(record: string, task: TaskDocument, now: Date): TaskDocument {
  const { doneAt: _done, settledBy: _by, notBefore: _day, waiting: _waits, receipt, ...rest } = task;
  const {
    probe: _probe,
    told: _told,
    byHand: _hand,
    confirmed: _word,
    sweptAt: _swept,
    ...counts
  } = receipt ?? {
    affected: 0,
    detail: {},
  };
  return {
    ...rest,
    state: 'pending',
    attempt: task.createdAt < now ? task.attempt + 1 : task.attempt,
    again: { since: now, records: [...new Set([...(task.again?.records ?? []), record])].sort() },
    ...(receipt === undefined ? {} : { receipt: counts }),
  };
}

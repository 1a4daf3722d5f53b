import { hash } from 'node:crypto';
import type { AuditEntry, Confirmed, Receipt, TaskDocument, TaskKeep, Waiting } from './documents.ts';
import type { KeptGroup } from './kept.ts';
import type { KeptGroupView, TaskView } from './request-api.ts';

/**
 * Names that `request` and `erase` agree on. BullMQ refuses ':' and bare integers in job ids, and does nothing
 * when it is given an id that it holds already: so adding a task's job again is always harmless.
 */

/** `<request>.<holder>`: a request has one task a holder. */
export function taskId(request: string, holder: string): string {
  return `${request}.${holder}`;
}

export function requestOfTask(task: string): string {
  return task.slice(0, task.lastIndexOf('.'));
}

/** One queue a holder, so that a slow or broken one holds up no other. */
export function queueOf(holder: string): string {
  return `erase.${holder}`;
}

/** A new attempt is a new job: the id of the old one may still be in the queue. */
export function jobOf(task: Pick<TaskDocument, '_id' | 'attempt'>): string {
  return `${task._id}-${String(task.attempt)}`;
}

/**
 * The audit's entry of what a worker did: it follows from the task itself, so that whoever finds it missing can append
 * it. Undefined for a task that no worker has done. Pure.
 */
export function taskDoneEntry(task: TaskDocument): AuditEntry | undefined {
  const { _id, request, holder, directive, attempt, receipt, doneAt, settledBy } = task;
  if (task.state !== 'done' || settledBy !== 'erase' || doneAt === undefined) return undefined;
  return {
    _id: `${_id}/task.done/${String(attempt)}`,
    at: doneAt,
    by: 'erase',
    action: 'task.done',
    request,
    detail: { holder, directive, attempt, affected: receipt?.affected ?? 0 },
  };
}

/** The return that answers a violation (T0): the same violation makes the same request, however often it is found. */
export function returnId(violation: string): string {
  return `req-${hash('sha256', `return\n${violation}`, 'hex').slice(0, 24)}`;
}

/** As every interface shows it. Pure. */
export function receiptView(receipt: Receipt): NonNullable<TaskView['receipt']> {
  const {
    affected,
    unanswered,
    detail,
    sweptAt,
    probe,
    told,
    byHand,
    confirmed,
    readBack,
    exported,
    unsupported,
    remains,
  } = receipt;
  return {
    affected,
    ...(unanswered === undefined ? {} : { unanswered }),
    detail: { ...detail },
    ...(sweptAt === undefined ? {} : { sweptAt: sweptAt.toISOString() }),
    ...(probe === undefined ? {} : { probe: { at: probe.at.toISOString(), found: probe.found } }),
    ...(told === undefined ? {} : { told: { ...told, at: told.at.toISOString() } }),
    ...(byHand === undefined ? {} : { byHand: { ...byHand, at: byHand.at.toISOString() } }),
    ...(confirmed === undefined ? {} : { confirmed: confirmedView(confirmed) }),
    ...(readBack === undefined ? {} : { readBack: { ...readBack, at: readBack.at.toISOString() } }),
    ...(exported === undefined ? {} : { exported }),
    ...(unsupported === undefined ? {} : { unsupported }),
    ...(remains === undefined ? {} : { remains: [...remains] }),
  };
}

/** As every interface shows it. Pure. */
export function keptView(kept: readonly KeptGroup[]): KeptGroupView[] {
  return kept.map(({ until, holders, ...one }) => ({
    ...one,
    holders: [...holders],
    ...(until === undefined ? {} : { until: until.toISOString() }),
  }));
}

/** Of a task. Pure. */
export function keepView({ groups, fields, laws, until }: TaskKeep): NonNullable<TaskView['keep']> {
  return {
    groups: [...groups],
    fields: [...fields],
    laws: [...laws],
    ...(until === undefined ? {} : { until: until.toISOString() }),
  };
}

function confirmedView({
  at,
  words,
  ...rest
}: Confirmed): NonNullable<NonNullable<TaskView['receipt']>['confirmed']> {
  return { ...rest, at: at.toISOString(), signed: words.length > 0 };
}

/** As every interface shows it. Pure. */
export function waitingView({ step, since, expected, says }: Waiting): NonNullable<TaskView['waiting']> {
  return {
    step,
    since: since.toISOString(),
    ...(expected === undefined ? {} : { expected: expected.toISOString() }),
    says,
  };
}

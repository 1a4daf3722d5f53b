import {
  receiptView,
  waitingView,
  type RequestDocument,
  type RequestSummary,
  type RequestView,
  type TaskDocument,
  type TaskView,
} from '@keiro/schemas';

/** Documents as the interface shows them. Pure. */

export function summaryOf(request: RequestDocument): RequestSummary {
  return {
    id: request._id,
    type: request.type,
    state: request.state,
    purposes: [...request.purposes],
    receivedAt: request.receivedAt.toISOString(),
    due: request.dueAt.toISOString(),
    ...(request.doneAt === undefined ? {} : { doneAt: request.doneAt.toISOString() }),
    ...(request.returns === undefined ? {} : { violation: request.returns.violation }),
  };
}

export function viewOf(
  request: RequestDocument,
  tasks: readonly TaskDocument[],
  waitingFor: string | undefined,
): RequestView {
  return {
    ...summaryOf(request),
    ground: request.ground,
    lives: [...request.lives],
    ambiguous: [...request.ambiguous],
    steps: request.steps.map(({ step, at, evidence }) => ({ step, at: at.toISOString(), evidence })),
    ...(waitingFor === undefined || request.state === 'done' ? {} : { waitingFor }),
    tasks: tasks.map(taskViewOf).sort((one, other) => one.holder.localeCompare(other.holder)),
  };
}

export function taskViewOf(task: TaskDocument): TaskView {
  return {
    id: task._id,
    request: task.request,
    holder: task.holder,
    directive: task.directive,
    state: task.state,
    attempt: task.attempt,
    ...(task.notBefore === undefined ? {} : { notBefore: task.notBefore.toISOString() }),
    ...(task.receipt === undefined ? {} : { receipt: receiptView(task.receipt) }),
    ...(task.waiting === undefined ? {} : { waiting: waitingView(task.waiting) }),
    errors: task.errors.map(({ at, attempt, message }) => ({ at: at.toISOString(), attempt, message })),
    createdAt: task.createdAt.toISOString(),
    ...(task.doneAt === undefined ? {} : { doneAt: task.doneAt.toISOString() }),
  };
}

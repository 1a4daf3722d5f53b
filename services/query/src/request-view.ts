import {
  keepView,
  keptView,
  receiptView,
  waitingView,
  type LineageRequest,
  type RequestDocument,
  type TaskDocument,
} from '@keiro/schemas';

/** A request with its tasks and receipts, as the answer shows it. Pure. */
export function requestView(request: RequestDocument, tasks: readonly TaskDocument[]): LineageRequest {
  return {
    id: request._id,
    type: request.type,
    state: request.state,
    ground: request.ground,
    purposes: [...request.purposes],
    ...(request.fields === undefined ? {} : { fields: [...request.fields] }),
    receivedAt: request.receivedAt.toISOString(),
    due: request.dueAt.toISOString(),
    ...(request.doneAt === undefined ? {} : { doneAt: request.doneAt.toISOString() }),
    ...(request.returns === undefined ? {} : { violation: request.returns.violation }),
    ...(request.kept === undefined || request.kept.length === 0 ? {} : { kept: keptView(request.kept) }),
    ...(request.restErasedAt === undefined ? {} : { restErasedAt: request.restErasedAt.toISOString() }),
    steps: request.steps.map(({ step, at, evidence }) => ({ step, at: at.toISOString(), evidence })),
    tasks: tasks
      .filter((task) => task.request === request._id)
      .toSorted((a, b) => (a.holder < b.holder ? -1 : 1))
      .map(taskView),
  };
}

function taskView(task: TaskDocument): LineageRequest['tasks'][number] {
  const { receipt } = task;
  return {
    id: task._id,
    request: task.request,
    holder: task.holder,
    directive: task.directive,
    state: task.state,
    attempt: task.attempt,
    ...(task.notBefore === undefined ? {} : { notBefore: task.notBefore.toISOString() }),
    ...(receipt === undefined ? {} : { receipt: receiptView(receipt) }),
    ...(task.keep === undefined ? {} : { keep: keepView(task.keep) }),
    ...(task.waiting === undefined ? {} : { waiting: waitingView(task.waiting) }),
    errors: task.errors.map(({ at, attempt, message }) => ({ at: at.toISOString(), attempt, message })),
    createdAt: task.createdAt.toISOString(),
    ...(task.doneAt === undefined ? {} : { doneAt: task.doneAt.toISOString() }),
  };
}

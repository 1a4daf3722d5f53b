import {
  keepView,
  keptView,
  receiptView,
  type Policy,
  waitingView,
  type RequestDocument,
  type RequestEvent,
  type RequestSummary,
  type RequestView,
  type TaskDocument,
  type TaskView,
} from '@keiro/schemas';
import { detailOf } from './lifecycle/audit.ts';
import { isFinal, lifeOf } from './lifecycle/evolve.ts';
import { nextOf } from './lifecycle/next.ts';
import { labelOfGround } from './notices.ts';
import { rightRules } from './rights.ts';

/** Documents as the interface shows them. Pure. */

export function summaryOf(request: RequestDocument, now: Date): RequestSummary {
  const next = nextOf(request.type, request.state, request.dueAt, lifeOf(request.events ?? []).fee);
  return {
    id: request._id,
    type: request.type,
    state: request.state,
    purposes: [...request.purposes],
    ...(request.recipients === undefined ? {} : { recipients: [...request.recipients] }),
    ...(request.fields === undefined ? {} : { fields: [...request.fields] }),
    receivedAt: request.receivedAt.toISOString(),
    due: request.dueAt.toISOString(),
    ...(request.doneAt === undefined ? {} : { doneAt: request.doneAt.toISOString() }),
    ...(request.notBefore === undefined ? {} : { undoUntil: request.notBefore.toISOString() }),
    ...(next === undefined ? {} : { next: { actor: next.actor, by: next.by.toISOString() } }),
    ...(next !== undefined && request.dueAt < now ? { overdue: true as const } : {}),
    ...(request.returns === undefined ? {} : { violation: request.returns.violation }),
    ...keptOf(request),
  };
}

/** What a deletion leaves for a law, and whether that is over. */
const keptOf = ({
  kept = [],
  restErasedAt,
}: RequestDocument): Pick<RequestSummary, 'kept' | 'restErasedAt'> => ({
  ...(kept.length === 0 ? {} : { kept: keptView(kept) }),
  ...(restErasedAt === undefined ? {} : { restErasedAt: restErasedAt.toISOString() }),
});

export function viewOf(
  request: RequestDocument,
  tasks: readonly TaskDocument[],
  waitingFor: string | undefined,
  policy: Policy,
  now: Date,
): RequestView {
  const { on, row, articles } = rightRules[request.type];
  return {
    ...summaryOf(request, now),
    ground: request.ground,
    rests: { on, row, articles: [...articles] },
    ...(request.events === undefined ? {} : lifeView(request.events, policy)),
    lives: [...request.lives],
    ambiguous: [...request.ambiguous],
    steps: request.steps.map(({ step, at, evidence }) => ({ step, at: at.toISOString(), evidence })),
    ...(waitingFor === undefined || isFinal(request.state) ? {} : { waitingFor }),
    tasks: tasks.map(taskViewOf).sort((one, other) => one.holder.localeCompare(other.holder)),
  };
}

function lifeView(
  events: readonly RequestEvent[],
  policy: Policy,
): Pick<RequestView, 'missing' | 'refusals' | 'fee' | 'events'> {
  const { missing, refusals, fee } = lifeOf(events);
  return {
    ...(missing.length === 0 ? {} : { missing: [...missing] }),
    ...(refusals.length === 0
      ? {}
      : {
          refusals: refusals.map(({ ground, reason, parts, at }) => ({
            ground,
            label: labelOfGround(ground, policy),
            reason,
            parts: [...parts],
            at: at.toISOString(),
          })),
        }),
    ...(fee === undefined
      ? {}
      : {
          fee: {
            yen: fee.yen,
            until: fee.until.toISOString(),
            ...(fee.paidAt === undefined ? {} : { paidAt: fee.paidAt.toISOString() }),
          },
        }),
    events: events.map((event) => ({
      n: event.n,
      at: event.at.toISOString(),
      by: event.by,
      event: event.type,
      detail: detailOf(event),
    })),
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
    ...(task.keep === undefined ? {} : { keep: keepView(task.keep) }),
    ...(task.waiting === undefined ? {} : { waiting: waitingView(task.waiting) }),
    errors: task.errors.map(({ at, attempt, message }) => ({ at: at.toISOString(), attempt, message })),
    createdAt: task.createdAt.toISOString(),
    ...(task.desk === undefined ? {} : { desk: { ...task.desk, since: task.desk.since.toISOString() } }),
    ...(task.doneAt === undefined ? {} : { doneAt: task.doneAt.toISOString() }),
  };
}

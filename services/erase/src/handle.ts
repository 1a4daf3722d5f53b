import { whileUnavailable } from '@keiro/runtime';
import {
  taskDoneEntry,
  type AuditEntry,
  type HolderDocument,
  type Receipt,
  type TaskDocument,
} from '@keiro/schemas';
import { afterFailure, givenUp, isOver, postponed, Tally, waitingOf } from './attempt.ts';
import { carryOut } from './carry-out.ts';
import type { Claim } from './claims.ts';
import { ConnectorError, WaitingError } from './connectors/connector.ts';
import { describeFailure, framesOf, isOutage } from './connectors/failure.ts';
import { CannotKeepError, whyByHand } from './keeping.ts';
import { holdLease } from './lease.ts';
import { takeExport } from './packs/take-export.ts';
import { prepare, roundOf, withUnreported } from './prepare.ts';
import { ByHandError } from './returned.ts';
import type { TaskDependencies } from './task-dependencies.ts';

/**
 * One attempt at a task: claimed under a lease, carried out by the holder's connector, and settled in MongoDB.
 * What a killed worker left is claimed again when its lease is over; every step may then be done twice.
 */
export async function runTask(id: string, at: string, deps: TaskDependencies): Promise<void> {
  const { store, gate, now } = deps;
  // The task stays as it is; its job comes back when its holder takes tasks again.
  const entry = await gate.enter(at);
  if (entry === 'wait') return;
  try {
    const claim = await store.claim(id, deps.worker, now(), leaseEnd(deps));
    if (claim !== undefined) await attempt(id, claim, deps);
  } finally {
    if (entry === 'try') await gate.leave(at);
  }
}

async function attempt(id: string, claim: Claim, deps: TaskDependencies): Promise<void> {
  const { store, gate, log, now } = deps;
  const { task } = claim;
  const lease = holdLease({
    renew: (until) => store.renew(claim, until),
    leaseMs: deps.leaseMs,
    now,
    id: task._id,
    log,
  });
  const tally = new Tally(task.foreseen);
  let partial: Partial<Receipt> = {};
  let asked: HolderDocument | undefined;
  const settle = async (audit: AuditEntry | undefined, what: () => Promise<boolean>): Promise<boolean> => {
    const waiting = { what: 'MongoDB, to settle a task,', log, signal: lease.signal };
    const settled = await whileUnavailable(waiting, what);
    if (settled && audit !== undefined) await whileUnavailable(waiting, () => store.bringHome(id));
    return settled;
  };
  try {
    const prepared = await prepare(task, tally, lease.signal, deps);
    const { work, lives, holder, kept, changes, exportKey, pages } = prepared;
    const why = whyByHand(task, holder);
    if (holder?.connector.kind === 'by-hand' || why !== undefined) {
      const receipt = tally.addedTo(task.receipt);
      const audit = auditOf(task, 'task.by-hand', receipt, now());
      const said = why === undefined ? undefined : { ...receipt, unsupported: why };
      const settled = await settle(audit, () => store.leaveToPerson(claim, audit, said));
      deps.onAttempt(task.holder, settled ? 'by-hand' : 'lost');
      return;
    }
    asked = holder ?? undefined;
    if (kept.length > 0) partial = { kept };
    const connector = await deps.connectors.of(task.holder, holder);
    const carried =
      task.directive === 'export'
        ? takeExport(
            connector,
            work,
            { request: task.request, task: task._id, token: claim.token },
            {
              ...deps,
              key: exportKey,
            },
          )
        : undefined;
    const whole = await withUnreported(work, { claim, connector, holder, lives }, deps);
    const answer = await (carried ??
      carryOut(claim, { connector, work: whole, pages, tally, changes }, deps, (more) => {
        partial = { ...partial, ...more };
      }));
    partial = { ...partial, ...answer };
    await gate.answered(task.holder);
    const receipt = { ...tally.addedTo(task.receipt, true), ...partial };
    const at = now();
    // What it has no place for, a person has to do there.
    if (task.directive === 'correct' && partial.unsupported !== undefined) {
      const audit = auditOf(task, 'task.by-hand', receipt, at);
      const settled = await settle(audit, () => store.leaveToPerson(claim, audit, receipt));
      deps.onAttempt(task.holder, settled ? 'by-hand' : 'lost');
      return;
    }
    const settled = await settle(undefined, () => store.finish(claim, receipt, at));
    const done: TaskDocument = { ...task, state: 'done', receipt, doneAt: at, settledBy: 'erase' };
    const entry = taskDoneEntry(done);
    if (settled && entry !== undefined) {
      await store.tell(entry).catch((error: unknown) => {
        log.warn({ err: error, task: id }, 'the audit lacks what a task did until its request ends');
      });
    }
    deps.onAttempt(task.holder, settled ? 'done' : 'lost');
  } catch (error) {
    if (lease.signal.aborted) {
      log.warn(
        { task: id, attempt: task.attempt },
        'the lease of a task was lost; whoever holds it now goes on',
      );
      deps.onAttempt(task.holder, 'lost');
      return;
    }
    const waits = asked !== undefined && isOutage(error) ? await gate.silent(asked) : undefined;
    if (asked !== undefined && !isOutage(error)) await gate.answered(task.holder);
    const at = now();
    const receipt = { ...tally.addedTo(task.receipt), ...partial };
    if (error instanceof WaitingError) {
      const step = partial.sweptAt === undefined && task.waiting?.step !== 'probe' ? 'erase' : 'probe';
      const waiting = waitingOf({ ...task, attempt: roundOf(task, asked) }, error, step, at);
      const settled = await settle(undefined, () =>
        store.wait(claim, receipt, waiting, error.until, tally.left),
      );
      deps.onAttempt(task.holder, settled ? 'waiting' : 'lost');
      return;
    }
    const message = describeFailure(error);
    const verdict =
      error instanceof ByHandError || error instanceof CannotKeepError
        ? givenUp(task.attempt)
        : waits === undefined
          ? afterFailure(task.attempt, at, deps.retry, task.waits)
          : postponed(task.attempt, waits);
    log.warn(
      { task: id, attempt: task.attempt, failure: message, frames: framesOf(error) },
      'an attempt failed',
    );
    const audit = verdict.state === 'failed' ? auditOf(task, 'task.failed', receipt, at) : undefined;
    const settled = await settle(audit, () =>
      store.fail(claim, receipt, { at, attempt: task.attempt, message }, verdict, {
        audit,
        over: isOver(error instanceof ConnectorError ? error.code : undefined),
        left: tally.left,
        answered: partial.sweptAt !== undefined,
      }),
    );
    const outcome = verdict.state === 'failed' ? 'failed' : waits === undefined ? 'again' : 'waits';
    deps.onAttempt(task.holder, settled ? outcome : 'lost');
  } finally {
    lease.release();
  }
}

const leaseEnd = ({ now, leaseMs }: TaskDependencies) => new Date(now().getTime() + leaseMs);

function auditOf(task: TaskDocument, action: string, receipt: Receipt, at: Date): AuditEntry {
  return {
    _id: `${task._id}/${action}/${String(task.attempt)}`,
    at,
    by: 'erase',
    action,
    request: task.request,
    detail: {
      holder: task.holder,
      directive: task.directive,
      attempt: task.attempt,
      affected: receipt.affected,
    },
  };
}

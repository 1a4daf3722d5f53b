import { whileUnavailable, type Log } from '@keiro/runtime';
import {
  knowsLocators,
  taskDoneEntry,
  type AuditEntry,
  type FieldChange,
  type HolderDocument,
  type Receipt,
  type SweepResponse,
  type TaskDocument,
} from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import { eraseAgain, type AgainDependencies } from './again.ts';
import { afterFailure, givenUp, isOver, postponed, Tally, waitingOf, type RetryPolicy } from './attempt.ts';
import { ConnectorError, WaitingError, type Connector, type Work } from './connectors/connector.ts';
import { describeFailure, framesOf, isOutage } from './connectors/failure.ts';
import type { Connectors } from './connectors/pool.ts';
import { expiredCopies } from './expired.ts';
import { correctAt } from './fields.ts';
import type { HolderGate } from './gate.ts';
import { holdLease } from './lease.ts';
import {
  CannotKeepError,
  eraseAll,
  findUnreported,
  openFound,
  probeAll,
  whyByHand,
  withFound,
} from './keeping.ts';
import { openLocators, type Located } from './locators.ts';
import { pagesOf, steadily, worksOf, type Pages } from './pages.ts';
import type { ExportStore } from './packs/export-store.ts';
import { takeExport } from './packs/take-export.ts';
import { ByHandError, locatorsOf } from './returned.ts';
import type { Claim } from './claims.ts';
import type { EraseStore } from './store.ts';

export interface TaskDependencies {
  readonly store: EraseStore;
  readonly keys: Pick<KeysClient, 'sweep'>;
  readonly connectors: Connectors;
  readonly gate: Pick<HolderGate, 'enter' | 'leave' | 'answered' | 'silent'>;
  readonly retry: RetryPolicy;
  readonly exports: Pick<ExportStore, 'begin' | 'add'>;
  readonly again: AgainDependencies;
  readonly random: (bytes: number) => Buffer;
  readonly leaseMs: number;
  /** Name of this worker in leases. */
  readonly worker: string;
  readonly log: Log;
  readonly now: () => Date;
  readonly onAttempt: (
    holder: string,
    outcome: 'done' | 'again' | 'waits' | 'by-hand' | 'failed' | 'lost' | 'waiting',
  ) => void;
}

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

/** Identifiers and locators in clear, in memory for this attempt. Our own servers being down is no failed attempt. */
async function prepare(
  task: TaskDocument,
  tally: Tally,
  signal: AbortSignal,
  deps: TaskDependencies,
): Promise<{
  work: Work;
  /** With the keys of where copies are. */
  lives: Lives;
  holder: HolderDocument | null;
  kept: readonly string[];
  changes: readonly FieldChange[];
  exportKey: Buffer | undefined;
  pages?: Pages;
}> {
  const { store, log } = deps;
  return whileUnavailable({ what: 'keys or MongoDB, which a task needs,', log, signal }, async () => {
    const [{ lives, directiveKey, changes = [], exportKey }, holder] = await Promise.all([
      // What was put aside was forgotten when the last probe had passed.
      task.again !== undefined
        ? nothingKept
        : deps.keys.sweep(task.request, task.holder, task.directive === 'export' ? true : undefined),
      store.holder(task.holder),
    ]);
    const found: Subject =
      task.retention !== undefined
        ? await expiredCopies(task, task.retention, holder, lives, store)
        : task.records === undefined
          ? await subjectOf(task, holder, lives, deps)
          : await copiesAlone(task, task.records, holder, lives, store);
    const { kept = [], pages, ...subject } = found;
    const work: Work = {
      request: task.request,
      task: task._id,
      holder: task.holder,
      attempt: task.attempt,
      round: roundOf(task, holder),
      ...subject,
      purposes: [],
      ...(directiveKey === undefined ? {} : { directiveKey: Buffer.from(directiveKey, 'base64') }),
      signal,
      count: (place, n) => {
        tally.add(place, n);
      },
      told: (upTo) => {
        tally.tell(upTo);
      },
      submittedAt: task.createdAt,
      ...(task.waiting === undefined ? {} : { waiting: task.waiting }),
      confirmed: (word) => {
        tally.confirmed = word;
      },
      remains: (what) => {
        tally.remain(what);
      },
    };
    return {
      work,
      lives,
      holder,
      kept,
      changes,
      exportKey: exportKey === undefined ? undefined : Buffer.from(exportKey, 'base64'),
      ...(pages === undefined ? {} : { pages }),
    };
  });
}

const nothingKept: SweepResponse = { lives: [] };
type Lives = SweepResponse['lives'];
type Subject = Pick<
  Work,
  'lives' | 'locators' | 'locatorsUpTo' | 'replicated' | 'whole' | 'keep' | 'keepIn'
> & {
  readonly kept?: readonly string[];
  /** All places of an erasure, a page at a time; absent where the few that there are stand in the work. */
  readonly pages?: Pages;
};

/** All that the holder has of the person: by identifier, and by locator too; for a floor, apart what goes whole (R4). */
async function subjectOf(
  task: TaskDocument,
  holder: HolderDocument | null,
  lives: Lives,
  { store, log }: TaskDependencies,
): Promise<Subject> {
  const stores = holder?.replicates ?? [];
  const refs = lives.map(({ ref }) => ref);
  const { keep } = task;
  const subject = {
    // Of who was erased before only places may be left to go by.
    lives: lives
      .filter(({ value }) => value !== '')
      .map(({ ref, generation, kind, value }) => ({ ref, generation, kind, value })),
    locatorsUpTo: Math.max(0, ...lives.map(({ generation }) => generation)),
  };
  if (task.directive === 'erase' && keep === undefined) {
    const isTold =
      holder?.connector.kind === 'composite' || (holder !== null && knowsLocators(holder.connector));
    if (!isTold) return { ...subject, locators: [], replicated: {} };
    const read = (): AsyncIterable<Located> => store.copies(refs, [task.holder, ...stores]);
    return {
      ...subject,
      locators: [],
      replicated: Object.fromEntries(stores.map((id) => [id, []])),
      pages: (signal, size) =>
        pagesOf(steadily(read, { signal, log }), lives, { holder: task.holder, stores, size }),
    };
  }
  const keptRecords = keep === undefined ? undefined : await store.keptRecords(refs);
  const isKept = ({ record }: Located) => keptRecords?.has(record) === true;
  const { byHolder, ofKept, unreadable } = await openLocators(
    store.copies(refs, [task.holder, ...stores]),
    lives,
    isKept,
  );
  if (unreadable > 0) log.warn({ task: task._id, unreadable }, 'locators that their key does not open');
  const all = {
    ...subject,
    locators: [...(byHolder.get(task.holder) ?? [])],
    replicated: Object.fromEntries(stores.map((id) => [id, [...(byHolder.get(id) ?? [])]])),
  };
  if (keep === undefined) return all;
  const narrowed = {
    locators: [...(ofKept.get(task.holder) ?? [])],
    replicated: Object.fromEntries(stores.map((id) => [id, [...(ofKept.get(id) ?? [])]])),
  };
  const without = (places: readonly string[], some: readonly string[]) => {
    const those = new Set(some);
    return places.filter((one) => !those.has(one));
  };
  return {
    ...all,
    keep: keep.fields,
    ...(keep.in === undefined ? {} : { keepIn: keep.in }),
    ...withFound(narrowed, openFound(task.found ?? [], { lives, _id: task._id, holder: task.holder })),
    // A row that also holds what stays is narrowed.
    whole: {
      locators: without(all.locators, narrowed.locators),
      replicated: Object.fromEntries(
        stores.map((id) => [id, without(all.replicated[id] ?? [], narrowed.replicated[id] ?? [])]),
      ),
    },
  };
}

/** R4: with the places of rows that stay and that nobody had reported; kept before anything is narrowed. */
async function withUnreported(
  work: Work,
  {
    claim,
    connector,
    holder,
    lives,
  }: { claim: Claim; connector: Connector; holder: HolderDocument | null; lives: Lives },
  { store, random }: TaskDependencies,
): Promise<Work> {
  const { task } = claim;
  if (task.keep === undefined || holder === null || task.waiting?.step === 'probe') return work;
  const of = { lives, _id: task._id, holder: task.holder };
  const found = await findUnreported(connector, work, {
    ...of,
    connector: holder.connector,
    iv: () => random(12),
  });
  if (found.length === 0) return work;
  await store.keepFound(claim, found);
  return withFound(work, openFound(found, of));
}

/** T0: the copies of these records and nothing else, so no identifier. */
async function copiesAlone(
  { holder: id }: TaskDocument,
  records: readonly string[],
  holder: HolderDocument | null,
  lives: Lives,
  store: EraseStore,
): Promise<Subject> {
  if (holder !== null && !knowsLocators(holder.connector)) {
    const whole = 'this holder can only be told about the person as a whole';
    throw new ByHandError(
      'whole-person',
      `${whole}, for its connector (${holder.connector.kind}) takes no locators`,
    );
  }
  const reports = await store.reportsAt(
    lives.map(({ ref }) => ref),
    id,
  );
  const locators = await locatorsOf(records, reports, lives, (others) => store.withoutBasis(others, id));
  return {
    lives: [],
    locatorsUpTo: Math.max(...lives.map(({ generation }) => generation)),
    locators,
    replicated: {},
  };
}

/** Writes down what is about to go, so that its count can't be lost with the answer. */
async function lookBefore(
  claim: Claim,
  { connector, work, tally }: { connector: Connector; work: Work; tally: Tally },
  { store, log }: TaskDependencies,
): Promise<void> {
  if (connector.present === undefined) return;
  const foreseen = tally.begin(work.page ?? 0, await connector.present(work));
  if (foreseen === undefined) return;
  const waiting = { what: 'MongoDB, before a task erases,', log, signal: work.signal };
  if (!(await whileUnavailable(waiting, () => store.foresee(claim, foreseen))))
    throw new ConnectorError('lost', 'the task is somebody else’s by now');
}

async function carryOut(
  claim: Claim,
  {
    connector,
    work,
    pages,
    tally,
    changes,
  }: {
    connector: Connector;
    work: Work;
    pages: Pages | undefined;
    tally: Tally;
    changes: readonly FieldChange[];
  },
  deps: TaskDependencies,
  onProgress: (receipt: Partial<Receipt>) => void,
): Promise<Partial<Receipt>> {
  const { task } = claim;
  if (task.directive === 'correct') {
    const { unsupported } = await correctAt(connector, work, changes, (differing) => {
      onProgress({ readBack: { at: deps.now(), differing } });
    });
    return unsupported === undefined ? {} : { unsupported };
  }
  if (task.directive !== 'erase') return flag(task, connector, work, deps);
  if (task.again !== undefined) {
    await eraseAgain(task, connector, work, deps.again, onProgress);
    return {};
  }
  const works = () => worksOf(work, pages, deps.log);
  // What has been erased and only waits for the look is not erased, and counted, again.
  if (task.waiting?.step !== 'probe') {
    let isFirst = true;
    await eraseAll(connector, works(), async (one) => {
      // Where a floor narrows it, both its calls are looked at in one: most of what goes whole is found by identifier too.
      if (work.whole === undefined) await lookBefore(claim, { connector, work: one, tally }, deps);
      else if (isFirst) await lookBefore(claim, { connector, work, tally }, deps);
      isFirst = false;
    });
    onProgress({ sweptAt: deps.now() });
  }
  const found = await probeAll(connector, works());
  if (found === undefined) {
    const word = tally.confirmed ?? task.receipt?.confirmed;
    onProgress({ told: tally.told ?? { at: word?.at ?? deps.now(), identifiers: word?.identifiers ?? 0 } });
    return {};
  }
  onProgress({ probe: { at: deps.now(), found } });
  // "Deleted" counts only when a second look finds nothing.
  if (found > 0) throw new ConnectorError('still-there', `probe found ${String(found)}`);
  return {};
}

/**
 * R5: the holder's flags are made what the standing says now, whichever request brings us here. Where the
 * standing changes meanwhile, once more: so that of two tasks at the same time neither leaves an older state.
 */
async function flag(
  task: TaskDocument,
  connector: Connector,
  work: Work,
  { store }: TaskDependencies,
): Promise<Partial<Receipt>> {
  const refs = work.lives.map(({ ref }) => ref);
  for (let purposes = await store.suspendedNow(refs, task.holder); ;) {
    const { unsupported } = await connector[task.directive === 'suspend' ? 'suspend' : 'resume']({
      ...work,
      purposes,
    });
    const after = await store.suspendedNow(refs, task.holder);
    if (after.join() === purposes.join()) return unsupported === undefined ? {} : { unsupported };
    purposes = after;
  }
}

/** Of several stores one may have answered, and another not: there each attempt asks anew. */
const roundOf = ({ attempt, round = 1 }: TaskDocument, holder: HolderDocument | null | undefined): number =>
  holder?.connector.kind === 'http' ? round : attempt;

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

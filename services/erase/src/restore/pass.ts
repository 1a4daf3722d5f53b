import { setTimeout as delay } from 'node:timers/promises';
import { KeiroError, whileUnavailable, type Log } from '@keiro/runtime';
import type { PassCounts, RestoreDocument } from '@keiro/schemas';
import { afterFailure, Tally, type RetryPolicy } from '../attempt.ts';
import { ConnectorError, type Connector, type SweptLife, type Work } from '../connectors/connector.ts';
import { describeFailure, framesOf } from '../connectors/failure.ts';
import type { Connectors } from '../connectors/pool.ts';
import { planBatch, type BatchPlan } from './judge.ts';
import type { createKnowledge } from './knowledge.ts';
import type { RestoreClaim, RestoreStore } from './store.ts';

export type Pass = NonNullable<RestoreDocument['pass']>;

export interface PassDependencies {
  readonly store: Pick<RestoreStore, 'holder' | 'save'>;
  readonly knowledge: ReturnType<typeof createKnowledge>;
  readonly connectors: Connectors;
  readonly retry: RetryPolicy;
  /** A restored store serves nobody yet, but its server may serve others. */
  readonly rowsPerSecond: number;
  readonly log: Log;
  readonly now: () => Date;
  readonly onRows: (holder: string, pass: Pass['kind'], rows: number) => void;
}

/** The restore has become another worker's, or was superseded. */
export class LostRestoreError extends KeiroError {
  constructor() {
    super('lost', 'the restore is no longer ours', { retryable: false });
  }
}

/**
 * One look at every row of the restored store. A replay removes and flags as it goes, and goes on where it was cut
 * off; a check and a probe change nothing and begin again, so that what they say is of one piece. A store that fails
 * is tried again for some minutes; then its error is thrown.
 */
export async function runPass(
  claim: RestoreClaim,
  kind: Pass['kind'],
  deps: PassDependencies,
  signal: AbortSignal,
): Promise<Pass> {
  const { restore } = claim;
  const before = restore.pass;
  let pass: Pass = kind === 'replay' && before?.kind === kind ? before : beginning(kind);
  let attempt = 1;
  for (;;) {
    try {
      for await (const next of look(claim, pass, deps, signal)) {
        pass = next;
        attempt = 1;
        await keep(claim, pass, deps, signal);
      }
      return pass;
    } catch (error) {
      if (signal.aborted || error instanceof LostRestoreError) throw error;
      const at = deps.now();
      const { state, attempt: next, notBefore } = afterFailure(attempt, at, deps.retry);
      const told = { restore: restore._id, pass: kind, attempt, failure: describeFailure(error) };
      deps.log.warn({ ...told, frames: framesOf(error) }, 'a look at a restored store failed');
      if (state === 'failed') throw error;
      attempt = next;
      if (kind !== 'replay') pass = beginning(kind);
      await delay((notBefore?.getTime() ?? 0) - at.getTime(), undefined, { signal });
    }
  }
}

async function keep(
  claim: RestoreClaim,
  pass: Pass,
  deps: PassDependencies,
  signal: AbortSignal,
): Promise<void> {
  const waiting = { what: 'MongoDB, for how far a restore is,', log: deps.log, signal };
  if (!(await whileUnavailable(waiting, () => deps.store.save(claim, pass)))) throw new LostRestoreError();
}

/** Yields after every batch. */
async function* look(
  { restore }: RestoreClaim,
  from: Pass,
  deps: PassDependencies,
  signal: AbortSignal,
): AsyncGenerator<Pass> {
  const connector = await deps.connectors.of(restore.holder, await deps.store.holder(restore.holder));
  if (connector.scan === undefined)
    throw new ConnectorError('cannot-scan', 'this kind of holder cannot list its rows');
  let pass = from;
  let began = deps.now().getTime();
  const scan = { signal, ...(from.cursor === undefined ? {} : { from: from.cursor }) };
  for await (const { place, rows, after } of connector.scan(scan)) {
    const plan = planBatch(rows, await deps.knowledge(rows, restore, signal));
    const counts = sum(pass.counts, plan.counts);
    if (pass.kind === 'replay') {
      const done = await apply(restore, plan, connector, pass, signal);
      pass = { ...pass, ...done, counts, cursor: after(plan.counts.gone) };
    } else pass = { ...pass, counts };
    deps.log.debug({ restore: restore._id, place, rows: rows.length }, 'looked at');
    deps.onRows(restore.holder, pass.kind, rows.length);
    yield pass;
    const pauseMs = (rows.length / deps.rowsPerSecond) * 1000 - (deps.now().getTime() - began);
    if (pauseMs > 0) await delay(pauseMs, undefined, { signal });
    began = deps.now().getTime();
  }
}

/** Removes and flags what a batch wants, by the ways in which a task would. */
async function apply(
  restore: RestoreDocument,
  plan: BatchPlan,
  connector: Connector,
  pass: Pass,
  signal: AbortSignal,
): Promise<Pick<Pass, 'removed' | 'flagged'>> {
  const removed = new Tally();
  const flagged = new Tally();
  const work = (lives: readonly SweptLife[], purposes: readonly string[], tally: Tally): Work => ({
    request: restore._id,
    task: `${restore._id}.${restore.holder}`,
    holder: restore.holder,
    attempt: 1,
    lives,
    locators: [],
    replicated: {},
    purposes,
    signal,
    count: (place, n) => {
      tally.add(place, n);
    },
    told: (upTo) => {
      tally.tell(upTo);
    },
    remains: (what) => {
      tally.remain(what);
    },
  });
  for (const { lives, keep } of plan.erase)
    await connector.erase({
      ...work(lives, [], removed),
      ...(keep === undefined ? {} : { keep: keep.fields }),
      ...(keep?.in === undefined ? {} : { keepIn: keep.in }),
    });
  for (const { purposes, lives } of plan.flag)
    await connector[purposes.length === 0 ? 'resume' : 'suspend'](work(lives, purposes, flagged));
  const added = (tally: Tally, detail: Pass['removed']) => tally.addedTo({ affected: 0, detail }).detail;
  return { removed: added(removed, pass.removed), flagged: added(flagged, pass.flagged) };
}

const beginning = (kind: Pass['kind']): Pass => ({
  kind,
  counts: { rows: 0, gone: 0, flags: 0, unjudged: 0 },
  removed: {},
  flagged: {},
});

const sum = (a: PassCounts, b: PassCounts): PassCounts => ({
  rows: a.rows + b.rows,
  gone: a.gone + b.gone,
  flags: a.flags + b.flags,
  unjudged: a.unjudged + b.unjudged,
});

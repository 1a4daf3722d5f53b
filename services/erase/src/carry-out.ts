import { whileUnavailable } from '@keiro/runtime';
import type { FieldChange, Receipt, TaskDocument } from '@keiro/schemas';
import { eraseAgain } from './again.ts';
import type { Tally } from './attempt.ts';
import type { Claim } from './claims.ts';
import { ConnectorError, type Connector, type Work } from './connectors/connector.ts';
import { correctAt } from './fields.ts';
import { eraseAll, probeAll } from './keeping.ts';
import { worksOf, type Pages } from './pages.ts';
import type { TaskDependencies } from './task-dependencies.ts';

/* What a directive comes to at a connector. */

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

export async function carryOut(
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

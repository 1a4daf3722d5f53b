import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@keiro/runtime';
import type { Life, Receipt, Ref, TaskDocument } from '@keiro/schemas';
import { ConnectorError, type Connector, type SweptLife, type Work } from './connectors/connector.ts';
import type { Known } from './restore/judge.ts';
import { judgeRow } from './restore/judge.ts';
import type { createKnowledge } from './restore/knowledge.ts';
import { ByHandError } from './returned.ts';

/*
 * Invariant 6: a holder has again what was erased. By then nobody knows the person's identifiers or where the copy is:
 * both went with the keys. So the holder lists what it has, `keys` says whose each row is, and what is of the erased lives
 * goes: what the gate does after a restore, for the lives of one request.
 */

export interface AgainDependencies {
  /** As of a restore, but that nothing was swept here since the holder was proven empty. */
  readonly knowledge: ReturnType<typeof createKnowledge>;
  readonly livesOf: (request: string) => Promise<readonly Life[]>;
  /** The holder is at work meanwhile. */
  readonly rowsPerSecond: number;
  readonly log: Log;
  readonly now: () => Date;
}

/** Erases what is there again, and looks a second time. Throws {@link ByHandError} where only a person can. */
export async function eraseAgain(
  task: TaskDocument,
  connector: Connector,
  work: Work,
  deps: AgainDependencies,
  onProgress: (receipt: Partial<Receipt>) => void,
): Promise<void> {
  const own = new Set((await deps.livesOf(task.request)).map(({ ref }) => ref));
  await lookThrough(own, connector, work, deps, (lives) => connector.erase({ ...work, lives }));
  onProgress({ sweptAt: deps.now() });
  const { gone: found, others } = await lookThrough(own, connector, work, deps);
  onProgress({ probe: { at: deps.now(), found } });
  if (others > 0)
    deps.log.warn(
      { holder: task.holder, rows: others },
      'the holder has rows of other erased persons: if it was restored, declare that with keiro dr restore-check',
    );
  if (found > 0) throw new ConnectorError('still-there', `probe found ${String(found)}`);
}

/** Every row once. `erase` is called with one life for each that goes, as often as it is found. */
async function lookThrough(
  own: ReadonlySet<Ref>,
  connector: Connector,
  { holder, signal }: Work,
  deps: AgainDependencies,
  erase?: (lives: readonly SweptLife[]) => Promise<void>,
): Promise<{ readonly gone: number; readonly others: number }> {
  if (connector.scan === undefined)
    throw new ByHandError(
      'cannot-list',
      'the person’s identifiers went with the keys, and this kind of holder cannot list what it has',
    );
  const counts = { gone: 0, others: 0 };
  let began = deps.now().getTime();
  for await (const { rows, after } of connector.scan({ signal })) {
    const known = await deps.knowledge(rows, { holder, watermark: deps.now() }, signal);
    const { gone, others, undecided } = sort(rows, known, own);
    if (undecided > 0)
      throw new ByHandError(
        'registered-anew',
        'the person has registered anew, and the rows of this holder do not say of which life they are',
      );
    // One call for each generation: the connector spares rows later than the newest of a call.
    if (erase !== undefined) {
      for (const lives of byGeneration(gone)) await erase(lives);
      after(gone.length);
    }
    counts.gone += gone.length;
    counts.others += others;
    const pauseMs = (rows.length / deps.rowsPerSecond) * 1000 - (deps.now().getTime() - began);
    if (pauseMs > 0) await delay(pauseMs, undefined, { signal });
    began = deps.now().getTime();
  }
  return counts;
}

type Rows = Parameters<typeof judgeRow>[0][];

/** Rows of the lives that were erased by this request, of others that were, and those that may be of a later life. Pure. */
export function sort(
  rows: Readonly<Rows>,
  known: Known,
  own: ReadonlySet<Ref>,
): { readonly gone: readonly SweptLife[]; readonly others: number; readonly undecided: number } {
  const gone: SweptLife[] = [];
  let others = 0;
  let undecided = 0;
  for (const row of rows) {
    const verdict = judgeRow(row, known);
    if (verdict.is === 'gone') {
      if (own.has(verdict.by.ref)) gone.push(verdict.by);
      else others += 1;
    } else if (row.generation === undefined && isOfAnyLife(row, known, own)) undecided += 1;
  }
  return { gone, others, undecided };
}

const isOfAnyLife = ({ identifiers }: Rows[number], known: Known, own: ReadonlySet<Ref>): boolean =>
  identifiers.some((identifier) => {
    const ref = known(identifier);
    return ref !== undefined && own.has(ref.ref) && ref.goneThrough > 0;
  });

function byGeneration(lives: readonly SweptLife[]): Iterable<SweptLife[]> {
  const groups = new Map<number, Map<string, SweptLife>>();
  for (const life of lives) {
    const group = groups.get(life.generation) ?? new Map<string, SweptLife>();
    groups.set(life.generation, group.set(`${life.ref}\n${life.value}`, life));
  }
  return [...groups.values()].map((group) => [...group.values()]);
}

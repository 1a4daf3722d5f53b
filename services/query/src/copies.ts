import type { CopyDocument, CopyState, LineageCopy, SnapshotDocument, TaskDocument } from '@keiro/schemas';
import { groupBy } from '@keiro/runtime/group-by';
import { snapshotsWith, type SnapshotSeries } from './snapshots.ts';

/** What has a record's copies erased, with the task at each holder. */
export interface Erasure {
  /** The deletion that covers the record's life; none where single copies go back only. */
  readonly request?: string;
  readonly isDone: boolean;
  readonly tasks: ReadonlyMap<string, TaskDocument>;
}

/**
 * Every copy of one record: those that holders reported, then those that follow from snapshots (T3). Pure.
 *
 * @param facts all custody facts about this record
 */
export function copiesOf(
  facts: readonly CopyDocument[],
  series: readonly SnapshotSeries[],
  erasure: Erasure | undefined,
  now: Date,
  /** A law keeps something of the record, at the holders that have that to do (R4). */
  isKept = false,
): LineageCopy[] {
  const byHolder = groupBy(facts, (fact) => fact.holder);
  const copies = [
    ...[...byHolder].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, own]) => reported(own, erasure, isKept)),
    ...series.map((one) => {
      const span = heldSpan(byHolder.get(one.store) ?? [], erasure?.tasks.get(one.store));
      return span === undefined ? undefined : derived(one, span, erasure, now, isKept);
    }),
  ];
  return copies.filter((copy) => copy !== undefined);
}

/** When the holder's own probe found nothing left; undefined while that is not proven (invariant 5). */
export function provenGone(task: TaskDocument | undefined): Date | undefined {
  return task?.state === 'done' && task.receipt?.probe?.found === 0 ? task.receipt.probe.at : undefined;
}

/** When a holder at which nobody can look took the deletion: told, no control (G1). */
export function toldAt(task: TaskDocument | undefined): Date | undefined {
  return task?.state === 'done' && task.directive === 'erase' ? task.receipt?.told?.at : undefined;
}

/**
 * The fact that counts. Having been refused another delivery says nothing about a copy that was delivered
 * before, so `withheld` counts only alone; a removal outweighs a copy of the same instant.
 */
export function decisive(facts: readonly CopyDocument[]): CopyDocument | undefined {
  const rank = { withheld: 0, held: 1, removed: 2 } as const;
  return facts.reduce<CopyDocument | undefined>((best, fact) => {
    if (best === undefined || best.action === 'withheld') return fact;
    if (fact.action === 'withheld') return best;
    const later = fact.at.getTime() - best.at.getTime() || rank[fact.action] - rank[best.action];
    return later > 0 ? fact : best;
  }, undefined);
}

/** Of what is kept the holder's proof says that nothing else is there: that is not erased. */
function provenState(
  task: TaskDocument | undefined,
  isKept: boolean,
): { readonly state: 'erased' } | { readonly state: 'kept'; readonly until?: string } {
  if (!isKept || task?.keep === undefined) return { state: 'erased' };
  const { until } = task.keep;
  return { state: 'kept', ...(until === undefined ? {} : { until: until.toISOString() }) };
}

function reported(
  facts: readonly CopyDocument[],
  erasure: Erasure | undefined,
  isKept: boolean,
): LineageCopy | undefined {
  const fact = decisive(facts);
  if (fact === undefined) return undefined;
  const { holder, action, purpose, groups } = fact;
  const copy = (state: CopyState, at: Date, more: Partial<LineageCopy> = {}): LineageCopy => ({
    holder,
    state,
    at: at.toISOString(),
    purpose,
    groups: [...groups],
    ...more,
  });

  const task = erasure?.tasks.get(holder);
  if (erasure === undefined || task === undefined) return copy(action, fact.at);
  const { request } = task;
  const gone = provenGone(task);
  // What never came is not on its way out, and comes no more once its person is erased.
  if (action === 'withheld')
    return gone === undefined ? copy('withheld', fact.at) : copy('erased', gone, { request });
  const told = toldAt(task);
  if (gone === undefined && told !== undefined) {
    if (action === 'removed') return copy('removed', fact.at);
    return fact.at > told
      ? copy('held', fact.at, { request, afterErasure: true })
      : copy('told', told, { request });
  }
  if (gone === undefined) {
    return action === 'removed' ? copy('removed', fact.at) : copy('erasing', task.createdAt, { request });
  }
  if (action === 'held' && fact.at > gone) return copy('held', fact.at, { request, afterErasure: true });
  const { state, ...more } = provenState(task, isKept);
  return copy(state, gone, { request, ...more });
}

export interface Span {
  readonly heldAt: Date;
  readonly goneAt?: Date;
}

/** From when until when the store had its copy, as far as is known. */
function heldSpan(facts: readonly CopyDocument[], task: TaskDocument | undefined): Span | undefined {
  const held = facts.find((fact) => fact.action === 'held');
  const last = decisive(facts);
  if (held === undefined || last === undefined) return undefined;
  const gone = provenGone(task);
  const heldAt = held.at;
  if (last.action === 'removed')
    return { heldAt, goneAt: gone !== undefined && gone < last.at ? gone : last.at };
  return gone === undefined || heldAt > gone ? { heldAt } : { heldAt, goneAt: gone };
}

/** The copy that the snapshots of one series have of what the store held for a time; undefined where none took it. */
export function derived(
  series: SnapshotSeries,
  span: Span,
  erasure: Erasure | undefined,
  now: Date,
  isKept = false,
): LineageCopy | undefined {
  const taken = snapshotsWith(series, span.heldAt, span.goneAt);
  const longest = taken.reduce<SnapshotDocument | undefined>(
    (best, one) => (best === undefined || endOf(one) >= endOf(best) ? one : best),
    undefined,
  );
  if (longest === undefined) return undefined;
  const { holder, store, mutable } = series;
  const copy = (state: CopyState, at: Date, more: Partial<LineageCopy> = {}): LineageCopy => ({
    holder,
    state,
    at: at.toISOString(),
    ...(longest.expiresAt === undefined ? {} : { until: longest.expiresAt.toISOString() }),
    derivedFrom: { store, snapshot: longest.snapshot, watermark: longest.watermark.toISOString(), mutable },
    ...more,
  });

  const expired = longest.expiresAt !== undefined && longest.expiresAt <= now ? longest.expiresAt : undefined;
  const request = erasure?.request === undefined ? {} : { request: erasure.request };
  const task = erasure?.tasks.get(holder);
  if (!mutable) {
    // Single rows can't be deleted from an image: it holds them until it expires, whatever a task says.
    if (expired === undefined) return copy('held', longest.takenAt, request);
    // Later ones have what the store still keeps.
    const left = provenState(task, isKept);
    return left.state === 'kept'
      ? copy(left.state, expired, { ...request, ...left })
      : copy('removed', expired);
  }

  const gone = provenGone(task);
  // A replica is overwritten by the next snapshot: what was gone from the store by then is gone from it too.
  const newest = series.snapshots.at(-1);
  const overwritten = newest === undefined || newest === longest ? undefined : newest.takenAt;
  if (gone !== undefined) {
    const { state, ...more } = provenState(task, isKept);
    if (longest.takenAt <= gone) return copy(state, gone, { ...request, ...more });
    // A snapshot that began before the store was swept and ended after the site was probed: it may be back.
    return overwritten === undefined
      ? copy('held', longest.takenAt, { ...request, afterErasure: true })
      : copy(state, overwritten, { ...request, ...more });
  }
  if (overwritten !== undefined) return copy('removed', overwritten);
  if (expired !== undefined) return copy('removed', expired);
  return task === undefined ? copy('held', longest.takenAt) : copy('erasing', task.createdAt, request);
}

const endOf = (snapshot: SnapshotDocument) => snapshot.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;

import { whileUnavailable } from '@keiro/runtime';
import {
  knowsLocators,
  type FieldChange,
  type HolderDocument,
  type SweepResponse,
  type TaskDocument,
} from '@keiro/schemas';
import type { Tally } from './attempt.ts';
import type { Claim } from './claims.ts';
import type { Connector, Work } from './connectors/connector.ts';
import { expiredCopies } from './expired.ts';
import { findUnreported, openFound, withFound } from './keeping.ts';
import { openLocators, type Located } from './locators.ts';
import { pagesOf, steadily, type Pages } from './pages.ts';
import { ByHandError, locatorsOf } from './returned.ts';
import type { EraseStore } from './store.ts';
import type { TaskDependencies } from './task-dependencies.ts';

/* What an attempt is about: whom, where, and what stays. */

/** Identifiers and locators in clear, in memory for this attempt. Our own servers being down is no failed attempt. */
export async function prepare(
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
export async function withUnreported(
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

/** Of several stores one may have answered, and another not: there each attempt asks anew. */
export const roundOf = (
  { attempt, round = 1 }: TaskDocument,
  holder: HolderDocument | null | undefined,
): number => (holder?.connector.kind === 'http' ? round : attempt);

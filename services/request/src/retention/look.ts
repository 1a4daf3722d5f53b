import { listsOf } from '@keiro/runtime';
import { groupBy } from '@keiro/runtime/group-by';
import {
  dayInJapan,
  daysLater,
  dueDay,
  dueOn,
  knownOf,
  lifeKey,
  type DueDocument,
  type KnownOfPerson,
  type Policies,
  type RecordDocument,
  type Ref,
  type RetentionWait,
} from '@keiro/schemas';
import { dueOf } from '../decide.ts';
import { dueRecords, type Narrowing, type RecordFate } from './decide.ts';
import type { LookStore } from './look-store.ts';
import type { Goes } from './make.ts';
import { planBatch, type Plan, type Waiting } from './plan.ts';
import { planRest } from './rest.ts';

/** After how many days a record that waits is looked at again. */
const againAfter: Record<RetentionWait, number> = {
  hold: 1,
  deletion: 1,
  'whole-person': 7,
  'shared-row': 7,
  'unknown-holder': 7,
  'unknown-policy': 7,
  'open-floor': 30,
  review: 30,
};

/** What a look at days that are due came to, written nowhere yet. */
export interface Look {
  /** Records that were looked at. */
  readonly looked: number;
  /** Looked at, and gone already. */
  readonly missing: number;
  readonly fates: readonly RecordFate[];
  readonly goes: readonly Goes[];
  readonly waiting: readonly Waiting[];
  /** When to look again at what stays. */
  readonly later: readonly DueDocument[];
}

export interface LookDependencies {
  readonly store: Omit<LookStore, 'create'>;
  readonly policies: Policies;
  /** Asked once a look. */
  readonly narrowing: () => Promise<Narrowing>;
  /** Records of one request, at most. */
  readonly batchRecords: number;
}

const nothingKnown = knownOf([]);

/** Looks at all that these days name, and says what becomes of it. Reads only. */
export async function lookAt(due: readonly DueDocument[], deps: LookDependencies, now: Date): Promise<Look> {
  const { store, policies } = deps;
  const ids = new Set(due.flatMap((one) => one.records));
  const refs = new Set(due.flatMap((one) => one.refs));
  const [byId, byRef] = await Promise.all([store.records([...ids]), store.recordsUnder([...refs])]);
  const records = [...new Map([...byId, ...byRef].map((record) => [record._id, record])).values()];
  const known: ReadonlyMap<Ref, KnownOfPerson> = await store.known(records);
  const knownOfRecord = ({ ref }: RecordDocument) => known.get(ref) ?? nothingKnown;
  const fates = dueRecords(records, knownOfRecord, policies, await deps.narrowing(), now);
  const day = due.map((one) => one.day).sort()[0] ?? '';
  const plans = await plansFor(fates, day, deps, now);
  const waiting = plans.flatMap((plan) => plan.waiting);
  return {
    looked: records.length,
    missing: ids.size - byId.length,
    fates,
    goes: plans.flatMap(({ goes }) => goes ?? []),
    waiting,
    later: laterOf(fates, waiting, refs, now),
  };
}

/** `anew`: the same records may have gone before, and there are copies of them again. */
export async function plansFor(
  fates: readonly RecordFate[],
  day: string,
  { store, policies, batchRecords }: Omit<LookDependencies, 'narrowing'>,
  now: Date,
  anew = false,
): Promise<Plan[]> {
  // No law sets a day beyond "without delay" (APPI 22); R7's clock keeps it in sight.
  const answerBy = dueOf(now, policies.inForce(now).rules.clocks.answer.period);
  const ended = fates.filter(({ over }) => over.length > 0);
  const rests = await restsFor(
    ended.filter(({ record }) => record.kept !== undefined),
    day,
    store,
    now,
    answerBy,
  );
  const candidates = ended.filter(({ record }) => record.kept === undefined);
  if (candidates.length === 0) return rests;
  const refs = [...new Set(candidates.map(({ record }) => record.ref))];
  const [copies, holders, endings] = await Promise.all([
    store.copies(refs),
    store.holders(),
    store.endings(refs),
  ]);
  const lives = candidates.map(({ record }) => record);
  const isUnderWay = ({ ref, generation }: RecordDocument) =>
    endings.open.has(ref) && generation <= (endings.hiddenThrough.get(ref) ?? 0);
  const beingErased = new Set(lives.filter(isUnderWay).map(lifeKey));
  const erased = new Set(
    lives
      .filter((one) => one.generation <= (endings.erasedThrough.get(one.ref) ?? 0) && !isUnderWay(one))
      .map(lifeKey),
  );
  const copiesOf = groupBy(copies, ({ ref }) => ref);
  const isWaiting = ({ record }: RecordFate) => beingErased.has(lifeKey(record));
  const batches = batchesOf(candidates, batchRecords).map((some) => {
    const own = new Set(some);
    const ownLives = new Set(some.map(({ record }) => lifeKey(record)));
    const beside = candidates.filter(
      (fate) => ownLives.has(lifeKey(fate.record)) && !own.has(fate) && !isWaiting(fate),
    );
    const theirs = [...new Set(some.map(({ record }) => record.ref))].flatMap(
      (ref) => copiesOf.get(ref) ?? [],
    );
    return planBatch(
      { fates: some, beside, copies: theirs, holders, erased, beingErased, day, anew },
      now,
      answerBy,
    );
  });
  return [...rests, ...batches];
}

/** What deletions had kept for floors that have ended, each by itself. */
async function restsFor(
  ended: readonly RecordFate[],
  day: string,
  store: LookDependencies['store'],
  now: Date,
  answerBy: Date,
): Promise<Plan[]> {
  const byDeletion = groupBy(ended, ({ record }) => record.kept?.request ?? '');
  const plans: Plan[] = [];
  for (const [deletion, fates] of byDeletion) {
    const of = await store.kept(deletion);
    if (of === undefined) {
      plans.push({ waiting: fates.map(({ record }) => ({ record: record._id, wait: 'deletion' })) });
      continue;
    }
    const [copies, holders] = await Promise.all([
      store.copies(of.deletion.lives.map(({ ref }) => ref)),
      store.holders(),
    ]);
    plans.push(planRest({ of, fates, copies, holders, day }, now, answerBy));
  }
  return plans;
}

/**
 * As many records at once. A life is in one batch, because what a holder has of a person is looked at as a whole, unless
 * it has more than that: then it fills several, one after another. Pure.
 */
export function batchesOf(fates: readonly RecordFate[], size: number): RecordFate[][] {
  const batches: RecordFate[][] = [];
  let batch: RecordFate[] = [];
  for (const life of groupBy(fates, ({ record }) => lifeKey(record)).values()) {
    if (batch.length > 0 && batch.length + life.length > size) {
      batches.push(batch);
      batch = [];
    }
    for (const part of listsOf(life, size)) {
      if (batch.length + part.length > size) {
        batches.push(batch);
        batch = [];
      }
      batch.push(...part);
    }
  }
  return batch.length === 0 ? batches : [...batches, batch];
}

/** When what stays is looked at again: on the day something ends by itself, or after what it waits for may be over. Pure. */
export function laterOf(
  fates: readonly RecordFate[],
  waiting: readonly Waiting[],
  wholeRefs: ReadonlySet<Ref>,
  now: Date,
): DueDocument[] {
  const today = dayInJapan(now);
  const after = (wait: RetentionWait) => daysLater(today, againAfter[wait]);
  const waits = new Map(waiting.map((one) => [one.record, one]));
  const byKey = new Map<string, { day: string; records: string[]; refs: Ref[]; wait?: Waiting }>();
  const add = (day: string, record: RecordDocument, wait?: Waiting, isWhole = false) => {
    const key = `${day}|${wait?.wait ?? ''}|${wait?.holder ?? ''}`;
    const there = byKey.get(key) ?? { day, records: [], refs: [], ...(wait === undefined ? {} : { wait }) };
    if (isWhole) there.refs.push(record.ref);
    else there.records.push(record._id);
    byKey.set(key, there);
  };
  for (const { record, verdict, next, wait } of fates) {
    const blocked = waits.get(record._id);
    if (blocked?.wait === 'whole-person') {
      // First all that there is of this person is looked at together: perhaps all of it has ended.
      if (wholeRefs.has(record.ref)) add(after('whole-person'), record, blocked, true);
      else add(today, record, undefined, true);
    } else if (blocked !== undefined) add(after(blocked.wait), record, blocked);
    else if (verdict === 'erase') continue;
    else if (wait !== undefined) add(after(wait), record, { record: record._id, wait });
    else if (next !== undefined) add(dueDay(next), record);
    else add(daysLater(today, 30), record);
  }
  return [...byKey.values()].flatMap(({ day, records, refs, wait }) =>
    dueOn(day, {
      records,
      refs,
      ...(wait === undefined ? {} : { wait: wait.wait }),
      ...(wait?.holder === undefined ? {} : { holder: wait.holder }),
    }),
  );
}

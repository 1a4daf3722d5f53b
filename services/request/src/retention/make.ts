import {
  lifeKey,
  retentionId,
  taskId,
  type AuditEntry,
  type Holder,
  type Life,
  type RequestDocument,
  type RetentionBatchDocument,
  type SealedPlace,
  type TaskDocument,
} from '@keiro/schemas';
import { countBy, isOver, type Copies } from './copies.ts';
import type { RecordFate } from './decide.ts';

/** The documents of one batch. The request comes last: whoever finds no request writes all of them again. */
export interface Goes {
  readonly request: RequestDocument;
  readonly tasks: readonly TaskDocument[];
  readonly batch: RetentionBatchDocument;
  readonly audit: AuditEntry;
}

/** What one holder is told. */
export interface Told {
  readonly records: readonly string[];
  readonly whole: readonly Life[];
  readonly alone: boolean;
}

export interface MakeInput {
  readonly day: string;
  readonly going: readonly RecordFate[];
  readonly copies: Copies;
  readonly told: ReadonlyMap<string, Told>;
  readonly notOurs: number;
  readonly holders: readonly Pick<Holder, 'id' | 'kind' | 'categories'>[];
  readonly erased: ReadonlySet<string>;
}

/** Undefined where nothing goes: no record as a whole, and no copy of one that stays. Pure. */
export function makeRequest(input: MakeInput, now: Date, answerBy: Date): Goes | undefined {
  const { going, copies } = input;
  const whole = going.filter(({ verdict }) => verdict === 'erase');
  const parts = going.flatMap((fate) => {
    const those = copies.heldOf(fate.record._id).filter((copy) => isOver(copy, fate));
    return fate.verdict === 'partially' && those.length > 0 ? [{ fate, those }] : [];
  });
  const moved = [...whole, ...parts.map(({ fate }) => fate)].map(({ record }) => record);
  if (moved.length === 0) return undefined;
  const _id = retentionId(moved.map((record) => record._id));
  const lives = new Map<string, Life>(
    moved.map(({ ref, generation }) => [lifeKey({ ref, generation }), { ref, generation }]),
  );
  const retention = {
    day: input.day,
    records: moved.length,
    lives: lives.size,
    byCategory: countBy(moved.map(({ category }) => category)),
    notOurs: input.notOurs,
    unreported: unreported(whole, input),
  };
  const tasks = [...input.told].map(([holder, told]) => taskFor(_id, holder, told, now));
  return {
    request: {
      _id,
      type: 'retention',
      lives: [],
      ambiguous: [],
      purposes: [],
      retention,
      ground: 'law',
      state: 'accepted',
      receivedAt: now,
      dueAt: answerBy,
      steps: [],
      by: 'request',
    },
    tasks,
    batch: {
      _id,
      lives: [...lives.values()],
      records: whole.map(({ record }) => record._id),
      copies: [
        ...whole.flatMap(({ record }) => copies.of(record._id)),
        ...parts.flatMap(({ those }) => those),
      ].map((copy) => copy._id),
      places: placesOf(going, input),
    },
    audit: {
      _id: `${_id}/accepted`,
      at: now,
      by: 'request',
      action: 'request.accepted',
      request: _id,
      detail: { type: 'retention', ...retention, holders: tasks.map(({ holder }) => holder) },
    },
  };
}

/** Of holders that are told of copies alone, and hold nothing else of these persons that has to be looked at. */
function placesOf(
  going: readonly RecordFate[],
  { copies, told, erased }: MakeInput,
): NonNullable<RetentionBatchDocument['places']> {
  const places: Record<string, SealedPlace[]> = {};
  for (const [holder, { alone, whole }] of told) if (alone && whole.length === 0) places[holder] = [];
  for (const fate of going) {
    if (erased.has(lifeKey(fate.record))) continue;
    for (const copy of copies.heldOf(fate.record._id)) {
      const { record, ref, generation, locator } = copy;
      if (locator !== undefined && isOver(copy, fate))
        places[copy.holder]?.push({ record, ref, generation, locator });
    }
  }
  return places;
}

function taskFor(request: string, holder: string, { records, whole, alone }: Told, now: Date): TaskDocument {
  return {
    _id: taskId(request, holder),
    request,
    holder,
    directive: 'erase',
    purposes: [],
    records,
    retention: { alone, whole },
    state: 'pending',
    attempt: 1,
    errors: [],
    createdAt: now,
  };
}

/** Holders that are registered for a category and reported no copy of a record of it, with how many. */
function unreported(
  whole: readonly RecordFate[],
  { copies, holders, erased }: MakeInput,
): Record<string, number> {
  const ours = holders.filter(({ kind }) => kind !== 'third-party' && kind !== 'dr-site');
  const silent: string[] = [];
  for (const { record } of whole) {
    if (erased.has(lifeKey(record))) continue;
    const reported = new Set(copies.of(record._id).map(({ holder }) => holder));
    for (const { id, categories } of ours)
      if (categories.includes(record.category) && !reported.has(id)) silent.push(id);
  }
  return countBy(silent);
}

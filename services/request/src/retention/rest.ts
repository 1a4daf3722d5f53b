import { knowsLocators, type Holder, type RequestDocument } from '@keiro/schemas';
import { createCopies, type Copies, type KnownCopy } from './copies.ts';
import type { RecordFate } from './decide.ts';
import { makeRequest, type Told } from './make.ts';
import type { Plan, Waiting } from './plan.ts';

/** A deletion that keeps something for floors, and the records of which it does. */
export interface Kept {
  readonly deletion: Pick<RequestDocument, '_id' | 'lives' | 'kept' | 'state'>;
  readonly records: readonly string[];
}

export interface RestInput {
  readonly of: Kept;
  /** Of its records those that are looked at. */
  readonly fates: readonly RecordFate[];
  /** All reports about its persons' records. */
  readonly copies: readonly KnownCopy[];
  readonly holders: readonly Pick<Holder, 'id' | 'kind' | 'categories' | 'connector' | 'replicates'>[];
  readonly day: string;
}

/**
 * What a floor had kept of an erased person goes when the floor has ended (R4): one request for each deletion, so that
 * what holders answer is this person's alone. Only holders that kept something are asked, by the places of its copies;
 * with the last record everybody who kept anything is, so that nothing stays that nobody had reported. Pure.
 */
export function planRest(
  { of, fates, copies: all, holders, day }: RestInput,
  now: Date,
  answerBy: Date,
): Plan {
  const { deletion } = of;
  const over = fates.filter(({ verdict }) => verdict === 'erase');
  if (over.length === 0) return { waiting: [] };
  const waitFor = (wait: Waiting['wait'], holder?: string): Plan => ({
    waiting: over.map(({ record }) => ({
      record: record._id,
      wait,
      ...(holder === undefined ? {} : { holder }),
    })),
  });
  // Its holders are at it, or a person is: first they have to be done.
  if (deletion.state !== 'done') return waitFor('deletion');
  const copies = createCopies(all);
  const holderOf = new Map(holders.map((holder) => [holder.id, holder]));
  const keepers = [...new Set((deletion.kept ?? []).flatMap((one) => one.holders))].sort();
  const stranger = keepers.find((id) => !holderOf.has(id));
  if (stranger !== undefined) return waitFor('unknown-holder', stranger);

  const going = new Set(over.map(({ record }) => record._id));
  const isLast = of.records.every((record) => going.has(record));
  const waiting: Waiting[] = [];
  const told = new Map<string, Told>();
  for (const id of keepers) {
    const holder = holderOf.get(id);
    if (holder === undefined) continue;
    const at = [id, ...(holder.kind === 'dr-site' ? (holder.replicates ?? []) : [])];
    const own = over.filter(({ record }) =>
      copies.heldOf(record._id).some((copy) => at.includes(copy.holder)),
    );
    const hidden = own.filter(({ record }) => !isFoundAt(record._id, holder, at, copies));
    // It can be told about the person only, and something is still to stay.
    if (!isLast)
      for (const { record } of hidden) waiting.push({ record: record._id, wait: 'whole-person', holder: id });
    if (isLast || own.length > 0)
      told.set(id, {
        records: own.map(({ record }) => record._id),
        whole: isLast ? deletion.lives : [],
        alone: false,
      });
  }
  if (waiting.length > 0) {
    // What the others wait for too: a record goes everywhere at once, or nowhere.
    const blocked = new Set(waiting.map(({ record }) => record));
    const rest = fates.filter(({ record }) => !blocked.has(record._id));
    const others = planRest({ of, fates: rest, copies: all, holders, day }, now, answerBy);
    return { ...others, waiting: [...others.waiting, ...waiting] };
  }
  const made = makeRequest(
    { day, going: over, copies, told, notOurs: 0, holders: [], erased: new Set() },
    now,
    answerBy,
  );
  if (made === undefined) return { waiting: [] };
  const { request, tasks, batch, audit } = made;
  const rest = { deletion: deletion._id, last: isLast };
  return {
    waiting: [],
    goes: {
      request: {
        ...request,
        ...(request.retention === undefined
          ? {}
          : { retention: { ...request.retention, rest: deletion._id } }),
      },
      tasks: tasks.map((task) => ({
        ...task,
        ...(task.retention === undefined ? {} : { retention: { ...task.retention, rest } }),
      })),
      // Where its copies are may be sealed under any of them.
      batch: { ...batch, lives: [...deletion.lives] },
      audit: { ...audit, detail: { ...audit.detail, rest: deletion._id } },
    },
  };
}

/** Whether the holder can be told about this copy alone. */
function isFoundAt(
  record: string,
  { kind, connector }: RestInput['holders'][number],
  at: readonly string[],
  copies: Copies,
): boolean {
  const knows = kind === 'dr-site' || knowsLocators(connector);
  return (
    knows &&
    copies
      .heldOf(record)
      .filter((copy) => at.includes(copy.holder))
      .every(({ locator }) => locator !== undefined)
  );
}

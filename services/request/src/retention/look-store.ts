import { findMany, insertNew, loadPersons, toAuditDocument } from '@keiro/runtime';
import {
  knownOf,
  type AuditDocument,
  type CopyDocument,
  type FactDocument,
  type HolderDocument,
  type KnownOfPerson,
  type RecordDocument,
  type Ref,
  type RequestDocument,
  type RetentionBatchDocument,
  type StandingDocument,
  type TaskDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import type { KnownCopy } from './copies.ts';
import type { Goes } from './make.ts';
import { openStates } from '../store.ts';

/** What a look at due records reads, and what it makes of them. */
export interface LookStore {
  records(ids: readonly string[]): Promise<RecordDocument[]>;
  recordsUnder(refs: readonly Ref[]): Promise<RecordDocument[]>;
  /** What is known of the persons of these records that may move their ends, by primary ref. */
  known(records: readonly RecordDocument[]): Promise<ReadonlyMap<Ref, KnownOfPerson>>;
  copies(refs: readonly Ref[]): Promise<KnownCopy[]>;
  holders(): Promise<HolderDocument[]>;
  /** Of these refs: through which generation they are erased, and which have a deletion under way. */
  endings(refs: readonly Ref[]): Promise<{
    readonly erasedThrough: ReadonlyMap<Ref, number>;
    readonly hiddenThrough: ReadonlyMap<Ref, number>;
    readonly open: ReadonlySet<Ref>;
  }>;
  /** Writes the documents of a batch, each once. */
  create(goes: Goes): Promise<void>;
}

const nothingKnown = knownOf([]);

export function openLookStore(db: Db): LookStore {
  const records = db.collection<RecordDocument>('records');
  const copies = db.collection<CopyDocument>('copies');

  return {
    records: (ids) => findMany(records, '_id', ids),
    recordsUnder: (refs) => findMany(records, 'ref', refs),

    // Only what has an open start depends on it: for all others this asks nothing.
    async known(some) {
      const open = some.filter(({ groups }) => groups.some(({ end }) => end === undefined));
      const starts = [...new Set(open.map(({ ref }) => ref))];
      const byRef = new Map<Ref, KnownOfPerson>(some.map(({ ref }) => [ref, nothingKnown]));
      if (starts.length === 0) return byRef;
      const persons = await loadPersons(db, starts);
      const refsOf = new Map(
        starts.map((ref) => {
          const person = persons.get(ref);
          // A ref that members share is nobody's: what closed one's account ends nothing of another's.
          return [ref, person === undefined || person.startIsAmbiguous ? [ref] : person.refs] as const;
        }),
      );
      const all = [...new Set([...refsOf.values()].flat())];
      const [facts, times] = await Promise.all([
        findMany(db.collection<FactDocument>('facts'), 'ref', all),
        findMany(records, 'ref', all, { ref: 1, time: 1 }),
      ]);
      for (const [ref, refs] of refsOf) {
        const own = new Set(refs);
        const newest = times.filter((one) => own.has(one.ref)).map(({ time }) => time.getTime());
        const theirs = facts.filter((fact) => own.has(fact.ref));
        byRef.set(ref, knownOf(theirs, newest.length === 0 ? undefined : new Date(maximum(newest))));
      }
      return byRef;
    },

    copies: (refs) =>
      findMany(copies, 'ref', refs, {
        record: 1,
        holder: 1,
        action: 1,
        at: 1,
        groups: 1,
        ref: 1,
        generation: 1,
        locator: 1,
      }),

    holders: () => db.collection<HolderDocument>('holders').find().toArray(),

    async endings(refs) {
      const standings = await findMany(db.collection<StandingDocument>('standing'), '_id', refs, {
        erasedThrough: 1,
        hiddenThrough: 1,
      });
      const hidden = standings.filter(({ hiddenThrough }) => hiddenThrough > 0).map(({ _id }) => _id);
      const deletions = await findMany(db.collection<RequestDocument>('requests'), 'lives.ref', hidden, {
        type: 1,
        state: 1,
        lives: 1,
      });
      const underWay = deletions.filter(
        ({ type, state }) => type === 'deletion' && openStates.includes(state),
      );
      return {
        erasedThrough: new Map(standings.map(({ _id, erasedThrough }) => [_id, erasedThrough])),
        hiddenThrough: new Map(standings.map(({ _id, hiddenThrough }) => [_id, hiddenThrough])),
        open: new Set(underWay.flatMap(({ lives }) => lives.map(({ ref }) => ref))),
      };
    },

    // Without a transaction: the request comes last, and whoever finds no request does all of it again.
    async create({ request, tasks, batch, audit }) {
      await insertNew(db.collection<AuditDocument>('audit'), [toAuditDocument(audit)]);
      await insertNew(db.collection<RetentionBatchDocument>('retentionBatches'), [batch]);
      await insertNew(db.collection<TaskDocument>('tasks'), tasks);
      await insertNew(db.collection<RequestDocument>('requests'), [request]);
    },
  };
}

const maximum = (values: readonly number[]) => values.reduce((most, one) => (one > most ? one : most), 0);

import type {
  CopyDocument,
  CutDocument,
  LinkDocument,
  QuarantineDocument,
  RecordDocument,
  Ref,
  RequestDocument,
  TaskDocument,
} from '@keiro/schemas';
import type { Cuts } from '@keiro/schemas/claims';
import { cutsInForce } from '@keiro/schemas/cuts';
import type { Db } from 'mongodb';
import { exposureOf, storesOf, type Places } from './breach-exposure.ts';
import type { LoadLinks } from './breach-persons.ts';
import { addExposure, emptyTotals, type BreachTotals } from './breach-totals.ts';
import type { Erasure } from './copies.ts';
import { erasuresOf, returnsOf } from './erasures.ts';
import { groupBy } from '@keiro/runtime/group-by';

/** Refs whose records and copies are read together, and documents a message. */
const refsAtOnce = 250;
const batchSize = 1000;

const recordFields = {
  ref: 1,
  generation: 1,
  category: 1,
  'groups.group': 1,
  sensitive: 1,
  scope: 1,
  position: 1,
  time: 1,
  taggedAt: 1,
} as const;

/** What the lineage store says about a breach. Read only. */
export type BreachStore = ReturnType<typeof createBreachStore>;

export function createBreachStore(db: Db) {
  const records = db.collection<RecordDocument>('records');
  const copies = db.collection<CopyDocument>('copies');

  /** The refs with anything at these places, whenever. */
  async function refsAt(stores: readonly string[], topics: readonly string[]): Promise<Set<Ref>> {
    const refs = new Set<Ref>();
    const note = async (found: AsyncIterable<{ ref: Ref }>) => {
      for await (const { ref } of found) refs.add(ref);
    };
    const options = { projection: { _id: 0, ref: 1 }, batchSize };
    if (stores.length > 0) await note(copies.find({ holder: { $in: [...stores] } }, options));
    if (topics.length > 0) await note(records.find({ 'position.topic': { $in: [...topics] } }, options));
    return refs;
  }

  /** What a holder among these has erased of a record: by a deletion, or by the return of its copy. */
  async function erasuresAt(
    holders: readonly string[],
  ): Promise<(record: string, life: { ref: Ref; generation: number }) => Erasure | undefined> {
    const tasks = await db
      .collection<TaskDocument>('tasks')
      .find(
        { directive: 'erase', state: 'done', holder: { $in: [...holders] } },
        { projection: { errors: 0 } },
      )
      .toArray();
    const ids = [...new Set(tasks.map(({ request }) => request))];
    const requests = await db
      .collection<RequestDocument>('requests')
      .find({ _id: { $in: ids } }, { projection: { steps: 0 } })
      .toArray();
    const deletionOf = erasuresOf(requests, tasks);
    const withReturns = returnsOf(tasks);
    return (record, life) => withReturns(record, deletionOf(life));
  }

  /** Adds what these refs have, streaming; the reports about their records are held in memory meanwhile. */
  async function addRefs(
    totals: BreachTotals,
    refs: readonly Ref[],
    around: {
      readonly places: Places;
      readonly stores: ReadonlySet<string>;
      readonly erasureOf: Awaited<ReturnType<typeof erasuresAt>>;
      readonly isSealed: (place: string) => boolean;
    },
  ): Promise<void> {
    const { places, stores, erasureOf, isSealed } = around;
    const among = { ref: { $in: [...refs] } };
    const facts: CopyDocument[] = [];
    if (stores.size > 0) {
      // Sifted here: a second condition beside an indexed one costs some servers a scan.
      for await (const fact of copies.find(among, { projection: { locator: 0 }, batchSize }))
        if (stores.has(fact.holder)) facts.push(fact);
    }
    const factsOf = groupBy(facts, ({ record }) => record);
    for await (const record of records.find(among, { projection: recordFields, batchSize })) {
      const exposure = exposureOf(
        record,
        factsOf.get(record._id) ?? [],
        erasureOf(record._id, record),
        places,
      );
      factsOf.delete(record._id);
      if (exposure !== undefined) addExposure(totals, record, exposure, isSealed);
    }
    for (const own of factsOf.values()) {
      const [fact] = own;
      if (fact === undefined) continue;
      const nowhere = {
        position: { topic: '', partition: 0, offset: '0' },
        time: fact.at,
        taggedAt: fact.at,
        groups: [],
      };
      const exposure = exposureOf(nowhere, own, erasureOf(fact.record, fact), places);
      if (exposure === undefined) continue;
      totals.untagged += 1;
      const { ref, category } = fact;
      addExposure(
        totals,
        { ref, category: category as RecordDocument['category'], scope: { kind: 'ours' } },
        exposure,
        isSealed,
      );
    }
  }

  const links = db.collection<LinkDocument>('links');
  const load: LoadLinks = (refs) =>
    links.find({ from: { $in: [...refs] } }, { projection: { _id: 0, from: 1, to: 1 }, batchSize }).toArray();

  return {
    /** Counts everything that was at these places in their window, a few hundred refs at a time. */
    async totals(places: Places, isSealed: (place: string) => boolean): Promise<BreachTotals> {
      const stores = storesOf(places);
      const erasureOf = await erasuresAt([...new Set([...stores, ...places.holders])]);
      const around = { places, stores: new Set(stores), erasureOf, isSealed };
      const totals = emptyTotals();
      let some: Ref[] = [];
      for (const ref of await refsAt(stores, [...places.topics])) {
        // Of a source and a day, which may have very many: alone.
        if (ref.startsWith('unattributed.')) await addRefs(totals, [ref], around);
        else some.push(ref);
        if (some.length < refsAtOnce) continue;
        await addRefs(totals, some, around);
        some = [];
      }
      if (some.length > 0) await addRefs(totals, some, around);
      return totals;
    },

    links: load,

    async cuts(): Promise<Cuts> {
      return cutsInForce(await db.collection<CutDocument>('cuts').find().toArray());
    },

    /** What is set aside of these places: nobody knows yet whose it is. */
    quarantined: (places: Places): Promise<number> =>
      db.collection<QuarantineDocument>('quarantine').countDocuments({
        settled: { $exists: false },
        $or: [{ topic: { $in: [...places.topics] } }, { by: { $in: [...places.holders] } }],
      }),
  };
}

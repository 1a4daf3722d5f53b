import { knowsLocators, lifeKey, type Holder, type Life, type RetentionWait } from '@keiro/schemas';
import { createCopies, isOver, type Copies, type KnownCopy } from './copies.ts';
import type { RecordFate } from './decide.ts';
import { makeRequest, type Goes, type Told } from './make.ts';

/** What a batch is planned from. */
export interface PlanInput {
  readonly fates: readonly RecordFate[];
  /** What has ended of the same lives and goes in another batch: a person may have more than fits in one. */
  readonly beside?: readonly RecordFate[];
  /** All reports of copies of these persons' records, also of records that are not in the batch. */
  readonly copies: readonly KnownCopy[];
  readonly holders: readonly Pick<Holder, 'id' | 'kind' | 'categories' | 'connector' | 'replicates'>[];
  /** Lives whose deletion is done: its probes have proven what holders had, and the keys are gone. */
  readonly erased: ReadonlySet<string>;
  /** Lives of which a deletion is under way: it goes first. */
  readonly beingErased: ReadonlySet<string>;
  /** Oldest day on which something of the batch was due. */
  readonly day: string;
}

/** A record that has to wait, and for what. */
export interface Waiting {
  readonly record: string;
  readonly wait: RetentionWait;
  readonly holder?: string;
}

export interface Plan {
  /** Absent where nothing goes. */
  readonly goes?: Goes;
  readonly waiting: readonly Waiting[];
}

/**
 * Makes one request, with a task a holder, of records that have ended. A copy goes when all its groups are over. A
 * holder that cannot be told about single copies is told about a person when nothing of that person's is left there;
 * until then the records wait, in sight. The same records make the same documents. Pure.
 */
export function planBatch(input: PlanInput, now: Date, answerBy: Date): Plan {
  const copies = createCopies(input.copies);
  const waiting = new Map<string, Waiting>();
  const candidates = input.fates.filter(({ over }) => over.length > 0);
  for (const { record } of candidates) {
    if (input.beingErased.has(lifeKey(record)))
      waiting.set(record._id, { record: record._id, wait: 'deletion' });
  }
  // What waits at one holder goes nowhere, and may keep back another that was to go whole: until nothing changes.
  for (;;) {
    const going = candidates.filter(({ record }) => !waiting.has(record._id));
    const found = share(going, input, copies);
    if (found.waiting.length === 0) {
      const goes = makeRequest({ ...input, ...found, going, copies }, now, answerBy);
      return { ...(goes === undefined ? {} : { goes }), waiting: [...waiting.values()] };
    }
    for (const one of found.waiting) waiting.set(one.record, one);
  }
}

/** Who has to be told what of these records, and which of them cannot go yet. */
function share(going: readonly RecordFate[], { holders, erased, beside = [] }: PlanInput, copies: Copies) {
  const fateOf = new Map([...beside, ...going].map((fate) => [fate.record._id, fate]));
  const holderOf = new Map(holders.map((holder) => [holder.id, holder]));
  const goesThere = (copy: KnownCopy) => {
    const fate = fateOf.get(copy.record);
    return fate !== undefined && isOver(copy, fate);
  };
  const told = new Map<string, { records: string[]; whole: Map<string, Life> }>();
  const at = (holder: string) => {
    const known = told.get(holder) ?? { records: [], whole: new Map<string, Life>() };
    told.set(holder, known);
    return known;
  };
  const waiting: Waiting[] = [];
  let notOurs = 0;
  for (const fate of going) {
    const { record } = fate;
    // Its deletion has proven that nothing is there.
    if (erased.has(lifeKey(record))) continue;
    for (const copy of copies.heldOf(record._id).filter((one) => isOver(one, fate))) {
      const holder = holderOf.get(copy.holder);
      if (holder === undefined)
        waiting.push({ record: record._id, wait: 'unknown-holder', holder: copy.holder });
      else if (holder.kind === 'third-party') notOurs += 1;
      else if (knowsLocators(holder.connector) && copy.locator !== undefined)
        at(holder.id).records.push(record._id);
      else if (copies.heldOfLife(holder.id, copy).every(goesThere))
        at(holder.id).whole.set(lifeKey(copy), { ref: copy.ref, generation: copy.generation });
      else waiting.push({ record: record._id, wait: 'whole-person', holder: holder.id });
    }
  }
  const all = new Map<string, Told>();
  for (const [holder, { records, whole }] of told) {
    // Else a row may also hold what goes on, and has to be looked at.
    const alone = copies.heldAt(holder).every(goesThere);
    all.set(holder, { records, whole: [...whole.values()], alone });
  }
  // A recovery site holds what its stores held: it is told after them, by their places.
  for (const { id, kind, replicates = [] } of holders) {
    const records = new Set(replicates.flatMap((source) => told.get(source)?.records ?? []));
    if (kind === 'dr-site' && records.size > 0)
      all.set(id, { records: [...records], whole: all.get(id)?.whole ?? [], alone: false });
  }
  return { told: all, waiting, notOurs };
}

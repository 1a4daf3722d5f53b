import { every, findMany, type Log, type Metrics, type Positions, type Running } from '@keiro/runtime';
import {
  catalogue,
  dayInJapan,
  eventTypes,
  type CopyDocument,
  type QuarantineDocument,
  type RecordDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import type { RecordFate } from './decide.ts';
import { plansFor, type LookDependencies } from './look.ts';
import type { LookStore } from './look-store.ts';
import type { Waiting } from './plan.ts';

/*
 * A holder that reports a copy of a record which is gone, because retention has ended it everywhere, has something that
 * nobody would look for any more: what is due is found by records. So all reports are walked through, slowly, and what
 * has no record goes the way of what has ended.
 */

type Report = Pick<
  CopyDocument,
  '_id' | 'record' | 'ref' | 'generation' | 'category' | 'groups' | 'reportedAt'
>;

const readAtOnce = 1000;
/** Reports a second: nobody waits for this. */
const perSecond = 5000;

export interface OrphanDependencies {
  readonly db: Db;
  readonly looks: LookStore;
  readonly look: Omit<LookDependencies, 'store'>;
  readonly positions: {
    collectionEnds(): Promise<Positions>;
    tagged(wanted: Positions): Promise<boolean>;
  };
  readonly everyMs: number;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  readonly onCreated: (request: string) => void;
}

export function startOrphans(deps: OrphanDependencies): Running {
  const { db, looks, look, positions, log, now } = deps;
  const waits = deps.metrics.gauge(
    'keiro_retention_orphans',
    'Records that are gone and of which a holder has a copy that cannot go by itself, by holder and what it waits for',
    ['holder', 'wait'],
  );
  const copies = db.collection<CopyDocument>('copies');

  async function takeOn(reports: readonly Report[]): Promise<{ found: number; waiting: readonly Waiting[] }> {
    const orphans = await withoutRecord(db, reports);
    if (orphans.length === 0) return { found: 0, waiting: [] };
    const { isHeld } = await look.narrowing();
    const fates = orphanFates(orphans).filter(({ record }) => !isHeld(record));
    const plans = await plansFor(fates, dayInJapan(now()), { ...look, store: looks }, now(), true);
    for (const { goes } of plans) {
      if (goes === undefined) continue;
      await looks.create(goes);
      deps.onCreated(goes.request._id);
    }
    return { found: fates.length, waiting: plans.flatMap(({ waiting }) => waiting) };
  }

  return every(
    { what: 'copies of records that are gone', everyMs: deps.everyMs, log, level: 'warn' },
    async ({ signal, pause }) => {
      // What was collected by now is tagged by then: a report may come before its record.
      const began = now();
      const ends = await positions.collectionEnds();
      while (!(await positions.tagged(ends))) await pause(1000);
      const waiting: Waiting[] = [];
      let found = 0;
      let some: Report[] = [];
      const look = async (): Promise<void> => {
        signal.throwIfAborted();
        const outcome = await takeOn(some);
        found += outcome.found;
        waiting.push(...outcome.waiting);
        await pause((some.length / perSecond) * 1000);
        some = [];
      };
      for await (const report of copies.find({ action: 'held', reportedAt: { $lt: began } }, shown)) {
        some.push(report);
        if (some.length === readAtOnce) await look();
      }
      if (some.length > 0) await look();
      waits.reset();
      for (const { holder = '', wait } of waiting) waits.inc({ holder, wait });
      if (found > 0)
        log.warn({ records: found, waiting: waiting.length }, 'holders have copies of records that are gone');
    },
  );
}

const shown = {
  projection: { record: 1, ref: 1, generation: 1, category: 1, groups: 1, reportedAt: 1 },
  batchSize: readAtOnce,
};

/** Those whose record is neither kept nor set aside. */
async function withoutRecord(db: Db, reports: readonly Report[]): Promise<Report[]> {
  const names = [...new Set(reports.map(({ record }) => record))];
  const found = await findMany(db.collection<RecordDocument>('records'), '_id', names, { _id: 1 });
  const known = new Set(found.map(({ _id }) => _id));
  const missing = reports.filter(({ record }) => !known.has(record));
  if (missing.length === 0) return [];
  const aside = await findMany(
    db.collection<QuarantineDocument>('quarantine'),
    'ref',
    missing.map(({ ref }) => ref),
    { record: 1 },
  );
  const setAside = new Set(aside.flatMap(({ record }) => record ?? []));
  return missing.filter(({ record }) => !setAside.has(record));
}

/** Each as if it had just ended, as far as a report tells what it was. Pure. */
export function orphanFates(orphans: readonly Report[]): RecordFate[] {
  const byRecord = new Map(orphans.map((one) => [one.record, one]));
  const typeOf = (category: string) => eventTypes.find((type) => catalogue[type].category === category);
  return [...byRecord.values()].flatMap(({ record: _id, ref, generation, category, reportedAt }) => {
    const type = typeOf(category);
    if (type === undefined) return [];
    const groups = [...new Set(orphans.filter(({ record }) => record === _id).flatMap((one) => one.groups))];
    return [
      {
        record: {
          ...{ _id, ref, generation, type, category: catalogue[type].category },
          refs: [{ ref, generation }],
          ...{ groups: [], present: [], scope: { kind: 'ours' as const }, site: '', source: '', policy: '' },
          ...{ time: reportedAt, taggedAt: reportedAt, digest: '' },
          position: { topic: '', partition: 0, offset: '0' },
        },
        verdict: 'erase' as const,
        over: groups,
        kept: [],
      },
    ];
  });
}

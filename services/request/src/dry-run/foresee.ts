import {
  addPeriod,
  type DeletionDryRun,
  type HoldDocument,
  type RecordDocument,
  type SnapshotDocument,
} from '@keiro/schemas';
import { holdersOf, type Situation } from '../decide.ts';
import { countBy, createCopies, type KnownCopy } from '../retention/copies.ts';

/** What is known of a person whose deletion somebody thinks of. */
export interface Foreseen {
  readonly situation: Pick<Situation, 'lives' | 'ambiguous' | 'categories' | 'holders' | 'undoPeriod'>;
  readonly records: readonly RecordDocument[];
  readonly copies: readonly KnownCopy[];
  readonly snapshots: readonly SnapshotDocument[];
  readonly holds: readonly HoldDocument[];
}

/** What a deletion would do at this moment, as far as lineage knows. Pure. */
export function foresee(known: Foreseen, now: Date): DeletionDryRun {
  const { situation, records, holds } = known;
  const { lives, ambiguous, undoPeriod = 'PT0S' } = situation;
  const undoUntil = addPeriod(now, undoPeriod);
  const holders = holdersFor(known);
  return {
    asOf: now.toISOString(),
    refs: lives.length,
    ambiguous: ambiguous.length,
    records: countBy(records.map(({ category }) => category)),
    holders,
    floors: floorsOf(records, now),
    holds: holds.map(({ case: reference, until }) => ({
      case: reference,
      ...(until === undefined ? {} : { until: until.toISOString() }),
    })),
    ...(undoUntil > now ? { undoUntil: undoUntil.toISOString() } : {}),
    snapshots: imagesOf(known, new Set(holders.map(({ holder }) => holder)), now),
  };
}

function holdersFor({ situation, records, copies: all }: Foreseen): DeletionDryRun['holders'] {
  const copies = createCopies(all);
  const held = records.flatMap(({ _id, category }) =>
    copies.heldOf(_id).map((copy) => ({ ...copy, category })),
  );
  const kindOf = new Map(situation.holders.map(({ id, kind = 'store' }) => [id, kind]));
  const asked = new Set([...holdersOf(situation), ...held.map(({ holder }) => holder)]);
  return [...asked].sort().map((holder) => {
    const own = held.filter((copy) => copy.holder === holder);
    const kind = kindOf.get(holder) ?? 'unknown';
    return {
      holder,
      kind,
      copies: countBy(own.map(({ category }) => category)),
      unreported: own.length === 0,
      byLocator: own.filter(({ locator }) => locator !== undefined).length,
      control: kind !== 'third-party' && kind !== 'unknown',
    };
  });
}

function floorsOf(records: readonly RecordDocument[], now: Date): DeletionDryRun['floors'] {
  const floors = new Map<string, { group: string; law: string; records: number; until?: Date | undefined }>();
  for (const { group, floor } of records.flatMap(({ groups }) => groups)) {
    if (floor === undefined || (floor.until !== undefined && floor.until <= now)) continue;
    const key = `${group}|${floor.law}`;
    const known = floors.get(key);
    // The longest counts, and one that is open is longer than any.
    const isLonger = known?.until !== undefined && (floor.until === undefined || floor.until > known.until);
    const until = known === undefined || isLonger ? floor.until : known.until;
    floors.set(key, { group, law: floor.law, records: (known?.records ?? 0) + 1, until });
  }
  return [...floors.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { until, ...one }]) => ({
      ...one,
      ...(until === undefined ? {} : { until: until.toISOString() }),
    }));
}

/** Images from which no row can be deleted, taken since the person's first record. */
function imagesOf(
  { records, snapshots }: Foreseen,
  concerned: ReadonlySet<string>,
  now: Date,
): DeletionDryRun['snapshots'] {
  const first = records.reduce<Date | undefined>(
    (least, { time }) => (least === undefined || time < least ? time : least),
    undefined,
  );
  if (first === undefined) return [];
  const alive = snapshots.filter(
    ({ store, mutable, watermark, expiresAt }) =>
      !mutable && concerned.has(store) && watermark >= first && (expiresAt === undefined || expiresAt > now),
  );
  const pairs = new Map(alive.map(({ holder, store }) => [`${holder}|${store}`, { holder, store }]));
  return [...pairs.values()].map(({ holder, store }) => {
    const those = alive.filter((one) => one.holder === holder && one.store === store);
    const ends = those.map(({ expiresAt }) => expiresAt?.getTime() ?? Infinity);
    const last = Math.max(...ends);
    return {
      holder,
      store,
      snapshots: those.length,
      ...(Number.isFinite(last) ? { until: new Date(last).toISOString() } : {}),
    };
  });
}

import type { HoldDocument, Life, RecordDocument, Ref } from '@keiro/schemas';

/** Who a hold is asked about: a person as known at this moment. */
export interface Held {
  /** Refs that are this person's alone, and those that a request names. */
  readonly refs: Iterable<Ref>;
  /** Refs that others share: a case that named one of them holds all who share it. */
  readonly ambiguous?: Iterable<Ref>;
}

/** Pure. */
export const isInForce = ({ until, released }: HoldDocument, now: Date): boolean =>
  released === undefined && (until === undefined || now < until);

/** The ref that a record id begins with. Pure. */
export const refOfRecord = (record: string): Ref => record.slice(0, record.indexOf('#'));

/**
 * The holds in force that keep anything of this person from being erased: those on the person by any ref, whoever was
 * named and however the refs came to be one person's; and those on a record, because the key of a record is the
 * person's. Pure.
 */
export function heldBy(
  { refs, ambiguous = [] }: Held,
  holds: readonly HoldDocument[],
  now: Date,
): HoldDocument[] {
  const own = new Set(refs);
  const shared = new Set(ambiguous);
  return holds.filter(
    (hold) =>
      isInForce(hold, now) &&
      (hold.refs.some((ref) => own.has(ref)) ||
        hold.named.some((ref) => own.has(ref) || shared.has(ref)) ||
        hold.records.some((record) => own.has(refOfRecord(record)))),
  );
}

/** What of the lineage is held, every ref of the persons behind the holds being known. Pure. */
export function recordsHeld(
  holds: readonly HoldDocument[],
  personRefs: ReadonlyMap<Ref, readonly Ref[]>,
  now: Date,
): (
  record: Pick<RecordDocument, '_id' | 'ref'> & { readonly refs: readonly Pick<Life, 'ref'>[] },
) => boolean {
  const inForce = holds.filter((hold) => isInForce(hold, now));
  const refs = new Set(
    inForce.flatMap((hold) =>
      [...hold.named, ...hold.refs].flatMap((ref) => [ref, ...(personRefs.get(ref) ?? [])]),
    ),
  );
  const records = new Set(inForce.flatMap((hold) => hold.records));
  return (record) =>
    records.has(record._id) || refs.has(record.ref) || record.refs.some(({ ref }) => refs.has(ref));
}

/** When the last of them ends; undefined where one has no end of its own. Pure. */
export function lastEnd(holds: readonly HoldDocument[]): Date | undefined {
  const ends = holds.map(({ until }) => until?.getTime() ?? Infinity);
  const last = Math.max(...ends);
  return Number.isFinite(last) ? new Date(last) : undefined;
}

import {
  topics,
  type CopyDocument,
  type RecordDocument,
  type SnapshotDocument,
  type Topic,
} from '@keiro/schemas';
import { decisive, provenGone, type Erasure } from './copies.ts';
import { toSeries, type SnapshotSeries } from './snapshots.ts';

/* What of a record was where in a window of time. Pure. */

export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/** The places that a breach concerns. */
export interface Places {
  readonly holders: ReadonlySet<string>;
  readonly topics: ReadonlySet<string>;
  /** Snapshots that were at a site at some moment of the window, by watermark. */
  readonly snapshots: readonly SnapshotSeries[];
  readonly window: Window;
}

/** Where a record was exposed, and which field groups. */
export interface Exposure {
  /** Holder or topic → groups that were there. */
  readonly at: ReadonlyMap<string, readonly string[]>;
  readonly snapshots: readonly SnapshotDocument[];
}

export function placesOf(
  asked: { readonly holders: readonly string[]; readonly topics: readonly string[] },
  snapshots: readonly SnapshotDocument[],
  window: Window,
): Places {
  return {
    holders: new Set(asked.holders),
    topics: new Set(asked.topics),
    window,
    snapshots: toSeries(snapshots).map((series) => ({
      ...series,
      snapshots: series.snapshots.filter((one, position) => {
        // The next state of a replica takes the place of the one before.
        const next = series.mutable ? series.snapshots[position + 1]?.takenAt : undefined;
        const until = [next, one.expiresAt].filter((end) => end !== undefined);
        return one.takenAt <= window.to && until.every((end) => end >= window.from);
      }),
    })),
  };
}

/** The stores whose reports of copies have to be read: those asked about, and what is at a site that is. */
export function storesOf({ holders, snapshots }: Places): string[] {
  const behind = snapshots.filter(({ holder }) => holders.has(holder)).map(({ store }) => store);
  return [...new Set([...holders, ...behind])];
}

/**
 * Where one record was in the window; undefined where nowhere. A holder had what it reported, until its removal or
 * the proof of its erasure; a message is in its topic from before it is tagged until the topic must have dropped it.
 * What is not known counts as exposed.
 *
 * @param facts all reports about this record
 */
export function exposureOf(
  record: Pick<RecordDocument, 'position' | 'time' | 'taggedAt' | 'groups'>,
  facts: readonly CopyDocument[],
  erasure: Erasure | undefined,
  places: Places,
): Exposure | undefined {
  const { window } = places;
  const at = new Map<string, readonly string[]>();
  const { topic } = record.position;
  if (
    places.topics.has(topic) &&
    record.time <= window.to &&
    droppedAt(topic, record.taggedAt) >= window.from
  )
    at.set(
      topic,
      record.groups.map(({ group }) => group),
    );

  const snapshots: SnapshotDocument[] = [];
  const holders = new Set(facts.map(({ holder }) => holder));
  for (const holder of holders) {
    const span = spanAt(holder, facts, erasure);
    if (span === undefined) continue;
    const isDirect = places.holders.has(holder) && overlaps(span, window);
    if (isDirect) at.set(holder, span.groups);
    for (const series of places.snapshots) {
      if (series.store !== holder) continue;
      const isAsked = places.holders.has(series.holder);
      if (!isAsked && !isDirect) continue;
      const gone = series.mutable ? provenGone(erasure?.tasks.get(series.holder)) : undefined;
      const taken = series.snapshots.filter(
        ({ watermark, takenAt }) =>
          watermark >= span.heldAt &&
          (span.goneAt === undefined || watermark < span.goneAt) &&
          (gone === undefined || gone >= window.from || takenAt > gone),
      );
      if (taken.length === 0) continue;
      snapshots.push(...taken);
      if (isAsked) at.set(series.holder, [...new Set([...(at.get(series.holder) ?? []), ...span.groups])]);
    }
  }
  return at.size === 0 ? undefined : { at, snapshots };
}

interface Span {
  readonly heldAt: Date;
  readonly goneAt?: Date;
  readonly groups: readonly string[];
}

/** From when until when the holder had its copy, as far as is known. */
function spanAt(
  holder: string,
  facts: readonly CopyDocument[],
  erasure: Erasure | undefined,
): Span | undefined {
  const own = facts.filter((fact) => fact.holder === holder);
  const held = own.find(({ action }) => action === 'held');
  if (held === undefined) return undefined;
  const last = decisive(own);
  const removed = last?.action === 'removed' ? last.at : undefined;
  const proven = provenGone(erasure?.tasks.get(holder));
  // A report after the proof: the holder has it again, and had it before.
  const erased = proven !== undefined && held.at <= proven ? proven : undefined;
  const ends = [removed, erased].filter((end) => end !== undefined).sort((a, b) => a.getTime() - b.getTime());
  return { heldAt: held.at, groups: held.groups, ...(ends[0] === undefined ? {} : { goneAt: ends[0] }) };
}

const overlaps = ({ heldAt, goneAt }: Span, { from, to }: Window) =>
  heldAt <= to && (goneAt === undefined || goneAt >= from);

const declared: readonly Topic[] = topics;
/** A segment goes as a whole, once its last message is due. */
const lives = new Map(
  declared.map(({ name, retentionMs = Infinity, segmentMs = 0 }) => [name, retentionMs + segmentMs]),
);

/** When the broker has dropped a message at the latest. */
function droppedAt(topic: string, tagged: Date): Date {
  return new Date(Math.min(tagged.getTime() + (lives.get(topic) ?? Infinity), 8.64e15));
}

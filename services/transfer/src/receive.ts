import { PoisonError, type Message } from '@keiro/runtime';
import type { Decoded } from '@keiro/runtime/registry';
import {
  catalogue,
  copyReportSchema,
  eventTypes,
  lifeKey,
  snapshotReportSchema,
  type CopyDocument,
  type CopyReport,
  type QuarantineReason,
  type SnapshotDocument,
  type SnapshotReport,
} from '@keiro/schemas';
import { misfits, refusalOf } from '@keiro/sdk';

/** What a custody message says, as the store keeps it, or why it can't be kept. */
export type Received =
  | { readonly copy: CopyDocument; readonly holders: readonly string[] }
  | { readonly snapshot: SnapshotDocument; readonly holders: readonly string[] }
  | { readonly refused: { readonly reason: QuarantineReason; readonly detail: string } };

/**
 * Reads one message of a `custody.*` topic. `holders` are all that it names, for the caller to look up in the
 * register (T0). A report may come before its record is tagged: the record is not looked for. Pure.
 */
export function receive(
  message: Pick<Message, 'topic'>,
  decoded: Decoded | PoisonError | undefined,
  reportedAt: Date,
): Received {
  if (decoded === undefined) return refuse('unreadable', 'not decoded');
  if (decoded instanceof PoisonError) return { refused: refusalOf(decoded) };
  return message.topic === 'custody.snapshots'
    ? receiveSnapshot(decoded.value, reportedAt)
    : receiveCopy(decoded.value, reportedAt);
}

function receiveCopy(value: unknown, reportedAt: Date): Received {
  const parsed = copyReportSchema.safeParse(value);
  if (!parsed.success) return refuse('malformed', `not a report of a copy: ${misfits(parsed.error)}`);
  const report = parsed.data;
  const mismatch = mismatchOf(report);
  if (mismatch !== undefined) return refuse('malformed', `${mismatch.field}: ${mismatch.message}`);
  return { copy: copyOf(report, reportedAt), holders: [report.holder] };
}

/** A report as the store keeps it: made again, by whichever way, it has the same id. Pure. */
export function copyOf(report: CopyReport, reportedAt: Date): CopyDocument {
  const { record, holder, action, at } = report;
  return { ...report, _id: `${record}|${holder}|${action}`, at: new Date(at), reportedAt };
}

const groupsOf = new Map<string, ReadonlySet<string>>(
  eventTypes.map((type) => [catalogue[type].category, new Set(catalogue[type].groups.map(({ id }) => id))]),
);
const purposePattern = /^[a-z][a-z-]{0,31}(:[a-z0-9-]{1,64})?$/;
const recordDigest = /^[A-Za-z0-9_-]{22}$/;

/** What the shape alone can't say: that a report's parts belong together, and hold names only. Pure. */
export function mismatchOf({
  record,
  ref,
  generation,
  category,
  groups,
  purpose,
}: CopyReport): { readonly field: string; readonly message: string } | undefined {
  const prefix = `${lifeKey({ ref, generation })}/`;
  if (!record.startsWith(prefix) || !recordDigest.test(record.slice(prefix.length))) {
    return { field: 'record', message: 'is not a record of this ref and generation' };
  }
  const known = groupsOf.get(category);
  if (known === undefined) return { field: 'category', message: 'is not in the catalogue' };
  if (!groups.every((group) => known.has(group)))
    return { field: 'groups', message: 'names a group that the category does not have' };
  if (!purposePattern.test(purpose)) return { field: 'purpose', message: 'is not the name of a purpose' };
  return undefined;
}

function receiveSnapshot(value: unknown, reportedAt: Date): Received {
  const parsed = snapshotReportSchema.safeParse(value);
  if (!parsed.success) return refuse('malformed', `not a report of a snapshot: ${misfits(parsed.error)}`);
  const { holder, store } = parsed.data;
  return { snapshot: snapshotOf(parsed.data, reportedAt), holders: [holder, store] };
}

/** As {@link copyOf}. Pure. */
export function snapshotOf(report: SnapshotReport, reportedAt: Date): SnapshotDocument {
  const { holder, store, snapshot, watermark, takenAt, expiresAt, mutable, rows } = report;
  return {
    _id: `${holder}|${store}|${snapshot}`,
    holder,
    store,
    snapshot,
    watermark: new Date(watermark),
    takenAt: new Date(takenAt),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
    mutable,
    rows,
    reportedAt,
  };
}

function refuse(reason: QuarantineReason, detail: string): Received {
  return { refused: { reason, detail } };
}

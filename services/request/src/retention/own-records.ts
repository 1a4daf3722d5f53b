import {
  deleteMany,
  every,
  findMany,
  insertNew,
  toAuditDocument,
  type Log,
  type Running,
} from '@keiro/runtime';
import {
  dayInJapan,
  ownRecordsCut,
  type AuditDocument,
  type AuditEntry,
  type OwnRecords,
  type Policies,
  type RequestDocument,
  type TaskDocument,
  type TaskEvidenceDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';

/* Records of our own work end too: requests with their tasks, batches of the sweep, and details of audit entries. */

const everyMs = 3_600_000;
const atOnce = 500;
const pauseMs = 200;

/** What the end of our own records changes, and asks. */
export interface OwnRecordsStore {
  /** Requests that were done then or before: of persons, or of the sweep. */
  doneBy(cut: Date, kind: 'requests' | 'sweeps', limit: number): Promise<string[]>;
  /** With their tasks, which go first: cut off in between, the request is still found. */
  removeRequests(ids: readonly string[]): Promise<{ requests: number; tasks: number }>;
  /** Takes the detail off entries of then or before; the digest stays, and with it the leaf of the chain. */
  removeDetails(cut: Date, limit: number): Promise<number>;
  audit(entry: AuditEntry): Promise<void>;
}

export type OwnRecordsRound = Readonly<Record<OwnRecords, number>>;

/** Ends what was kept long enough. May be cut off anywhere and run again. */
export async function ownRecordsRound(
  { store, policies, now }: { store: OwnRecordsStore; policies: Policies; now: () => Date },
  pause: () => Promise<void>,
): Promise<OwnRecordsRound> {
  const at = now();
  const policy = policies.inForce(at);
  const ended = { requests: 0, sweeps: 0, auditDetails: 0 };
  for (const kind of ['requests', 'sweeps'] as const) {
    const cut = ownRecordsCut(policy, kind, at);
    for (;;) {
      const ids = await store.doneBy(cut, kind, atOnce);
      if (ids.length === 0) break;
      ended[kind] += (await store.removeRequests(ids)).requests;
      await pause();
    }
  }
  const cut = ownRecordsCut(policy, 'auditDetails', at);
  for (;;) {
    const n = await store.removeDetails(cut, atOnce);
    ended.auditDetails += n;
    if (n < atOnce) break;
    await pause();
  }
  if (ended.requests + ended.sweeps + ended.auditDetails > 0)
    await store.audit({
      _id: `own-records/${at.toISOString()}`,
      at,
      by: 'request',
      action: 'own-records.ended',
      detail: { ...ended, day: dayInJapan(at) },
    });
  return ended;
}

export function openOwnRecordsStore(db: Db): OwnRecordsStore {
  const requests = db.collection<RequestDocument>('requests');
  const audit = db.collection<AuditDocument>('audit');
  return {
    async doneBy(cut, kind, limit) {
      const found = await requests
        .find(
          {
            state: 'done',
            doneAt: { $lte: cut },
            // As long as a floor keeps something of its person, it says what; then its own time begins.
            $or: [{ 'kept.0': { $exists: false } }, { restErasedAt: { $lte: cut } }],
            type: kind === 'sweeps' ? 'retention' : { $ne: 'retention' },
          },
          { projection: { _id: 1 } },
        )
        .limit(limit)
        .toArray();
      return found.map(({ _id }) => _id);
    },

    async removeRequests(ids) {
      const tasks = db.collection<TaskDocument>('tasks');
      const theirs = await findMany(tasks, 'request', ids, { _id: 1 });
      const evidence = db.collection<TaskEvidenceDocument>('taskEvidence');
      const files = await findMany(evidence, 'request', ids, { _id: 1 });
      await deleteMany(
        evidence,
        files.map(({ _id }) => _id),
      );
      return {
        tasks: await deleteMany(
          tasks,
          theirs.map(({ _id }) => _id),
        ),
        requests: await deleteMany(requests, ids),
      };
    },

    async removeDetails(cut, limit) {
      const found = await audit
        .find(
          { at: { $lte: cut }, detail: { $exists: true }, detailDigest: { $exists: true } },
          { projection: { _id: 1 } },
        )
        .limit(limit)
        .toArray();
      if (found.length === 0) return 0;
      await audit.bulkWrite(
        found.map(({ _id }) => ({ updateOne: { filter: { _id }, update: { $unset: { detail: '' } } } })),
        { ordered: false },
      );
      return found.length;
    },

    async audit(entry) {
      await insertNew(audit, [toAuditDocument(entry)]);
    },
  };
}

/** A round now and every hour. */
export function startOwnRecords(deps: {
  readonly store: OwnRecordsStore;
  readonly policies: Policies;
  readonly now: () => Date;
  readonly log: Log;
}): Running {
  const what = 'the end of requests and of audit details';
  return every({ what, everyMs, log: deps.log, level: 'warn' }, async ({ pause }) => {
    const round = await ownRecordsRound(deps, () => pause(pauseMs));
    if (round.requests + round.sweeps + round.auditDetails > 0)
      deps.log.info(round, 'what was kept of our own work long enough is gone');
  });
}

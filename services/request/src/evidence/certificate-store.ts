import { insertNew } from '@keiro/runtime';
import {
  certificateId,
  type CertificateDocument,
  type CopyDocument,
  type HolderDocument,
  type Ref,
  type RequestDocument,
  type SnapshotDocument,
  type TaskDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import type { ReportedCopy } from './held-again.ts';

/** One, one that closes its snapshots, and the same for what a law had kept of it; at most. */
const mostCertificates = 9;

/** What certificates are made of, and the certificates. */
export interface CertificateStore {
  requests(ids: readonly string[]): Promise<RequestDocument[]>;
  tasksOf(requests: readonly string[]): Promise<TaskDocument[]>;
  holders(): Promise<HolderDocument[]>;
  snapshots(): Promise<SnapshotDocument[]>;
  /** Reports that one of these refs had a copy. */
  copiesOf(refs: readonly Ref[]): Promise<ReportedCopy[]>;
  /** Those of these ids that are there. */
  certificates(ids: readonly string[]): Promise<CertificateDocument[]>;
  /** The newest of each of these requests. */
  latest(requests: readonly string[]): Promise<CertificateDocument[]>;
  /** Answers with those that were new. */
  add(certificates: readonly CertificateDocument[]): Promise<CertificateDocument[]>;
  /** Open ones whose snapshots should have ended on one of these days. */
  closingOn(days: readonly string[], limit: number): Promise<CertificateDocument[]>;
  /** Undefined: it closes no more, or nobody knows when. */
  setClosesOn(id: string, day: string | undefined): Promise<void>;
}

export function openCertificateStore(db: Db): CertificateStore {
  const certificates = db.collection<CertificateDocument>('certificates');
  return {
    requests: (ids) =>
      db
        .collection<RequestDocument>('requests')
        .find({ _id: { $in: [...ids] } })
        .toArray(),
    tasksOf: (requests) =>
      db
        .collection<TaskDocument>('tasks')
        .find({ request: { $in: [...requests] } })
        .toArray(),
    holders: () => db.collection<HolderDocument>('holders').find().toArray(),
    snapshots: () => db.collection<SnapshotDocument>('snapshots').find().toArray(),
    copiesOf: async (refs) =>
      refs.length === 0
        ? []
        : (
            await db
              .collection<CopyDocument>('copies')
              .find(
                { ref: { $in: [...refs] } },
                { projection: { record: 1, ref: 1, generation: 1, holder: 1, action: 1, at: 1 } },
              )
              .toArray()
          ).filter(({ action }) => action !== 'withheld'),
    certificates: (ids) => certificates.find({ _id: { $in: [...ids] } }).toArray(),
    async latest(requests) {
      const ids = requests.flatMap((request) =>
        Array.from({ length: mostCertificates }, (_, index) => certificateId(request, index + 1)),
      );
      const found = await certificates.find({ _id: { $in: ids } }).toArray();
      // Numbers have one digit.
      const newest = found.toSorted((one, other) => (one._id < other._id ? 1 : -1));
      return requests.flatMap((request) => newest.find((one) => one.request === request) ?? []);
    },
    async add(documents) {
      const old = new Set((await insertNew(certificates, documents)).map(({ _id }) => _id));
      return documents.filter(({ _id }) => !old.has(_id));
    },
    closingOn: (days, limit) =>
      certificates
        .find({ closesOn: { $in: [...days] } })
        .limit(limit)
        .toArray(),
    async setClosesOn(id, day) {
      await certificates.updateOne(
        { _id: id },
        day === undefined ? { $unset: { closesOn: '' } } : { $set: { closesOn: day } },
      );
    },
  };
}

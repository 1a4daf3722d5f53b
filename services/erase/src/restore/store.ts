import { appendAudit, findMany, type Mongo } from '@keiro/runtime';
import {
  closedStates,
  taskId,
  type AuditEntry,
  type HolderDocument,
  type Ref,
  type RequestDocument,
  type RestoreDocument,
  type RestoreState,
  type SnapshotDocument,
  type StandingDocument,
  type TaskDocument,
  type TaskKeep,
} from '@keiro/schemas';
import { readDecided, type DecidedStore } from './decided-store.ts';

/** A restore that this worker holds: whatever it writes is refused once somebody else has claimed or moved it. */
export interface RestoreClaim {
  readonly restore: RestoreDocument;
  readonly token: number;
}

/** A change of state, with the step that says so and the entry in the audit. */
export interface Move {
  readonly set: Partial<Omit<RestoreDocument, '_id' | 'steps' | 'lease'>> & { readonly state: RestoreState };
  readonly unset?: readonly ('pass' | 'failure' | 'check' | 'replay' | 'probe')[];
  readonly step: RestoreDocument['steps'][number];
}

/** What restores need of the lineage store. */
export interface RestoreStore extends DecidedStore {
  restore(id: string): Promise<RestoreDocument | null>;
  /** Newest first. */
  restores(limit: number): Promise<RestoreDocument[]>;
  /** Those that keep the gate of a holder closed, newest first. */
  closing(holder: string): Promise<RestoreDocument[]>;
  insert(restore: RestoreDocument): Promise<void>;
  /** False when it is no longer as it was read. */
  move(restore: RestoreDocument, move: Move): Promise<boolean>;
  /** Ids of those that a worker has to do something about. */
  waiting(): Promise<string[]>;
  /** The restore under a lease of this worker; undefined when there is nothing to do, or another does it. */
  claim(id: string, worker: string, now: Date, until: Date): Promise<RestoreClaim | undefined>;
  renew(claim: RestoreClaim, until: Date): Promise<boolean>;
  /** Keeps how far a look has come; false when the lease or the state is lost. */
  save(claim: RestoreClaim, pass: RestoreDocument['pass']): Promise<boolean>;
  holder(id: string): Promise<HolderDocument | null>;
  snapshots(id: string): Promise<SnapshotDocument[]>;
  standings(refs: readonly Ref[]): Promise<Map<Ref, StandingDocument>>;
  /** What laws still keep at this holder of persons who are erased, as their deletions had it (R4). */
  keptAt(holder: string, refs: readonly Ref[]): Promise<Map<Ref, TaskKeep>>;
}

/** A worker has something to do about these. */
const workStates: readonly RestoreState[] = ['closed', 'replaying', 'probing'];

export function openRestoreStore(mongo: Mongo): RestoreStore {
  const { db } = mongo;
  const restores = db.collection<RestoreDocument>('restores');
  const held = ({ restore, token }: RestoreClaim) => ({
    _id: restore._id,
    state: restore.state,
    'lease.token': token,
  });

  return {
    ...readDecided(db),
    restore: (id) => restores.findOne({ _id: id }),
    restores: (limit) => restores.find().sort({ declaredAt: -1 }).limit(limit).toArray(),
    closing: (holder) =>
      restores
        .find({ holder, state: { $in: [...closedStates] } })
        .sort({ declaredAt: -1, _id: -1 })
        .toArray(),

    insert: (restore) =>
      mongo.transaction(async (session) => {
        await restores.insertOne(restore, { session });
        await appendAudit(db, auditOf(restore, restore.steps[0], 0), session);
      }),

    move: (restore, { set, unset = [], step }) =>
      mongo.transaction(async (session) => {
        const { matchedCount } = await restores.updateOne(
          {
            _id: restore._id,
            state: restore.state,
            steps: { $size: restore.steps.length },
            ...(restore.lease === undefined ? {} : { 'lease.token': restore.lease.token }),
          },
          {
            $set: set,
            $push: { steps: step },
            ...(unset.length === 0 ? {} : { $unset: Object.fromEntries(unset.map((name) => [name, ''])) }),
          },
          { session },
        );
        if (matchedCount === 1) await appendAudit(db, auditOf(restore, step, restore.steps.length), session);
        return matchedCount === 1;
      }),

    waiting: async () =>
      (await restores.find({ state: { $in: [...workStates] } }, { projection: { _id: 1 } }).toArray()).map(
        ({ _id }) => _id,
      ),

    async claim(id, worker, now, until) {
      const restore = await restores.findOne({ _id: id });
      if (restore === null || !workStates.includes(restore.state)) return undefined;
      if (restore.lease !== undefined && restore.lease.until > now) return undefined;
      const lease = { worker, token: (restore.lease?.token ?? 0) + 1, until };
      const { modifiedCount } = await restores.updateOne(
        {
          _id: id,
          state: restore.state,
          ...(restore.lease === undefined
            ? { lease: { $exists: false } }
            : { 'lease.token': restore.lease.token }),
        },
        { $set: { lease } },
      );
      return modifiedCount === 1 ? { restore: { ...restore, lease }, token: lease.token } : undefined;
    },

    renew: async (claim, until) =>
      (
        await restores.updateOne(
          { _id: claim.restore._id, 'lease.token': claim.token },
          { $set: { 'lease.until': until } },
        )
      ).matchedCount === 1,

    save: async (claim, pass) =>
      (
        await restores.updateOne(
          held(claim),
          pass === undefined ? { $unset: { pass: '' } } : { $set: { pass } },
        )
      ).matchedCount === 1,

    holder: (id) => db.collection<HolderDocument>('holders').findOne({ _id: id }),
    snapshots: (id) => db.collection<SnapshotDocument>('snapshots').find({ snapshot: id }).toArray(),

    async standings(refs) {
      if (refs.length === 0) return new Map();
      const found = await db
        .collection<StandingDocument>('standing')
        .find({ _id: { $in: [...refs] } })
        .toArray();
      return new Map(found.map((one) => [one._id, one]));
    },

    async keptAt(holder, refs) {
      const requests = db.collection<RequestDocument>('requests');
      const deletions = (await findMany(requests, 'lives.ref', refs)).filter(
        ({ kept = [], restErasedAt }) => kept.length > 0 && restErasedAt === undefined,
      );
      const ids = deletions.map(({ _id }) => taskId(_id, holder));
      const tasks = await findMany(db.collection<TaskDocument>('tasks'), '_id', ids);
      const keepOf = new Map(tasks.flatMap(({ request, keep }) => (keep ? [[request, keep] as const] : [])));
      return new Map(
        deletions.flatMap(({ _id, lives }) => {
          const keep = keepOf.get(_id);
          return keep === undefined ? [] : lives.map(({ ref }) => [ref, keep] as const);
        }),
      );
    },
  };
}

function auditOf(
  { _id, holder }: RestoreDocument,
  step: RestoreDocument['steps'][number] | undefined,
  number: number,
): AuditEntry[] {
  if (step === undefined) return [];
  return [
    {
      _id: `${_id}/${String(number)}`,
      at: step.at,
      by: step.by,
      action: `restore.${step.step}`,
      about: [_id],
      detail: { holder, ...step.evidence },
    },
  ];
}

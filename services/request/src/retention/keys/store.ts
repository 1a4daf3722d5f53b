import { hash } from 'node:crypto';
import { deleteMany, findMany, insertNew, toAuditDocument } from '@keiro/runtime';
import {
  lifeKey,
  type AuditDocument,
  type AuditEntry,
  type Life,
  type QuarantineDocument,
  type RecordDocument,
  type RequestDocument,
  type RetirableLife,
  type RetirementDocument,
  type RetirementRound,
  type StandingDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import { unfinishedStates } from '../../store.ts';
import type { KnownOfLife } from './decide.ts';

export interface RetirementStore {
  /** Lives to be looked at by now. */
  candidates(now: Date, limit: number): Promise<RetirableLife[]>;
  /** Rounds whose next step may be due. */
  rounds(now: Date): Promise<RetirementRound[]>;
  /** What speaks for the keys of lives, but for holds; by {@link lifeKey}. */
  known(lives: readonly Life[]): Promise<ReadonlyMap<string, Omit<KnownOfLife, 'held'>>>;
  /** A round, in place of the candidates that it was made of. */
  begin(lives: readonly Life[], now: Date): Promise<RetirementRound | undefined>;
  advance(
    round: string,
    change: Partial<Pick<RetirementRound, 'state' | 'notBefore' | 'plan'>>,
  ): Promise<void>;
  /** These are looked at again then. */
  again(lives: readonly Life[], notBefore: Date): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** False where it is there already. */
  audit(entry: AuditEntry): Promise<boolean>;
  /** Lives and lives of rounds that are not through. */
  waiting(): Promise<number>;
}

export function openRetirementStore(db: Db): RetirementStore {
  const all = db.collection<RetirementDocument>('retirements');
  const remove = async (ids: readonly string[]) => {
    await deleteMany(all, ids);
  };

  return {
    remove,
    candidates: (now, limit) =>
      all
        .find({ kind: 'life', notBefore: { $lte: now } })
        .limit(limit)
        .toArray() as Promise<RetirableLife[]>,
    rounds: (now) =>
      all.find({ kind: 'round', notBefore: { $lte: now } }).toArray() as Promise<RetirementRound[]>,

    async known(lives) {
      const refs = [...new Set(lives.map(({ ref }) => ref))];
      const [records, quarantined, requests, standings] = await Promise.all([
        findMany(db.collection<RecordDocument>('records'), 'ref', refs, { ref: 1, generation: 1 }),
        findMany(db.collection<QuarantineDocument>('quarantine'), 'ref', refs, { ref: 1, settled: 1 }),
        findMany(db.collection<RequestDocument>('requests'), 'lives.ref', refs, { state: 1, 'lives.ref': 1 }),
        findMany(db.collection<StandingDocument>('standing'), '_id', refs),
      ]);
      const living = new Set(records.map(lifeKey));
      const aside = new Set(quarantined.flatMap(({ ref, settled }) => (settled === undefined ? [ref] : [])));
      const asking = new Set(
        requests
          .filter(({ state }) => unfinishedStates.includes(state))
          .flatMap((one) => one.lives.map(({ ref }) => ref)),
      );
      const standingOf = new Map(standings.map((standing) => [standing._id, standing]));
      return new Map(
        lives.map((life) => {
          const standing = standingOf.get(life.ref);
          return [
            lifeKey(life),
            {
              records: living.has(lifeKey(life)),
              setAside: aside.has(life.ref),
              request: asking.has(life.ref),
              ...(standing === undefined ? {} : { standing }),
            },
          ];
        }),
      );
    },

    async begin(lives, now) {
      if (lives.length === 0) return undefined;
      const ids = lives.map(lifeKey).sort();
      const _id = `keys-${hash('sha256', JSON.stringify([ids, now.toISOString()]), 'hex').slice(0, 24)}`;
      const round: RetirementRound = {
        _id,
        kind: 'round',
        lives: lives.map(({ ref, generation }) => ({ ref, generation })),
        state: 'marking',
        notBefore: now,
      };
      // The round first: cut off in between, the lives are looked at twice, which ends the same.
      await insertNew(all, [round]);
      await remove(ids);
      return round;
    },

    async advance(round, change) {
      await all.updateOne({ _id: round, kind: 'round' }, { $set: change });
    },

    async again(lives, notBefore) {
      await insertNew(
        all,
        lives.map(({ ref, generation }): RetirementDocument => ({
          _id: lifeKey({ ref, generation }),
          kind: 'life',
          ref,
          generation,
          notBefore,
        })),
      );
    },

    async audit(entry) {
      const there = await insertNew(db.collection<AuditDocument>('audit'), [toAuditDocument(entry)]);
      return there.length === 0;
    },

    async waiting() {
      const [sum] = await all
        .aggregate<{ n: number }>([
          {
            $project: {
              n: { $cond: [{ $eq: ['$kind', 'round'] }, { $size: { $ifNull: ['$lives', []] } }, 1] },
            },
          },
          { $group: { _id: null, n: { $sum: '$n' } } },
        ])
        .toArray();
      return sum?.n ?? 0;
    },
  };
}

import { findMany, type Kafkas, type Running } from '@keiro/runtime';
import {
  standingSchema,
  taskId,
  type CopyDocument,
  type Ref,
  type RequestDocument,
  type StandingDocument,
  type TaskDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import { deletionOf, erasedAt, type Erased } from './late.ts';

/** Finds, among reports of copies, those of lives that were erased. */
export interface ErasedLives {
  /** Each with what is known of its erasure; those of the living, nearly all, are not among them. */
  among(copies: readonly CopyDocument[]): Promise<ReadonlyMap<CopyDocument, Erased>>;
}

/**
 * Whose deletion is under way or done is known from `rights.standing`: long before there is anything to prove, so that a
 * report that comes after the proof meets somebody who knows. What exactly holds is asked of MongoDB then.
 */
export async function followErased(options: { kafka: Kafkas; db: Db }): Promise<ErasedLives & Running> {
  const { db } = options;
  const hidden = new Map<Ref, number>();
  const follower = await options.kafka.follow({
    topic: 'rights.standing',
    reader: 'transfer',
    from: 'beginning',
    onMessage: ({ key, value }) => {
      if (key === undefined) return;
      const through = value === null ? 0 : standingSchema.parse(JSON.parse(value.toString())).hiddenThrough;
      if (through > 0) hidden.set(key, through);
      else hidden.delete(key);
    },
  });
  await follower.caughtUp;
  return {
    ...erasedIn(db, ({ ref, generation }) => generation <= (hidden.get(ref) ?? 0)),
    close: () => follower.close(),
  };
}

/** `mayBe`: whether it is worth a look. */
export function erasedIn(
  db: Db,
  mayBe: (copy: Pick<CopyDocument, 'ref' | 'generation'>) => boolean,
): ErasedLives {
  return {
    async among(copies) {
      const candidates = copies.filter(mayBe);
      if (candidates.length === 0) return new Map();
      const refs = candidates.map(({ ref }) => ref);
      const standings = new Map(
        (await findMany(db.collection<StandingDocument>('standing'), '_id', refs)).map((one) => [
          one._id,
          one,
        ]),
      );
      const gone = candidates.flatMap((copy) => {
        const at = erasedAt(copy, standings.get(copy.ref));
        return at === undefined ? [] : [{ copy, at }];
      });
      if (gone.length === 0) return new Map();
      const requests = await findMany(
        db.collection<RequestDocument>('requests'),
        'lives.ref',
        gone.map(({ copy }) => copy.ref),
        { type: 1, lives: 1, state: 1 },
      );
      const reported = await findMany(
        db.collection<CopyDocument>('copies'),
        '_id',
        gone.map(({ copy }) => copy._id),
        { _id: 1 },
      );
      const known = new Set(reported.map(({ _id }) => _id));
      const found = gone.map(({ copy, at }) => ({ copy, at, deletion: deletionOf(copy, requests)?._id }));
      const tasks = new Map(
        (
          await findMany(
            db.collection<TaskDocument>('tasks'),
            '_id',
            found.flatMap(({ copy, deletion }) =>
              deletion === undefined ? [] : taskId(deletion, copy.holder),
            ),
            { state: 1, receipt: 1, doneAt: 1 },
          )
        ).map((task) => [task._id, task]),
      );
      return new Map(
        found.map(({ copy, at, deletion }): [CopyDocument, Erased] => {
          const task = deletion === undefined ? undefined : tasks.get(taskId(deletion, copy.holder));
          return [
            copy,
            {
              at,
              ...(deletion === undefined ? {} : { deletion }),
              ...(task === undefined ? {} : { task }),
              isKnown: known.has(copy._id),
            },
          ];
        }),
      );
    },
  };
}

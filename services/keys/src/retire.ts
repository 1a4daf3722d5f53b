import { findMany } from '@keiro/runtime';
import type { Life, RetireRequest } from '@keiro/schemas';
import type { Collection, Db } from 'mongodb';
import type { KeyAudit } from './key-audit.ts';
import type { KeyRings } from './rings.ts';
import type { KeyDocument } from './store.ts';

/*
 * Retention ends a key when the last record of its life has ended. Each step is one write to one document that says
 * what it must find: of a key that is to be destroyed and an event that is to be sealed under it at the same time,
 * the second finds what the first has done.
 */
export interface RetireStore {
  /** Marks keys that there are. */
  mark(lives: readonly Life[], by: string, at: Date): Promise<void>;
  /** Destroys those that carry this mark. */
  destroy(lives: readonly Life[], by: string, at: Date): Promise<void>;
  /** Takes this mark off. */
  release(lives: readonly Life[], by: string): Promise<void>;
  /** Takes any mark off: somebody is about to seal under them. */
  keep(lives: readonly Life[]): Promise<void>;
  find(lives: readonly Life[]): Promise<KeyDocument[]>;
}

const exists = { wrapped: { $ne: null } };

export function openRetireStore(db: Db): RetireStore {
  const keys: Collection<KeyDocument> = db.collection('keys');
  type Change = Parameters<typeof keys.updateOne>;
  async function each(lives: readonly Life[], filter: Change[0], update: Change[1]): Promise<void> {
    await keys.bulkWrite(
      lives.map(({ ref, generation }) => ({
        updateOne: { filter: { ...filter, _id: ref, generation }, update },
      })),
      { ordered: false },
    );
  }
  return {
    mark: (lives, by, at) => each(lives, exists, { $set: { retiring: { by, at } } }),
    destroy: (lives, by, at) =>
      each(
        lives,
        { ...exists, 'retiring.by': by },
        {
          $set: { wrapped: null, identifier: null, retiredAt: at, retiredBy: by },
          $unset: { retiring: '' },
        },
      ),
    release: (lives, by) => each(lives, { 'retiring.by': by }, { $unset: { retiring: '' } }),
    keep: (lives) => each(lives, { ...exists, retiring: { $exists: true } }, { $unset: { retiring: '' } }),
    async find(lives) {
      const generations = new Map(lives.map(({ ref, generation }) => [ref, generation]));
      const found = await findMany(keys, '_id', [...generations.keys()]);
      return found.filter(({ _id, generation }) => generations.get(_id) === generation);
    },
  };
}

/** One step for lives; answers those of which it is so now. */
export async function retire(
  deps: {
    readonly retire: RetireStore;
    readonly rings: Pick<KeyRings, 'forget'>;
    readonly audit: Pick<KeyAudit, 'decided'>;
    readonly now: () => Date;
    readonly onDestroyed: (keys: number) => void;
  },
  { round, step, lives }: RetireRequest,
  by: string,
): Promise<Life[]> {
  const { retire: store, rings, audit, now } = deps;
  const at = now();
  if (step === 'mark') await store.mark(lives, round, at);
  else if (step === 'destroy') await store.destroy(lives, round, at);
  else await store.release(lives, round);
  for (const { ref } of lives) rings.forget(ref);
  const done = (await store.find(lives)).filter((one) => isDone(step, one, round));
  if (step === 'destroy') deps.onDestroyed(done.length);
  await audit.decided({
    at,
    by,
    action: `keys-retire-${step}`,
    detail: { round, asked: lives.length, done: done.length },
  });
  return done.map(({ _id, generation }) => ({ ref: _id, generation }));
}

/** Pure. */
function isDone(step: RetireRequest['step'], one: KeyDocument, round: string): boolean {
  switch (step) {
    case 'mark':
      return one.wrapped !== null && one.retiring?.by === round;
    case 'destroy':
      return one.wrapped === null && one.retiredBy === round;
    case 'release':
      return one.wrapped !== null && one.retiring === undefined;
  }
}

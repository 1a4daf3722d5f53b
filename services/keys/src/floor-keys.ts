import { custodyGroup, open, seal } from '@keiro/sdk';
import { findMany } from '@keiro/runtime';
import { kindOfRef, lifeKey, type FloorsKeep, type Life, type SweepResponse } from '@keiro/schemas';
import { Binary, type Collection, type Db } from 'mongodb';
import { z } from 'zod';
import type { Keks } from './keks.ts';
import { identifierGroup } from './life.ts';
import { ownerOf } from './owners.ts';
import type { KeyRings } from './rings.ts';
import { wrappedOf } from './store.ts';

/** `floorKeys`, by life: what a floor keeps of one that was erased. Gone when the floor ends. */
interface FloorKeyDocument {
  readonly _id: string;
  readonly request: string;
  readonly epoch: number;
  readonly wrapped: Binary;
  readonly sealed: string;
  readonly createdAt: Date;
  /** Nothing opens from then on, whether or not it has been swept; absent while the end is open. */
  readonly until?: Date;
}

const keptSchema = z.strictObject({
  groups: z.record(z.string(), z.base64()),
  custody: z.base64(),
  /** Only where the floor keeps who it is. */
  value: z.string().optional(),
});
type Kept = z.infer<typeof keptSchema>;

/**
 * Keys of field groups by themselves, for as long as a law makes us keep what is sealed under them (R4). A data key opens
 * all of a person, so it goes; a group's key opens that group alone. Each life's are sealed under a key of its own, which
 * is wrapped, rotated and backed up as data keys are.
 */
export interface FloorKeys {
  /** Before the data keys are destroyed; again, it replaces what it kept. Answers for how many lives something is kept. */
  keep(asked: FloorsKeep): Promise<number>;
  /** Those of these groups that are kept and whose floor has not ended, by life. */
  groupKeys(
    lives: readonly Life[],
    now: Date,
  ): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;
  /** What a sweep of what is kept needs: where copies are; who it is only where that is kept, else an empty value. */
  sweepOf(lives: readonly Life[]): Promise<ReadonlyMap<string, SweepResponse['lives'][number]>>;
  /** Answers how many there were. Idempotent. */
  end(lives: readonly Life[]): Promise<number>;
}

export function createFloorKeys(deps: {
  readonly db: Db;
  readonly keks: Keks;
  readonly rings: Pick<KeyRings, 'load'>;
  readonly random: (bytes: number) => Buffer;
  readonly now: () => Date;
}): FloorKeys {
  const { keks, rings, random, now } = deps;
  const keys: Collection<FloorKeyDocument> = deps.db.collection('floorKeys');

  async function read(lives: readonly Life[], before?: Date): Promise<Map<string, Kept>> {
    const found = lives.length === 0 ? [] : await findMany(keys, '_id', lives.map(lifeKey));
    const alive = found.filter(({ until }) => before === undefined || until === undefined || until > before);
    const opened = alive.map(async (document) => {
      const owner = ownerOf.floor(document._id);
      const key = await keks.unwrap(wrappedOf(document), owner);
      const kept = keptSchema.parse(JSON.parse(open(key, document.sealed, owner).toString()));
      return [document._id, kept] as const;
    });
    return new Map(await Promise.all(opened));
  }

  return {
    async keep({ request, lives, groups, identifiers, until }) {
      const { live } = await rings.load(lives.map(({ ref }) => ref));
      const sealing = lives.flatMap((life) => {
        const ring = live.get(life.ref);
        // Destroyed already: what was kept before that stands.
        if (ring?.generation !== life.generation) return [];
        const { identifier } = ring.document;
        const kept: Kept = {
          groups: Object.fromEntries(groups.map((group) => [group, ring.groupKey(group).toString('base64')])),
          custody: ring.groupKey(custodyGroup).toString('base64'),
          ...(identifiers && identifier !== null
            ? { value: open(ring.groupKey(identifierGroup), identifier, lifeKey(life)).toString() }
            : {}),
        };
        return [{ id: lifeKey(life), kept }];
      });
      if (sealing.length === 0) return 0;
      await keks.wrapping(async (wrap) => {
        await keys.bulkWrite(
          sealing.map(({ id, kept }) => {
            const key = random(32);
            const owner = ownerOf.floor(id);
            const { epoch, bytes } = wrap(key, owner, random(12));
            const replacement = {
              request,
              epoch,
              wrapped: new Binary(bytes),
              sealed: seal(key, Buffer.from(JSON.stringify(kept)), owner, random(12)),
              createdAt: now(),
              ...(until === undefined ? {} : { until: new Date(until) }),
            };
            return { replaceOne: { filter: { _id: id }, replacement, upsert: true } };
          }),
          { ordered: false },
        );
      });
      return sealing.length;
    },

    async groupKeys(lives, at) {
      return new Map([...(await read(lives, at))].map(([life, { groups }]) => [life, groups]));
    },

    async sweepOf(lives) {
      const kept = await read(lives);
      return new Map(
        lives.flatMap(({ ref, generation }) => {
          const life = lifeKey({ ref, generation });
          const found = kept.get(life);
          if (found === undefined) return [];
          const { custody, value = '' } = found;
          return [[life, { ref, generation, kind: kindOfRef(ref), value, custodyKey: custody }] as const];
        }),
      );
    },

    async end(lives) {
      if (lives.length === 0) return 0;
      return (await keys.deleteMany({ _id: { $in: lives.map(lifeKey) } })).deletedCount;
    },
  };
}

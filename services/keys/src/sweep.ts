import { z } from 'zod';
import { ProblemError } from '@keiro/runtime';
import { custodyGroup, directiveKeyOf, exportKeyOf, open, seal } from '@keiro/sdk';
import {
  fieldChangesSchema,
  kindOfRef,
  lifeKey,
  lifeSchema,
  type FieldChange,
  type SweepAsked,
  type SweepPrepare,
  type SweepResponse,
} from '@keiro/schemas';
import type { FloorKeys } from './floor-keys.ts';
import type { Keks } from './keks.ts';
import { identifierGroup } from './life.ts';
import { ownerOf } from './owners.ts';
import type { KeyRings } from './rings.ts';
import { wrappedOf, type KeyStore } from './store.ts';

export interface SweepDependencies {
  readonly keks: Keks;
  readonly store: KeyStore;
  readonly rings: KeyRings;
  readonly floorKeys: Pick<FloorKeys, 'sweepOf'>;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
}

const livesSchema = z.array(
  z.strictObject({ ...lifeSchema.shape, kind: z.string(), value: z.string(), custodyKey: z.string() }),
);
/** A list alone: kept by a version that knew no changes. */
const keptSchema = z.union([
  z.strictObject({ lives: livesSchema, changes: fieldChangesSchema.optional() }),
  livesSchema.transform((lives) => ({ lives, changes: undefined })),
]);
interface Kept {
  readonly key: Buffer;
  readonly lives: SweepResponse['lives'];
  /** R2, R3. */
  readonly changes?: readonly FieldChange[] | undefined;
}

/**
 * Keeps identifiers and custody keys of the lives of each request, and what its correction sets, under a key of the
 * request's own. Called again, it
 * adds what it can still open and keeps what it kept before: a crash between this and the destruction of the
 * person's keys loses nothing. Answers the number of lives kept in all, for each.
 */
export async function prepareSweeps(
  deps: SweepDependencies,
  asked: readonly SweepPrepare[],
): Promise<number[]> {
  const keptBefore = await readKept(
    deps,
    asked.map(({ request }) => request),
  );
  const { live } = await deps.rings.load(asked.flatMap(({ lives }) => lives.map(({ ref }) => ref)));
  // Of who was erased, what a floor keeps can still be found (R4), and its end comes by the same way.
  const gone = asked
    .flatMap(({ lives }) => lives)
    .filter(({ ref, generation }) => live.get(ref)?.generation !== generation);
  const left = await deps.floorKeys.sweepOf(gone);
  // A request that is named twice adds up.
  const kept = new Map(keptBefore);
  for (const { request, lives, changes } of asked) {
    const before: Kept = kept.get(request) ?? { key: deps.random(32), lives: [] };
    const all = new Map(before.lives.map((one) => [lifeKey(one), one]));
    for (const life of lives) {
      const rest = left.get(lifeKey(life));
      if (rest !== undefined && !all.has(lifeKey(life))) all.set(lifeKey(life), rest);
      const ring = live.get(life.ref);
      if (ring?.generation !== life.generation || ring.document.identifier === null) continue;
      const value = open(ring.groupKey(identifierGroup), ring.document.identifier, lifeKey(life));
      all.set(lifeKey(life), {
        ref: life.ref,
        generation: life.generation,
        kind: kindOfRef(life.ref),
        value: value.toString(),
        custodyKey: ring.groupKey(custodyGroup).toString('base64'),
      });
    }
    kept.set(request, { key: before.key, lives: [...all.values()], changes: changes ?? before.changes });
  }
  const prepared = [...new Set(asked.map(({ request }) => request))];
  await deps.keks.wrapping((wrap) =>
    deps.store.putSweeps(
      prepared.flatMap((request) => {
        const one = kept.get(request);
        if (one === undefined) return [];
        const owner = ownerOf.sweep(request);
        return {
          request,
          wrapped: wrap(one.key, owner, deps.random(12)),
          sealed: seal(
            one.key,
            Buffer.from(JSON.stringify({ lives: one.lives, changes: one.changes })),
            owner,
            deps.random(12),
          ),
        };
      }),
      deps.now(),
    ),
  );
  return asked.map(({ request }) => kept.get(request)?.lives.length ?? 0);
}

/**
 * What was kept for each request, with the key of its directives to a holder where one is named. Null where there is
 * nothing: never prepared, or forgotten after the last probe.
 */
export async function readSweeps(
  deps: SweepDependencies,
  asked: readonly SweepAsked[],
): Promise<(SweepResponse | null)[]> {
  const kept = await readKept(
    deps,
    asked.map(({ request }) => request),
  );
  return asked.map(({ request, holder, exports }) => {
    const one = kept.get(request);
    if (one === undefined) return null;
    return {
      lives: one.lives,
      ...(one.changes === undefined ? {} : { changes: [...one.changes] }),
      ...(exports === undefined ? {} : { exportKey: exportKeyOf(one.key).toString('base64') }),
      ...(holder === undefined ? {} : { directiveKey: directiveKeyOf(one.key, holder).toString('base64') }),
    };
  });
}

/** The key under which directives of a request are sealed for a holder; 404 as {@link readSweep}. */
export async function directiveKey(
  { store, keks }: SweepDependencies,
  request: string,
  holder: string,
): Promise<Buffer> {
  const document = (await store.findSweeps([request])).get(request);
  if (document === undefined) throw nothingKept();
  return directiveKeyOf(await keks.unwrap(wrappedOf(document), ownerOf.sweep(request)), holder);
}

const nothingKept = () => new ProblemError(404, 'no-sweep', 'nothing is kept for this request');

async function readKept(deps: SweepDependencies, requests: readonly string[]): Promise<Map<string, Kept>> {
  const found = await deps.store.findSweeps(requests);
  const kept = new Map<string, Kept>();
  for (const [request, document] of found) {
    const owner = ownerOf.sweep(request);
    const key = await deps.keks.unwrap(wrappedOf(document), owner);
    const opened = keptSchema.parse(JSON.parse(open(key, document.sealed, owner).toString()));
    kept.set(request, { key, ...opened });
  }
  return kept;
}

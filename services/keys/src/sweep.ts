import { z } from 'zod';
import { ProblemError } from '@keiro/runtime';
import { custodyGroup, directiveKeyOf, open, seal } from '@keiro/sdk';
import { kindOfRef, lifeKey, lifeSchema, type Life, type SweepResponse } from '@keiro/schemas';
import type { Keks } from './keks.ts';
import { identifierGroup } from './life.ts';
import { ownerOf } from './owners.ts';
import type { KeyRings } from './rings.ts';
import { wrappedOf, type KeyStore } from './store.ts';

export interface SweepDependencies {
  readonly keks: Keks;
  readonly store: KeyStore;
  readonly rings: KeyRings;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
}

const keptSchema = z.array(
  z.strictObject({ ...lifeSchema.shape, kind: z.string(), value: z.string(), custodyKey: z.string() }),
);
type Kept = SweepResponse['lives'];

/**
 * Keeps identifiers and custody keys of these lives under a key of the request's own. Called again, it adds
 * what it can still open and keeps what it kept before: a crash between this and the destruction of the
 * person's keys loses nothing. Answers the number of lives kept in all.
 */
export async function prepareSweep(
  deps: SweepDependencies,
  request: string,
  lives: readonly Life[],
): Promise<number> {
  const before = await readKept(deps, request);
  const kept = new Map((before?.lives ?? []).map((one) => [lifeKey(one), one]));
  const { live } = await deps.rings.load(lives.map(({ ref }) => ref));
  for (const life of lives) {
    const ring = live.get(life.ref);
    if (ring?.generation !== life.generation || ring.document.identifier === null) continue;
    const value = open(ring.groupKey(identifierGroup), ring.document.identifier, lifeKey(life));
    kept.set(lifeKey(life), {
      ref: life.ref,
      generation: life.generation,
      kind: kindOfRef(life.ref),
      value: value.toString(),
      custodyKey: ring.groupKey(custodyGroup).toString('base64'),
    });
  }
  const key = before?.key ?? deps.random(32);
  const plaintext = Buffer.from(JSON.stringify([...kept.values()]));
  const owner = ownerOf.sweep(request);
  await deps.keks.wrapping((wrap) =>
    deps.store.putSweep(
      request,
      wrap(key, owner, deps.random(12)),
      seal(key, plaintext, owner, deps.random(12)),
      deps.now(),
    ),
  );
  return kept.size;
}

/**
 * What was kept for a request, with the key of its directives to a holder where one is named. 404 when there is
 * nothing: never prepared, or forgotten after the last probe.
 */
export async function readSweep(
  deps: SweepDependencies,
  request: string,
  holder?: string,
): Promise<SweepResponse> {
  const kept = await readKept(deps, request);
  if (kept === undefined) throw nothingKept();
  return {
    lives: kept.lives,
    ...(holder === undefined ? {} : { directiveKey: directiveKeyOf(kept.key, holder).toString('base64') }),
  };
}

/** The key under which directives of a request are sealed for a holder; 404 as {@link readSweep}. */
export async function directiveKey(
  { store, keks }: SweepDependencies,
  request: string,
  holder: string,
): Promise<Buffer> {
  const document = await store.findSweep(request);
  if (document === null) throw nothingKept();
  return directiveKeyOf(await keks.unwrap(wrappedOf(document), ownerOf.sweep(request)), holder);
}

const nothingKept = () => new ProblemError(404, 'no-sweep', 'nothing is kept for this request');

async function readKept(
  deps: SweepDependencies,
  request: string,
): Promise<{ key: Buffer; lives: Kept } | undefined> {
  const document = await deps.store.findSweep(request);
  if (document === null) return undefined;
  const owner = ownerOf.sweep(request);
  const key = await deps.keks.unwrap(wrappedOf(document), owner);
  return { key, lives: keptSchema.parse(JSON.parse(open(key, document.sealed, owner).toString())) };
}

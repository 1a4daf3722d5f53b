import { Binary } from 'mongodb';
import { groupKeyOf, seal, sealKeyOf } from '@keiro/sdk';
import type { Ref, SealRequest, SealResponse } from '@keiro/schemas';
import type { Keks, Wrap } from './keks.ts';
import { identifierGroup, isRetired, mayRenew, refOf } from './life.ts';
import type { QuarantineKeys } from './quarantine-keys.ts';
import { ownerOf } from './owners.ts';
import type { RetireStore } from './retire.ts';
import type { KeyRing, KeyRings } from './rings.ts';
import type { KeyDocument, KeyStore } from './store.ts';

export interface SealDependencies {
  readonly pepper: Buffer;
  readonly keks: Keks;
  readonly store: KeyStore;
  readonly rings: KeyRings;
  readonly retire: Pick<RetireStore, 'keep'>;
  readonly quarantineKeys: Pick<QuarantineKeys, 'keyOf'>;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
}

/**
 * Answers with the ref, generation and seal keys of each identifier, in the order asked. Creates what was
 * never seen; a data key is stored before anything can be sealed under it.
 */
export async function sealKeys(deps: SealDependencies, request: SealRequest): Promise<SealResponse> {
  const asked = request.identifiers.map((one) => ({ ...one, ref: refOf(deps.pepper, one.kind, one.value) }));
  const { live, dead } = await ringsOf(deps, asked);

  const results = asked.map(({ ref, groups }): SealResponse['results'][number] => {
    const ring = live.get(ref);
    if (ring === undefined) {
      return { ref, generation: dead.get(ref)?.generation ?? 1, state: 'erased', keys: {} };
    }
    const keys = groups.map((group) => [
      group,
      sealKeyOf(ring.groupKey(group), request.source).toString('base64'),
    ]);
    return {
      ref,
      generation: ring.generation,
      state: 'live',
      keys: Object.fromEntries(keys) as Record<string, string>,
    };
  });
  if (results.every(({ state }) => state === 'live')) return { results };
  const day = deps.now().toISOString().slice(0, 10);
  return { results, quarantine: { day, key: (await deps.quarantineKeys.keyOf(day)).toString('base64') } };
}

type Asked = SealRequest['identifiers'][number] & { ref: Ref };

/**
 * What is not in memory is inserted as if it were new, and only what turns out to exist is read: an insert is
 * a quarter of a look-up here, and the unique `_id` settles who came first when two ask at once.
 */
async function ringsOf(
  deps: SealDependencies,
  asked: readonly Asked[],
): Promise<{ live: Map<Ref, KeyRing>; dead: Map<Ref, KeyDocument> }> {
  const live = new Map<Ref, KeyRing>();
  const unknown = new Map<Ref, Asked>();
  for (const one of asked) {
    const ring = deps.rings.cached(one.ref);
    // One that is to go has to be kept first, or to be renewed.
    if (ring !== undefined && ring.document.retiring === undefined) live.set(one.ref, ring);
    else unknown.set(one.ref, one);
  }
  if (unknown.size === 0) return { live, dead: new Map() };

  const { fresh, existing } = await deps.keks.wrapping(async (wrap) => {
    const made = [...unknown.values()].map((one) => makeKey(deps, wrap, one, undefined));
    return { fresh: made, existing: await deps.store.insert(made.map(({ document }) => document)) };
  });
  for (const { document, dataKey } of fresh) {
    const ref = document._id;
    if (!existing.has(ref)) live.set(ref, deps.rings.remember(document, dataKey));
  }
  if (existing.size === 0) return { live, dead: new Map() };

  const known = await loadKept(deps, [...existing]);
  for (const [ref, ring] of known.live) live.set(ref, ring);
  for (const [ref, past] of known.dead) {
    const ring = await renewed(deps, asked, past);
    if (ring === undefined) continue;
    live.set(ref, ring);
    known.dead.delete(ref);
  }
  return { live, dead: known.dead };
}

/** Keys that retention was about to end stay, because somebody seals under them now; one that it has ended is dead. */
async function loadKept(
  { rings, retire }: SealDependencies,
  refs: readonly Ref[],
): Promise<Awaited<ReturnType<KeyRings['load']>>> {
  const known = await rings.load(refs);
  const retiring = [...known.live.values()].filter(({ document }) => document.retiring !== undefined);
  if (retiring.length === 0) return known;
  await retire.keep(retiring);
  for (const { ref } of retiring) rings.forget(ref);
  const now = await rings.load(retiring.map(({ ref }) => ref));
  for (const { ref } of retiring) known.live.delete(ref);
  return {
    live: new Map([...known.live, ...now.live]),
    dead: new Map([...known.dead, ...now.dead]),
  };
}

/** The next life of a ref whose key was destroyed, where one of the events that ask allows it. */
async function renewed(
  deps: SealDependencies,
  asked: readonly Asked[],
  past: KeyDocument,
): Promise<KeyRing | undefined> {
  const one = asked.find(
    ({ ref, type, time }) =>
      ref === past._id &&
      mayRenew({ erasedAt: past.erasedAt, isRetired: isRetired(past) }, { type, time: new Date(time) }),
  );
  if (one === undefined) return undefined;
  const made = await deps.keks.wrapping(async (wrap) => {
    const next = makeKey(deps, wrap, one, past);
    return (await deps.store.renew(next.document)) ? next : undefined;
  });
  if (made !== undefined) return deps.rings.remember(made.document, made.dataKey);
  // Somebody else renewed it first.
  return (await deps.rings.load([past._id])).live.get(past._id);
}

interface Made {
  readonly document: KeyDocument;
  readonly dataKey: Buffer;
}

function makeKey(deps: SealDependencies, wrap: Wrap, one: Asked, past: KeyDocument | undefined): Made {
  const generation = (past?.generation ?? 0) + 1;
  const owner = ownerOf.life({ ref: one.ref, generation });
  const dataKey = deps.random(32);
  const wrapped = wrap(dataKey, owner, deps.random(12));
  const document: KeyDocument = {
    _id: one.ref,
    generation,
    epoch: wrapped.epoch,
    wrapped: new Binary(wrapped.bytes),
    identifier: seal(groupKeyOf(dataKey, identifierGroup), Buffer.from(one.value), owner, deps.random(12)),
    createdAt: deps.now(),
    erasedThrough: past?.erasedThrough ?? 0,
    ...(past?.erasedAt === undefined ? {} : { erasedAt: past.erasedAt }),
  };
  return { document, dataKey };
}

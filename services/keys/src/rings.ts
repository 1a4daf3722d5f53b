import { LRUCache } from 'lru-cache';
import { groupKeyOf } from '@keiro/sdk';
import type { Life, Ref } from '@keiro/schemas';
import type { Keks } from './keks.ts';
import { ownerOf } from './owners.ts';
import { wrappedOf, type KeyDocument, type KeyStore } from './store.ts';

/** A data key in memory, with the group keys derived from it so far. */
export interface KeyRing extends Life {
  readonly groupKey: (group: string) => Buffer;
  readonly document: KeyDocument;
}

/**
 * Unwrapped data keys, the most recently used ones. Whoever changes a ref's key, or hears that its standing
 * changed, must call `forget`.
 */
export interface KeyRings {
  /** The ring in memory, if there is one. */
  cached(ref: Ref): KeyRing | undefined;
  /** Live rings by ref; a ref without a living key is absent, its document may be in `dead`. */
  load(refs: readonly Ref[]): Promise<{ live: Map<Ref, KeyRing>; dead: Map<Ref, KeyDocument> }>;
  /** Makes the ring of a document whose data key is at hand. */
  remember(document: KeyDocument, dataKey: Buffer): KeyRing;
  forget(ref: Ref): void;
}

/**
 * How long another instance's mark on a key may go unseen here, in milliseconds: what retention waits for before it
 * destroys one is longer by far.
 */
export const ringTtlMs = 600_000;

export function createKeyRings(store: KeyStore, keks: Pick<Keks, 'unwrap'>, max = 50_000): KeyRings {
  const cache = new LRUCache<Ref, KeyRing>({ max, ttl: ringTtlMs });

  // Counts what was forgotten, so that a ring read before a change is not kept after it.
  let changes = 0;

  function ringOf(document: KeyDocument, dataKey: Buffer): KeyRing {
    const groups = new Map<string, Buffer>();
    return {
      ref: document._id,
      generation: document.generation,
      document,
      groupKey(group) {
        const known = groups.get(group);
        if (known !== undefined) return known;
        const key = groupKeyOf(dataKey, group);
        groups.set(group, key);
        return key;
      },
    };
  }

  return {
    cached: (ref) => cache.get(ref),
    remember(document, dataKey) {
      const ring = ringOf(document, dataKey);
      cache.set(ring.ref, ring);
      return ring;
    },
    forget(ref) {
      changes += 1;
      cache.delete(ref);
    },
    async load(refs) {
      const live = new Map<Ref, KeyRing>();
      const dead = new Map<Ref, KeyDocument>();
      const missing: Ref[] = [];
      for (const ref of new Set(refs)) {
        const ring = cache.get(ref);
        if (ring === undefined) missing.push(ref);
        else live.set(ref, ring);
      }
      if (missing.length === 0) return { live, dead };
      const before = changes;
      for (const [ref, document] of await store.find(missing)) {
        if (document.wrapped === null) {
          dead.set(ref, document);
          continue;
        }
        const wrapped = wrappedOf({ epoch: document.epoch, wrapped: document.wrapped });
        const dataKey = await keks.unwrap(wrapped, ownerOf.life({ ref, generation: document.generation }));
        const ring = ringOf(document, dataKey);
        live.set(ref, ring);
        if (changes === before) cache.set(ref, ring);
      }
      return { live, dead };
    },
  };
}

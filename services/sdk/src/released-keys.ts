import { LRUCache } from 'lru-cache';
import { lifeKey, type Life, type Ref } from '@keiro/schemas';
import type { KeysClient } from './keys-client.ts';
import { sealKeyOf } from './sealing.ts';

/** The keys of one life that a holder may use for its purpose, or why it may not. */
export type Released =
  | {
      readonly state: 'released';
      groupKey(group: string, source: string): Buffer | undefined;
      readonly locatorKey: Buffer;
    }
  | { readonly state: 'refused'; readonly reason: 'erased' | 'hidden' | 'suspended' | 'unknown' };

/**
 * Released keys, kept for as long as the keys service allows (60 s) and forgotten at once when the standing
 * of their person changes. Refusals are not kept.
 */
export interface ReleasedKeys {
  get(lives: readonly Life[]): Promise<Map<string, Released>>;
  forget(ref: Ref): void;
}

const atOnce = 500;

export function createReleasedKeys(options: {
  keys: KeysClient;
  holder: string;
  purpose: string;
  groups: readonly string[];
}): ReleasedKeys {
  const cache = new LRUCache<Ref, { generation: number; released: Released }>({ max: 50_000, ttl: 60_000 });
  // Counts what was forgotten, so that an answer asked for before a change is not kept after it.
  let changes = 0;

  async function fetchSome(lives: readonly Life[], into: Map<string, Released>): Promise<void> {
    const before = changes;
    // The time that the service allows began before its answer was here.
    const start = performance.now();
    const { results, ttlSeconds } = await options.keys.release({
      holder: options.holder,
      purpose: options.purpose,
      groups: [...options.groups],
      lives: [...lives],
    });
    for (const [position, life] of lives.entries()) {
      const result = results[position];
      if (result === undefined || result.state === 'refused') {
        into.set(lifeKey(life), { state: 'refused', reason: result?.reason ?? 'unknown' });
        continue;
      }
      const released = openRing(result.keys);
      into.set(lifeKey(life), released);
      if (changes === before)
        cache.set(life.ref, { generation: life.generation, released }, { ttl: ttlSeconds * 1000, start });
    }
  }

  return {
    async get(lives) {
      const found = new Map<string, Released>();
      const missing = new Map<string, Life>();
      for (const life of lives) {
        const cached = cache.get(life.ref);
        if (cached?.generation === life.generation) found.set(lifeKey(life), cached.released);
        else missing.set(lifeKey(life), life);
      }
      const list = [...missing.values()];
      for (let from = 0; from < list.length; from += atOnce)
        await fetchSome(list.slice(from, from + atOnce), found);
      return found;
    },
    forget(ref) {
      changes += 1;
      cache.delete(ref);
    },
  };
}

function openRing(keys: Readonly<Record<string, string>>): Released {
  const bySource = new Map<string, Buffer>();
  return {
    state: 'released',
    locatorKey: Buffer.from(keys['custody'] ?? '', 'base64'),
    groupKey(group, source) {
      const name = `${group}\n${source}`;
      const known = bySource.get(name);
      if (known !== undefined) return known;
      const encoded = keys[group];
      if (encoded === undefined) return undefined;
      const key = sealKeyOf(Buffer.from(encoded, 'base64'), source);
      bySource.set(name, key);
      return key;
    },
  };
}

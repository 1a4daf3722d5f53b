import { LRUCache } from 'lru-cache';
import { lifeKey, type Life, type Ref, type ReleaseRefusal } from '@keiro/schemas';
import type { KeysClient } from './keys-client.ts';
import { sealKeyOf } from './sealing.ts';

/** The keys of one life that a holder may use for its purpose, or why it may not. */
export type Released =
  | {
      readonly state: 'released';
      groupKey(group: string, source: string): Buffer | undefined;
      readonly locatorKey: Buffer;
    }
  | { readonly state: 'refused'; readonly reason: ReleaseRefusal };

/**
 * Released keys, kept for as long as the keys service allows (60 s) and forgotten at once when the standing
 * of their person changes. Refusals are not kept.
 */
export interface ReleasedKeys {
  /** In the order asked; a life may be asked for more than once. `groups`: ids of those that the purpose may be served by now. */
  get(lives: readonly Life[], groups: readonly string[]): Promise<readonly Released[]>;
  forget(ref: Ref): void;
}

const atOnce = 500;

interface Kept {
  readonly generation: number;
  /** Those that were asked for: a version that takes effect brings others. */
  readonly groups: string;
  readonly released: Released;
}

export function createReleasedKeys(options: {
  keys: Pick<KeysClient, 'release'>;
  holder: string;
  purpose: string;
}): ReleasedKeys {
  const cache = new LRUCache<Ref, Kept>({ max: 50_000, ttl: 60_000 });
  // Counts what was forgotten, so that an answer asked for before a change is not kept after it.
  let changes = 0;

  async function fetchSome(
    lives: readonly Life[],
    groups: readonly string[],
    into: Map<string, Released>,
  ): Promise<void> {
    const before = changes;
    // The time that the service allows began before its answer was here.
    const start = performance.now();
    const { results, ttlSeconds } = await options.keys.release({
      holder: options.holder,
      purpose: options.purpose,
      groups: [...groups],
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
        cache.set(
          life.ref,
          { generation: life.generation, groups: groups.join(), released },
          { ttl: ttlSeconds * 1000, start },
        );
    }
  }

  return {
    async get(lives, groups) {
      const asked = groups.join();
      const found: (Released | undefined)[] = [];
      const missing = new Map<string, Life>();
      for (const life of lives) {
        const kept = cache.get(life.ref);
        const isIt = kept?.generation === life.generation && kept.groups === asked;
        found.push(isIt ? kept.released : undefined);
        if (!isIt) missing.set(lifeKey(life), life);
      }
      const list = [...missing.values()];
      const fetched = new Map<string, Released>();
      for (let from = 0; from < list.length; from += atOnce)
        await fetchSome(list.slice(from, from + atOnce), groups, fetched);
      return lives.map((life, position) => found[position] ?? fetched.get(lifeKey(life)) ?? unknown);
    },
    forget(ref) {
      changes += 1;
      cache.delete(ref);
    },
  };
}

const unknown: Released = { state: 'refused', reason: 'unknown' };

function openRing(keys: Readonly<Record<string, string>>): Released {
  const bySource = new Map<string, Map<string, Buffer>>();
  return {
    state: 'released',
    locatorKey: Buffer.from(keys['custody'] ?? '', 'base64'),
    groupKey(group, source) {
      let ofSource = bySource.get(source);
      if (ofSource === undefined) bySource.set(source, (ofSource = new Map<string, Buffer>()));
      const known = ofSource.get(group);
      if (known !== undefined) return known;
      const encoded = keys[group];
      if (encoded === undefined) return undefined;
      const key = sealKeyOf(Buffer.from(encoded, 'base64'), source);
      ofSource.set(group, key);
      return key;
    },
  };
}

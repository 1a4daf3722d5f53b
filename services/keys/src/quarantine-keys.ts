import { LRUCache } from 'lru-cache';
import type { Keks } from './keks.ts';
import { ownerOf } from './owners.ts';
import type { KeyStore } from './store.ts';

/** The key of each day under which quarantined data are sealed; made when first asked for. */
export function createQuarantineKeys(deps: {
  store: KeyStore;
  keks: Keks;
  random: (bytes: number) => Buffer;
}): (day: string) => Promise<Buffer> {
  const cache = new LRUCache<string, Buffer>({ max: 32 });
  return async (day) => {
    const known = cache.get(day);
    if (known !== undefined) return known;
    const owner = ownerOf.quarantine(day);
    const wrapped = await deps.keks.wrapping((wrap) =>
      deps.store.quarantineKey(day, () => wrap(deps.random(32), owner, deps.random(12))),
    );
    const key = await deps.keks.unwrap(wrapped, owner);
    cache.set(day, key);
    return key;
  };
}

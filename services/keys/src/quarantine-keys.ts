import { LRUCache } from 'lru-cache';
import type { KeyProvider } from './key-file.ts';
import type { KeyStore } from './store.ts';

/** The key of each day under which quarantined data are sealed; made when first asked for. */
export function createQuarantineKeys(deps: {
  store: KeyStore;
  provider: KeyProvider;
  random: (bytes: number) => Buffer;
}): (day: string) => Promise<Buffer> {
  const cache = new LRUCache<string, Buffer>({ max: 32 });
  return async (day) => {
    const known = cache.get(day);
    if (known !== undefined) return known;
    const owner = `quarantine\n${day}`;
    const wrapped = await deps.store.quarantineKey(day, () =>
      deps.provider.wrap(deps.random(32), owner, deps.random(12)),
    );
    const key = await deps.provider.unwrap(wrapped, owner);
    cache.set(day, key);
    return key;
  };
}

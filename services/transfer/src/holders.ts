import type { HolderDocument } from '@keiro/schemas';

/**
 * The registered holders, in memory: no report waits for a look-up. Whoever is not among them is looked for in the
 * store before he is refused, and what another instance changed is seen within seconds.
 */
export interface Holders {
  /** Those that are registered, by id. */
  among(ids: readonly string[]): Promise<ReadonlyMap<string, HolderDocument>>;
  /** The register was changed here. */
  reload(): Promise<void>;
}

const freshForMs = 10_000;

export async function createHolders(
  load: () => Promise<readonly HolderDocument[]>,
  now: () => Date,
): Promise<Holders> {
  let loadedAt = 0;
  let registered: ReadonlyMap<string, HolderDocument> = new Map();
  async function reload(): Promise<void> {
    const at = now().getTime();
    registered = new Map((await load()).map((holder) => [holder.id, holder]));
    loadedAt = at;
  }
  await reload();
  return {
    reload,
    async among(ids) {
      // At most one look a batch.
      if (now().getTime() - loadedAt > freshForMs || ids.some((id) => !registered.has(id))) await reload();
      return registered;
    },
  };
}

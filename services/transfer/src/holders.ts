/** The registered holders, in memory. Whoever is not among them is looked for in the store before he is refused. */
export interface Holders {
  unknownAmong(ids: readonly string[]): Promise<ReadonlySet<string>>;
}

export async function createHolders(load: () => Promise<ReadonlySet<string>>): Promise<Holders> {
  let registered = await load();
  return {
    async unknownAmong(ids) {
      const missing = () => new Set(ids.filter((id) => !registered.has(id)));
      // Another instance may have registered somebody: at most one look a batch.
      if (missing().size > 0) registered = await load();
      return missing();
    },
  };
}

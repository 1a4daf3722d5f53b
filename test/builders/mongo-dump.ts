import type { Mongo } from '@keiro/runtime';

/** Every document of a database, by collection. */
export async function dump({ client }: Mongo, database: string): Promise<Map<string, { _id: unknown }[]>> {
  const db = client.db(database);
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await db.collection(name).find().toArray()] as const)),
  );
}

/** In place of what is there, or beside. */
export async function restore(
  { client }: Mongo,
  database: string,
  backup: ReadonlyMap<string, { _id: unknown }[]>,
): Promise<void> {
  await client.db(database).dropDatabase();
  for (const [name, documents] of backup) {
    if (documents.length > 0)
      await client
        .db(database)
        .collection(name)
        .insertMany(documents as never[]);
  }
}

import {
  MongoClient,
  type ClientSession,
  type Collection,
  type Db,
  type OptionalUnlessRequiredId,
} from 'mongodb';
import type { Log } from './log.ts';
import { whileUnavailable } from './wait.ts';

export interface Mongo {
  readonly client: MongoClient;
  readonly db: Db;
  /** All or nothing; the function may run more than once and must have no other effects. */
  transaction<T>(work: (session: ClientSession) => Promise<T>): Promise<T>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Connects, waiting with a message while the server is down, for `giveUpAfterMs` at most (default 60 s). */
export async function connectMongo(options: {
  url: string;
  database: string;
  log: Log;
  giveUpAfterMs?: number;
  maxPoolSize?: number;
}): Promise<Mongo> {
  const client = new MongoClient(options.url, {
    serverSelectionTimeoutMS: 3000,
    maxPoolSize: options.maxPoolSize ?? 20,
    writeConcern: { w: 'majority' },
    ignoreUndefined: true,
  });
  await whileUnavailable(
    { what: 'MongoDB', log: options.log, giveUpAfterMs: options.giveUpAfterMs ?? 60_000 },
    () => client.connect(),
  );
  const db = client.db(options.database);
  return {
    client,
    db,
    transaction: (work) => client.withSession((session) => session.withTransaction(() => work(session))),
    ping: async () => {
      await db.command({ ping: 1 });
    },
    close: () => client.close(),
  };
}

/** Positions, in the list given, of the documents that insertMany refused because their `_id` exists. */
export function duplicatePositions(error: unknown): number[] {
  const { writeErrors } = error as { writeErrors?: unknown };
  const list = Array.isArray(writeErrors) ? writeErrors : writeErrors === undefined ? [] : [writeErrors];
  const found = list as { code?: number; index?: number }[];
  if (found.length === 0 || found.some((one) => one.code !== 11_000 || one.index === undefined)) throw error;
  return found.map((one) => one.index ?? 0);
}

/** One unordered insert; answers with the documents that were not inserted because their `_id` exists. */
export async function insertNew<T extends { readonly _id: string }>(
  collection: Collection<T>,
  documents: readonly T[],
): Promise<T[]> {
  if (documents.length === 0) return [];
  try {
    await collection.insertMany(documents as readonly OptionalUnlessRequiredId<T>[], { ordered: false });
    return [];
  } catch (error) {
    const refused = new Set(duplicatePositions(error));
    return documents.filter((_, position) => refused.has(position));
  }
}

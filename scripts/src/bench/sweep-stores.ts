import { callJson } from '@keiro/runtime';
import { registeredAnswerSchema } from '@keiro/schemas';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { heldAccessAt } from './held-records.ts';

/** Three holders on real stores, and their commands as a bare loop would give them. */
export const sweepHolders = ['sweep-mongo', 'sweep-postgres', 'sweep-redis'] as const;
export type SweepHolder = (typeof sweepHolders)[number];

export interface SweepStores {
  register(url: string, token: string): Promise<void>;
  put(holder: SweepHolder, places: readonly string[]): Promise<void>;
  /** Deletes, then counts what is there. */
  erase(holder: SweepHolder, places: readonly string[]): Promise<void>;
  /** Rows that are there, of all holders. */
  count(): Promise<number>;
  close(): Promise<void>;
}

const database = 'bench_sweep';
const statement = 100;

export async function openSweepStores(of: (name: string) => string): Promise<SweepStores> {
  const mongo = await new MongoClient(of('DEMO_MONGO_URL')).connect();
  const rows = mongo.db(database).collection<{ _id: string }>('rows');
  const postgres = new pg.Pool({ connectionString: of('DEMO_POSTGRES_URL'), max: 3 });
  const redis = new Redis(of('DEMO_REDIS_URL'));
  await postgres.query('CREATE TABLE IF NOT EXISTS bench_sweep (place text PRIMARY KEY, note text)');
  const lists = (places: readonly string[], length = statement) =>
    Array.from({ length: Math.ceil(places.length / length) }, (_, i) =>
      places.slice(i * length, (i + 1) * length),
    );

  const put: Record<SweepHolder, (places: readonly string[]) => Promise<unknown>> = {
    'sweep-mongo': (places) => rows.insertMany(places.map((_id) => ({ _id, note: 'x' }))),
    'sweep-postgres': (places) =>
      postgres.query("INSERT INTO bench_sweep SELECT place, 'x' FROM unnest($1::text[]) AS place", [places]),
    'sweep-redis': (places) => redis.mset(places.flatMap((place) => [place, 'x'])),
  };
  const erase: Record<SweepHolder, (places: readonly string[]) => Promise<unknown>> = {
    async 'sweep-mongo'(places) {
      for (const some of lists(places)) await rows.deleteMany({ _id: { $in: some } });
      for (const some of lists(places)) await rows.countDocuments({ _id: { $in: some } });
    },
    async 'sweep-postgres'(places) {
      for (const some of lists(places))
        await postgres.query('DELETE FROM bench_sweep WHERE place = ANY($1::text[])', [some]);
      for (const some of lists(places))
        await postgres.query('SELECT count(*) FROM bench_sweep WHERE place = ANY($1::text[])', [some]);
    },
    async 'sweep-redis'(places) {
      for (const some of lists(places)) await redis.unlink(...some);
      for (const some of lists(places)) await redis.exists(...some);
    },
  };

  return {
    async register(url, token) {
      const all = [
        heldAccessAt('sweep-mongo', {
          kind: 'mongodb',
          url: { env: 'DEMO_MONGO_URL' },
          database,
          collections: [{ name: 'rows', identifiers: {}, locator: '_id' }],
        }),
        heldAccessAt('sweep-postgres', {
          kind: 'postgresql',
          url: { env: 'DEMO_POSTGRES_URL' },
          database: new URL(of('DEMO_POSTGRES_URL')).pathname.slice(1) || 'postgres',
          tables: [{ name: 'bench_sweep', identifiers: {}, locator: 'place' }],
        }),
        heldAccessAt('sweep-redis', { kind: 'redis', url: { env: 'DEMO_REDIS_URL' }, keys: [], indexes: [] }),
      ];
      for (const body of all)
        await callJson({ url, token }, { path: '/v1/holders', body }, registeredAnswerSchema);
    },
    async put(holder, places) {
      for (const some of lists(places, 1000)) await put[holder](some);
    },
    async erase(holder, places) {
      await erase[holder](places);
    },
    async count() {
      const { rows: counted } = await postgres.query<{ n: string }>('SELECT count(*) AS n FROM bench_sweep');
      return (await rows.countDocuments()) + Number(counted[0]?.n ?? 0);
    },
    async close() {
      await mongo.db(database).dropDatabase();
      await postgres.query('DROP TABLE bench_sweep');
      await Promise.all([mongo.close(), postgres.end()]);
      redis.disconnect();
    },
  };
}

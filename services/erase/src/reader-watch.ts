import { every, openReaders, type Log, type Metrics, type Running } from '@keiro/runtime';
import { readerId, type HolderDocument, type Sighting } from '@keiro/schemas';
import type { Db } from 'mongodb';
import type { DatabaseUser } from './connectors/connector.ts';
import { describeFailure } from './connectors/failure.ts';
import type { Connectors } from './connectors/pool.ts';

/** Looks every `everyMs` who may read what holders keep in a database that can tell, and tells of each that nobody declared. */
export function watchDatabaseReaders(options: {
  db: Db;
  holders: () => Promise<readonly HolderDocument[]>;
  connectors: Connectors;
  everyMs: number;
  metrics: Metrics;
  log: Log;
  now: () => Date;
}): Running {
  const { db, connectors, log, now } = options;
  const gauge = options.metrics.gauge(
    'keiro_readers_undeclared',
    'Users who may read personal data in a database, whom nobody declared and no operator has acknowledged',
  );
  /** Told once, until they answer again. */
  const silent = new Set<string>();
  const readers = openReaders(db, { collection: 'databaseReaders', by: 'erase', log });
  return every(
    { what: 'the look at who may read', everyMs: options.everyMs, log, level: 'warn' },
    async () => {
      const sightings = new Map<string, Sighting>();
      const unseen = new Set<string>();
      for (const holder of await options.holders()) {
        try {
          const connector = await connectors.of(holder.id, holder);
          const users = (await connector.readers?.()) ?? [];
          silent.delete(holder.id);
          for (const user of users) {
            const sighting = sightingOf(holder, user);
            // Two parts of one holder may lie in one database.
            const other = sightings.get(sighting._id)?.reads ?? [];
            sightings.set(sighting._id, {
              ...sighting,
              reads: [...new Set([...other, ...sighting.reads])].sort(),
            });
          }
        } catch (error) {
          // What was known of it stays as it is: that it can't be asked says nothing about its users.
          unseen.add(holder.id);
          if (silent.has(holder.id)) continue;
          silent.add(holder.id);
          log.warn({ holder: holder.id, failure: describeFailure(error) }, 'can’t tell who may read');
        }
      }
      const isWatched = ({ holder }: { readonly holder?: string }) =>
        holder === undefined || !unseen.has(holder);
      gauge.set(await readers.observe([...sightings.values()], isWatched, now()));
    },
  );
}

/** Pure. */
export function sightingOf(
  holder: Pick<HolderDocument, 'id' | 'readers'>,
  { role, database, superuser, reads, connected }: DatabaseUser,
): Sighting {
  return {
    _id: readerId('database-user', holder.id, database, role),
    kind: 'database-user',
    name: role,
    holder: holder.id,
    database,
    reads,
    connected,
    superuser,
    declared: holder.readers?.databaseUsers?.includes(role) === true,
  };
}

import { MongoClient } from 'mongodb';
import type { ConnectorConfig } from '@keiro/schemas';
import type { Connector, Flagging, Work } from './connector.ts';
import { erasePlace, presentIn, probePlace } from './mongodb-erase.ts';
import { filtersOf } from './mongodb-filters.ts';
import { correctPlaces, exportPlaces } from './mongodb-fields.ts';
import { scanCollections } from './mongodb-scan.ts';

type Config = Extract<ConnectorConfig, { kind: 'mongodb' }>;

/** Collections of a store that speaks MongoDB's protocol. A document is the person's by any of its fields. */
export function openMongodbConnector(config: Config, url: string, timeoutMs: number): Connector {
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: 3000,
    // Of a server that takes a command and never answers.
    socketTimeoutMS: timeoutMs,
    maxPoolSize: 5,
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
  });
  const db = client.db(config.database);

  async function flag(work: Work): Promise<Flagging> {
    const purposes = [...work.purposes];
    for (const place of config.collections) {
      const { name, suspended } = place;
      if (suspended === undefined) continue;
      for (const filter of filtersOf(place, work)) {
        work.signal.throwIfAborted();
        const changed = { $and: [filter, { [suspended]: { $ne: purposes } }] };
        const { modifiedCount } = await db
          .collection(name)
          .updateMany(changed, { $set: { [suspended]: purposes } });
        work.count(name, modifiedCount);
      }
    }
    const silent = config.collections
      .filter(({ suspended }) => suspended === undefined)
      .map(({ name }) => name);
    return silent.length === 0
      ? {}
      : { unsupported: `no field for suspended purposes in ${silent.join(', ')}` };
  }

  return {
    async erase(work) {
      for (const place of config.collections) await erasePlace(db, place, work);
    },
    async present(work) {
      const counts: Record<string, number> = {};
      for (const place of config.collections) counts[place.name] = await presentIn(db, place, work);
      return counts;
    },
    suspend: flag,
    resume: flag,
    async probe(work) {
      let found = 0;
      for (const place of config.collections) found += await probePlace(db, place, work);
      return found;
    },
    correct: (work, changes) => correctPlaces(db, config.collections, work, changes),
    export: (work) => exportPlaces(db, config.collections, work),
    scan: (scan) => scanCollections(db, config.collections, scan),
    close: () => client.close(),
  };
}

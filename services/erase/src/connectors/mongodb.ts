import { MongoClient, type Document, type Filter } from 'mongodb';
import type { ConnectorConfig } from '@keiro/schemas';
import {
  chunksOf,
  newestGeneration,
  valuesByColumn,
  type Connector,
  type Flagging,
  type Work,
} from './connector.ts';
import { scanCollections } from './mongodb-scan.ts';

type Config = Extract<ConnectorConfig, { kind: 'mongodb' }>;
type Place = Config['collections'][number];

/** Collections of a store that speaks MongoDB's protocol. A document is the person's by any of its fields. */
export function openMongodbConnector(config: Config, url: string): Connector {
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: 3000,
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
      for (const place of config.collections) {
        for (const filter of filtersOf(place, work)) {
          work.signal.throwIfAborted();
          const { deletedCount } = await db.collection(place.name).deleteMany(filter);
          work.count(place.name, deletedCount);
        }
      }
    },
    suspend: flag,
    resume: flag,
    async probe(work) {
      let found = 0;
      for (const place of config.collections) {
        for (const filter of filtersOf(place, work)) {
          work.signal.throwIfAborted();
          found += await db.collection(place.name).countDocuments(filter);
        }
      }
      return found;
    },
    scan: (scan) => scanCollections(db, config.collections, scan),
    close: () => client.close(),
  };
}

/** Queries that together find every document of these lives: by each field with an identifier, and by locator. Pure. */
export function filtersOf(
  place: Place,
  work: Pick<Work, 'lives' | 'locators' | 'locatorsUpTo'>,
): Filter<Document>[] {
  const { lives, locators } = work;
  const filters: Filter<Document>[] = [];
  const { generation } = place;
  // `$not` takes documents without the field too.
  const ours = generation === undefined ? {} : { [generation]: { $not: { $gt: newestGeneration(work) } } };
  for (const [field, values] of valuesByColumn(place.identifiers, lives)) {
    for (const some of chunksOf(values)) filters.push({ [field]: { $in: some }, ...ours });
  }
  if (place.locator !== undefined) {
    for (const some of chunksOf(locators)) filters.push({ [place.locator]: { $in: some }, ...ours });
  }
  return filters;
}

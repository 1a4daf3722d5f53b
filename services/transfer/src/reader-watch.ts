import { every, openReaders, type Kafkas, type Log, type Metrics, type Running } from '@keiro/runtime';
import { topics, type HolderDocument } from '@keiro/schemas';
import type { Db } from 'mongodb';
import { lookAtGroups } from './look.ts';

const personal = topics.filter((topic) => topic.personal).map(({ name }) => name);

/** Looks every `everyMs` who reads topics of persons, and tells of each that nobody registered once. */
export async function watchReaders(options: {
  kafka: Kafkas;
  db: Db;
  suffix: string;
  everyMs: number;
  metrics: Metrics;
  log: Log;
  now: () => Date;
}): Promise<Running> {
  const { db, suffix, log, now } = options;
  const gauge = options.metrics.gauge(
    'keiro_readers_undeclared',
    'Readers of personal data that nobody registered and no operator has acknowledged',
  );
  const holders = db.collection<HolderDocument>('holders');
  const readers = openReaders(db, { collection: 'readers', by: 'transfer', log });
  const admin = await options.kafka.admin();
  const watching = every(
    { what: 'the look at who reads', everyMs: options.everyMs, log, level: 'warn' },
    async () => {
      const registered = await holders.find({}, { projection: { id: 1, purposes: 1, readers: 1 } }).toArray();
      const seen = await lookAtGroups(admin, personal, { holders: registered, suffix });
      gauge.set(await readers.observe(seen, () => true, now()));
    },
  );
  return {
    async close() {
      await watching.close();
      await admin.close();
    },
  };
}

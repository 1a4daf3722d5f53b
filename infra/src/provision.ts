import { MongoClient } from 'mongodb';
import type { Kafkas, Log } from '@keiro/runtime';
import { whileUnavailable } from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import { registrySubjects, topics } from '@keiro/schemas';
import { collections } from './collections.ts';

export interface ProvisionOptions {
  readonly kafka: Kafkas;
  readonly registryUrl: string;
  readonly mongoUrl: string;
  readonly database: string;
  readonly keysMongoUrl: string;
  readonly keysDatabase: string;
  readonly log: Log;
}

/**
 * Makes topics, schemas and indexes what the code says they are. Idempotent. An incompatible schema is
 * refused by the registry and ends it with the registry's reason.
 */
export async function provision(
  options: ProvisionOptions,
): Promise<{ topicsCreated: string[]; subjects: number }> {
  const [topicsCreated, subjects] = await Promise.all([
    provisionTopics(options.kafka),
    provisionSchemas(options),
    provisionIndexes(options, 'lineage', options.mongoUrl, options.database),
    provisionIndexes(options, 'keys', options.keysMongoUrl, options.keysDatabase),
  ]);
  return { topicsCreated, subjects };
}

async function provisionTopics(kafka: Kafkas): Promise<string[]> {
  const admin = await kafka.admin();
  try {
    return await admin.createTopics(
      topics.map((topic) => ({
        name: topic.name,
        partitions: topic.partitions,
        config: {
          'cleanup.policy': topic.cleanup,
          // The broker re-encodes whatever it is sent: one LZ4 batch would stop our client for good.
          'compression.type': 'gzip',
          ...('retentionMs' in topic ? { 'retention.ms': String(topic.retentionMs) } : {}),
          ...('maxMessageBytes' in topic ? { 'max.message.bytes': String(topic.maxMessageBytes) } : {}),
          'segment.ms': String(topic.segmentMs),
        },
      })),
    );
  } finally {
    await admin.close();
  }
}

async function provisionSchemas(options: ProvisionOptions): Promise<number> {
  const registry = connectRegistry({ url: options.registryUrl });
  try {
    const subjects = registrySubjects();
    await whileUnavailable({ what: 'the schema registry', log: options.log, giveUpAfterMs: 60_000 }, () =>
      registry.ping(),
    );
    for (const { subject, schema } of subjects) await registry.register(subject, schema);
    return subjects.length;
  } finally {
    await registry.close();
  }
}

async function provisionIndexes(
  options: ProvisionOptions,
  which: 'lineage' | 'keys',
  url: string,
  database: string,
): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 3000 });
  try {
    await whileUnavailable({ what: 'MongoDB', log: options.log, giveUpAfterMs: 60_000 }, () =>
      client.connect(),
    );
    const db = client.db(database);
    const existing = new Set(
      (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
    );
    for (const plan of collections.filter((one) => one.database === which)) {
      if (!existing.has(plan.name)) await db.createCollection(plan.name);
      for (const { key, name } of plan.indexes) {
        await db.collection(plan.name).createIndexes([{ key, name }]);
      }
    }
  } finally {
    await client.close();
  }
}

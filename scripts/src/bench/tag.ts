import { randomBytes } from 'node:crypto';
import { connectMongo, createLog, createMetrics } from '@keiro/runtime';
import { collectionTopics, shippedPolicies, type RecordDocument } from '@keiro/schemas';
import { collections } from '@keiro/infra/collections';
import { configSchema } from '@keiro/tag/config';
import { startTag } from '@keiro/tag/run';
import { consumed, stopwatch } from './stopwatch.ts';
import { placeOf, prepareTopicData, type Environment, type TopicData } from './tag-data.ts';

export interface TagBench {
  readonly events: number;
  /** Events a second, over all rounds. */
  readonly bare: number;
  readonly tag: number;
  /** Of tag to bare; the mark is 0.6. */
  readonly ratio: number;
  readonly rounds: readonly { readonly bare: number; readonly tag: number }[];
}

const partitionsAtOnce = 3;

/**
 * Tagging beside a bare loop that consumes, parses and inserts the very same documents into a collection with
 * the same indexes, by turns, over the same messages. Needs the servers, their topics, and the keys service.
 */
export async function benchTag(
  env: Environment,
  options: { events?: number; rounds?: number } = {},
): Promise<TagBench> {
  const { events = 20_000, rounds = 3 } = options;
  const log = createLog('bench-tag', 'error');
  const bench = await prepareTopicData(env, log, events);
  const results: { bare: number; tag: number }[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const bare = await inDatabase(bench, (database, suffix) => bareLoop(bench, database, suffix));
      const tagged = await inDatabase(bench, (database, suffix) => realTag(bench, env, database, suffix));
      results.push({ bare, tag: tagged });
    }
  } finally {
    await bench.close();
  }
  const seconds = (kind: 'bare' | 'tag') => results.reduce((sum, one) => sum + one[kind], 0);
  const rate = (elapsed: number) => Math.round(bench.count / elapsed);
  return {
    events: bench.count,
    bare: rate(seconds('bare') / rounds),
    tag: rate(seconds('tag') / rounds),
    ratio: Math.round((seconds('bare') / seconds('tag')) * 100) / 100,
    rounds: results.map((one) => ({ bare: rate(one.bare), tag: rate(one.tag) })),
  };
}

/** Runs once in a database of its own, with the indexes of the real one; answers with what the run answers. */
async function inDatabase(
  bench: TopicData,
  run: (database: string, suffix: string) => Promise<number>,
): Promise<number> {
  const suffix = `-bench-${randomBytes(4).toString('hex')}`;
  const database = `keiro${suffix.replaceAll('-', '_')}`;
  const mongo = await connectMongo({ url: bench.mongoUrl, database, log: bench.log });
  try {
    for (const { name, indexes } of collections.filter((one) => one.owner === 'tag')) {
      await mongo.db.createCollection(name);
      for (const { key } of indexes) await mongo.db.collection(name).createIndex(key);
    }
    const seconds = await run(database, suffix);
    const found = await mongo.db.collection('records').countDocuments({});
    if (found !== bench.count) throw new Error(`${String(found)} records of ${String(bench.count)}`);
    return seconds;
  } finally {
    await mongo.db.dropDatabase();
    await mongo.close();
  }
}

async function bareLoop(bench: TopicData, database: string, suffix: string): Promise<number> {
  const group = `keiro.bare${suffix}`;
  await bench.admin.setCommitted(group, bench.starts);
  const mongo = await connectMongo({ url: bench.mongoUrl, database, log: bench.log });
  const records = mongo.db.collection<RecordDocument>('records');
  const watch = stopwatch(group);
  const running = await watch.around(bench.kafka).consume({
    group,
    topics: collectionTopics,
    until: bench.ends,
    partitionsAtOnce,
    onBatch: async (messages) => {
      const documents = messages.flatMap((message) => {
        JSON.parse(message.value?.toString('utf8', 5) ?? 'null');
        return bench.documents.get(placeOf(message)) ?? [];
      });
      if (documents.length > 0) await records.insertMany(documents, { ordered: false });
    },
  });
  await consumed(bench, group);
  await running.close();
  await mongo.close();
  return watch.seconds();
}

async function realTag(
  bench: TopicData,
  env: Environment,
  database: string,
  suffix: string,
): Promise<number> {
  const group = `keiro.tag${suffix}`;
  await bench.admin.setCommitted(group, bench.starts);
  await bench.admin.setCommitted(`keiro.quarantine${suffix}`, await bench.admin.endOffsets(['quarantine']));
  const config = configSchema.parse({
    ...env,
    KEIRO_TOKEN: env['KEIRO_TOKEN_TAG'],
    KEIRO_DATABASE: database,
    KEIRO_GROUP_SUFFIX: suffix,
  });
  const parts: (() => Promise<unknown>)[] = [];
  const watch = stopwatch(group);
  try {
    await startTag(config, {
      policies: shippedPolicies(),
      kafka: watch.around(bench.kafka),
      log: bench.log,
      metrics: createMetrics('bench'),
      now: () => new Date(),
      opened: (_name, close) => void parts.push(close),
    });
    await consumed(bench, group);
  } finally {
    for (const close of parts.reverse()) await close();
  }
  return watch.seconds();
}

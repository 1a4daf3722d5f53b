import { randomBytes } from 'node:crypto';
import { provision } from '@keiro/infra/provision';
import { connectKafka, connectMongo, createLog, until, type Mongo } from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import {
  collectionTopics,
  custodyTopics,
  factTopic,
  wireSubject,
  type HolderDocument,
  type Life,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { serviceList, setting, startProgram, type StackEnvironment } from '../../services.ts';
import { consumed } from '../stopwatch.ts';
import { wireEvent } from '../wire-events.ts';
import type { BenchCompany, BenchPerson } from './company.ts';

/** A pipeline with a database and consumer groups of its own, over a company's five holders. */
export interface BenchPipeline {
  readonly mongo: Mongo;
  readonly requestUrl: string;
  /** Makes these people known: their keys, and one tagged record each. Answers when transfer and tag have read all. */
  register(people: readonly BenchPerson[]): Promise<void>;
  close(): Promise<void>;
}

/** Its services listen here, beside the stack's own. */
const basePort = 17_081;
const own = ['tag', 'transfer', 'request', 'erase'] as const;

export async function startBenchPipeline(
  env: StackEnvironment,
  folders: { run: string; logs: string },
  company: BenchCompany,
): Promise<BenchPipeline> {
  const id = randomBytes(4).toString('hex');
  const [database, suffix] = [`keiro_bench_${id}`, `-bench-${id}`];
  const log = createLog('bench-erase', 'error');
  const brokers = setting(env, 'KEIRO_KAFKA_BROKERS').split(',');
  const kafka = connectKafka({ brokers, clientId: 'keiro-bench-erase', log });
  await provision({
    kafka,
    registryUrl: setting(env, 'KEIRO_REGISTRY_URL'),
    mongoUrl: setting(env, 'KEIRO_MONGO_URL'),
    database,
    keysMongoUrl: setting(env, 'KEIRO_KEYS_MONGO_URL'),
    keysDatabase: 'keiro_keys',
    log,
  });
  const [producer, admin] = [await kafka.producer(), await kafka.admin()];
  for (const [group, topics] of [
    ['keiro.tag', collectionTopics],
    ['keiro.quarantine', ['quarantine']],
    ['keiro.transfer', custodyTopics],
    ['keiro.request', [factTopic, 'lineage.tagged']],
  ] as const) {
    await admin.setCommitted(`${group}${suffix}`, await admin.endOffsets(topics));
  }
  const registry = connectRegistry({ url: setting(env, 'KEIRO_REGISTRY_URL') });
  const encode = await registry.encoder(wireSubject('registration'));
  const mongo = await connectMongo({ url: setting(env, 'KEIRO_MONGO_URL'), database, log });
  const offset = Number(setting(env, 'KEIRO_PORT_OFFSET'));
  const portOf = (name: (typeof own)[number]) => basePort + own.indexOf(name) + offset;
  const programs = serviceList(env).flatMap((program) => {
    const name = own.find((one) => one === program.name);
    if (name === undefined) return [];
    const variables = {
      ...program.env,
      [`KEIRO_${name.toUpperCase()}_PORT`]: String(portOf(name)),
      KEIRO_DATABASE: database,
      KEIRO_GROUP_SUFFIX: suffix,
      KEIRO_HOLDERS_FILE: company.holdersFile,
    };
    return [{ ...program, name: `bench-${name}`, port: portOf(name), env: variables }];
  });
  const running = await Promise.all(programs.map((program) => startProgram(program, env, folders)));
  await until(
    async () =>
      (await mongo.db.collection<HolderDocument>('holders').countDocuments()) === company.holders.length,
    { what: 'the five holders registered', timeoutMs: 30_000 },
  );

  return {
    mongo,
    requestUrl: `http://127.0.0.1:${String(portOf('request'))}`,

    async register(people) {
      const keys = createKeysClient({
        url: setting(env, 'KEIRO_KEYS_URL'),
        token: setting(env, 'KEIRO_TOKEN_DEMO'),
      });
      const time = new Date().toISOString();
      const asked = { groups: [], type: 'registration' as const, time };
      for (let from = 0; from < people.length; from += perCall) {
        const some = people.slice(from, from + perCall);
        const { results } = await keys.seal({
          source: 'demo-site',
          identifiers: some.flatMap(({ member, email }) => [
            { kind: 'member' as const, value: member, ...asked },
            { kind: 'email' as const, value: email, ...asked },
          ]),
        });
        const lives = results.map(({ ref, generation }): Life => ({ ref, generation }));
        const events = some.map(({ member }, n) =>
          wireEvent(
            { type: 'registration', id: member, refs: lives.slice(2 * n, 2 * n + 2), source: 'demo-site' },
            randomBytes,
          ),
        );
        const messages = events.map(({ key, headers, value }) => ({ key, headers, value: encode(value) }));
        await producer.send([{ topic: 'collection.registration', messages }]);
        await company.put(some);
      }
      const ends = await admin.endOffsets(collectionTopics);
      await consumed({ admin, ends }, `keiro.tag${suffix}`);
      // Links reach the request service by what tag has published.
      await consumed({ admin, ends: await admin.endOffsets(['lineage.tagged']) }, `keiro.request${suffix}`);
    },

    async close() {
      await Promise.all(running.map((one) => one.stop()));
      await mongo.db.dropDatabase();
      await Promise.all([mongo.close(), producer.close(), admin.close(), registry.close()]);
    },
  };
}

/** Two identifiers each: the keys service takes a thousand a call. */
const perCall = 500;

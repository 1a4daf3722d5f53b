import { randomUUID } from 'node:crypto';
import type { Life } from '@keiro/schemas';
import { createKeysClient, type KeysClient } from '@keiro/sdk';
import { MongoClient, type Collection } from 'mongodb';
import { serviceList, setting, startProgram, type StackEnvironment } from '../services.ts';

export interface ReleaseBench {
  /** Lives a second whose keys the service has to look up: the first time that it hears of them. */
  readonly coldPerSecond: number;
  /** Documents a second of the driver alone: the same refs by `$in`, in the same batches. */
  readonly rawPerSecond: number;
  /** The mark is 0.5. Both sides took turns within the run. */
  readonly ratio: number;
  /** Lives a second that the service has in memory; the mark is 20,000. */
  readonly warmPerSecond: number;
  readonly batch: number;
  readonly lives: number;
}

const batch = 500;
const batches = 24;
const warmMs = 3000;

/** Of the second instance: no other program of a stack ends in these two digits. */
const basePort = 17_090;

/** {@link measureRelease} with a second instance of the keys service, which ends with it. */
export async function benchRelease(
  env: StackEnvironment,
  folders: { run: string; logs: string },
): Promise<ReleaseBench> {
  const port = basePort + Number(setting(env, 'KEIRO_PORT_OFFSET'));
  const [keys] = serviceList(env).filter(({ name }) => name === 'keys');
  if (keys === undefined) throw new Error('there is no service keys');
  const second = { ...keys, name: 'keys-cold', port, env: { ...keys.env, KEIRO_KEYS_PORT: String(port) } };
  const running = await startProgram(second, env, folders);
  try {
    const releaser = `http://127.0.0.1:${String(port)}`;
    return await measureRelease(env, { sealer: setting(env, 'KEIRO_KEYS_URL'), releaser });
  } finally {
    await running.stop();
  }
}

/**
 * Releasing keys over HTTP, as guarded consumers do, against reading the same documents with the driver. `sealer` makes
 * the persons; `releaser` is another instance over the same database, which has never heard of them.
 */
async function measureRelease(
  env: StackEnvironment,
  { sealer, releaser }: { sealer: string; releaser: string },
): Promise<ReleaseBench> {
  const producer = createKeysClient({ url: sealer, token: setting(env, 'KEIRO_TOKEN_DEMO') });
  const holder = createKeysClient({ url: releaser, token: setting(env, 'KEIRO_TOKEN_CRM') });
  const mongo = new MongoClient(setting(env, 'KEIRO_KEYS_MONGO_URL'));
  try {
    const keys = mongo.db(env['KEIRO_KEYS_DATABASE'] ?? 'keiro_keys').collection<{ _id: string }>('keys');
    const people: Life[][] = [];
    for (let n = 0; n <= batches; n++) people.push(await makePeople(producer));
    const [first = [], ...rest] = people;
    // Once for warming up: compiled code and open connections.
    await rawTurn(keys, first);
    await releaseTurn(holder, first);
    let [rawMs, coldMs] = [0, 0];
    for (const [n, lives] of rest.entries()) {
      // Whoever comes second finds the server's cache filled by the first.
      if (n % 2 === 0) rawMs += await rawTurn(keys, lives);
      coldMs += await releaseTurn(holder, lives);
      if (n % 2 === 1) rawMs += await rawTurn(keys, lives);
    }
    let [warmMsSpent, warm] = [0, 0];
    while (warmMsSpent < warmMs) {
      warmMsSpent += await releaseTurn(holder, rest[warm % rest.length] ?? first);
      warm += 1;
    }
    const lives = batches * batch;
    return {
      coldPerSecond: Math.round((lives / coldMs) * 1000),
      rawPerSecond: Math.round((lives / rawMs) * 1000),
      ratio: Math.round((rawMs / coldMs) * 100) / 100,
      warmPerSecond: Math.round(((warm * batch) / warmMsSpent) * 1000),
      batch,
      lives,
    };
  } finally {
    await mongo.close();
  }
}

async function makePeople(producer: KeysClient): Promise<Life[]> {
  const time = new Date().toISOString();
  const { results } = await producer.seal({
    source: 'demo-site',
    identifiers: Array.from({ length: batch }, () => ({
      kind: 'member',
      value: `bench-${randomUUID()}`,
      groups: [],
      type: 'registration',
      time,
    })),
  });
  return results.map(({ ref, generation }) => ({ ref, generation }));
}

async function rawTurn(keys: Collection<{ _id: string }>, lives: readonly Life[]): Promise<number> {
  const started = performance.now();
  const found = await keys.find({ _id: { $in: lives.map(({ ref }) => ref) } }).toArray();
  return spent(started, found.length);
}

async function releaseTurn(holder: KeysClient, lives: Life[]): Promise<number> {
  const started = performance.now();
  const { results } = await holder.release({
    holder: 'crm',
    purpose: 'service',
    groups: ['C1.identity'],
    lives,
  });
  return spent(started, results.filter(({ state }) => state === 'released').length);
}

function spent(started: number, got: number): number {
  if (got !== batch) throw new Error(`${String(got)} of ${String(batch)} were found`);
  return performance.now() - started;
}

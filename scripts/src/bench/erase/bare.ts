import { randomBytes } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Collection } from 'mongodb';
import type { Connector } from '@keiro/erase/connectors/connector';
import { openConnector } from '@keiro/erase/connectors/open';
import { createLog, type Mongo } from '@keiro/runtime';
import type { Holder } from '@keiro/schemas';
import { setting, type StackEnvironment } from '../../services.ts';
import type { BenchPerson } from './company.ts';

interface BareRequest {
  readonly _id: string;
  readonly state: string;
  readonly at: Date;
}
interface BareTask {
  readonly _id: string;
  readonly request: string;
  readonly holder: string;
  readonly state: string;
}

const batch = 100;
const jobsAtOnce = 25;

/**
 * The same deletions with nothing around them: requests and tasks in MongoDB, a BullMQ job a task, the stores' own
 * commands with a second look, claims and receipts written in batches. No audit, no keys, no standing, no Kafka.
 * Answers requests a second.
 */
export async function bareErasures(
  env: StackEnvironment,
  mongo: Mongo,
  holders: readonly Holder[],
  people: readonly BenchPerson[],
): Promise<number> {
  const log = createLog('bench-bare', 'error');
  const prefix = `bare-${randomBytes(4).toString('hex')}`;
  const connection = new Redis(setting(env, 'KEIRO_REDIS_URL'), { maxRetriesPerRequest: null });
  const requests = mongo.db.collection<BareRequest>('bareRequests');
  const tasks = mongo.db.collection<BareTask>('bareTasks');
  await tasks.createIndex({ request: 1 });
  const connectors = holders.map((holder) => ({
    holder,
    connector: openConnector(holder.connector, (name) => env[name], log),
  }));
  const open = new Map(people.map((_, n) => [String(n), holders.length]));
  let allDone: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (allDone = resolve));
  const claims = createBatches<string>((ids) => setState(tasks, ids, 'running'));
  const ends = createBatches<string>((ids) => setState(requests, ids, 'done'));
  const receipts = createBatches<string>((ids) => setState(tasks, ids, 'done'));

  async function carryOut(connector: Connector, holder: Holder, n: string): Promise<void> {
    const person = people[Number(n)];
    if (person === undefined) throw new Error('a job is of somebody');
    await claims(`${n}.${holder.id}`);
    const { work, affected } = workOf(person);
    await connector.erase(work);
    if ((await connector.probe(work)) !== 0 || affected() === 0) throw new Error('it was not erased');
    await receipts(`${n}.${holder.id}`);
    const left = (open.get(n) ?? 0) - 1;
    open.set(n, left);
    if (left > 0) return;
    open.delete(n);
    await ends(n);
    if (open.size === 0) allDone();
  }

  const queues = holders.map(({ id }) => new Queue(`bare.${id}`, { connection, prefix }));
  const workers = connectors.map(
    ({ connector, holder }) =>
      new Worker<{ n: string }>(`bare.${holder.id}`, ({ data }) => carryOut(connector, holder, data.n), {
        connection,
        prefix,
        concurrency: jobsAtOnce,
      }),
  );
  const failed = new Promise<never>((_, reject) => {
    for (const worker of workers) worker.on('failed', (_job, error) => reject(error));
  });
  const started = performance.now();
  try {
    for (let from = 0; from < people.length; from += batch) {
      const some = people.slice(from, from + batch).map((_, n) => String(from + n));
      await requests.insertMany(some.map((id) => ({ _id: id, state: 'accepted', at: new Date() })));
      await tasks.insertMany(
        some.flatMap((request) =>
          holders.map(({ id }) => ({ _id: `${request}.${id}`, request, holder: id, state: 'pending' })),
        ),
      );
      for (const queue of queues) {
        const opts = { removeOnComplete: true, removeOnFail: true };
        await queue.addBulk(some.map((n) => ({ name: 'task', data: { n }, opts })));
      }
    }
    await Promise.race([done, failed]);
    return people.length / ((performance.now() - started) / 1000);
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
    await Promise.all(queues.map((queue) => queue.close()));
    await Promise.all(connectors.map(({ connector }) => connector.close()));
    connection.disconnect();
    await Promise.all([requests.drop(), tasks.drop()]);
  }
}

async function setState<T extends BareRequest | BareTask>(
  collection: Collection<T>,
  ids: readonly string[],
  state: string,
): Promise<void> {
  await (collection as unknown as Collection<BareTask>).bulkWrite(
    ids.map((_id) => ({ updateOne: { filter: { _id }, update: { $set: { state } } } })),
    { ordered: false },
  );
}

function workOf({ member, email }: BenchPerson) {
  let removed = 0;
  const life = (kind: string, value: string) => ({ ref: `${kind}.bench`, generation: 1, kind, value });
  return {
    affected: () => removed,
    work: {
      request: 'bench',
      task: 'bench',
      holder: 'bench',
      attempt: 1,
      lives: [life('member', member), life('email', email)],
      locators: [],
      replicated: {},
      purposes: [],
      signal: new AbortController().signal,
      count: (_place: string, n: number) => {
        removed += n;
      },
      told: () => undefined,
      remains: () => undefined,
    },
  };
}

/** Whatever is asked for while one batch is under way makes the next. */
function createBatches<T>(work: (items: readonly T[]) => Promise<void>): (item: T) => Promise<void> {
  let next: { items: T[]; done: Promise<void> } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (item) => {
    if (next === undefined) {
      const items: T[] = [];
      const done = last.then(() => {
        next = undefined;
        return work(items);
      });
      last = done.catch(() => undefined);
      next = { items, done };
    }
    next.items.push(item);
    return next.done;
  };
}

import { callJson, until, type CallOptions } from '@keiro/runtime';
import { acceptedSchema, type RequestDocument, type TaskDocument } from '@keiro/schemas';
import { setting, type StackEnvironment } from '../../services.ts';
import { bareErasures } from './bare.ts';
import { createBenchCompany, newPeople, type BenchPerson } from './company.ts';
import { startBenchPipeline, type BenchPipeline } from './pipeline.ts';

export interface EraseBench {
  readonly requests: number;
  readonly holders: number;
  /** Requests a second, from the first accepted to the last probe passed. The mark is 40. */
  readonly perSecond: number;
  /** The same deletions by BullMQ and the stores' commands alone. */
  readonly barePerSecond: number;
  /** The mark is 0.5. */
  readonly ratio: number;
  /** Milliseconds of one deletion on an idle system, accepted to its last probe passed. The mark is 500 at p50. */
  readonly singleP50: number;
  readonly singleMost: number;
  /** Of one on an idle system, how many milliseconds after it was accepted each step was recorded, at p50. */
  readonly stepsAfter: Readonly<Record<string, number>>;
  /** The same under load. */
  readonly loadedStepsAfter: Readonly<Record<string, number>>;
}

/** Deletions over five real holders, end to end. Needs the servers and `keys`. */
export async function benchErase(
  env: StackEnvironment,
  folders: { run: string; logs: string },
  { requests = 1000, singles = 20, clients = 100 } = {},
): Promise<EraseBench> {
  const company = await createBenchCompany(env, folders.run);
  const pipeline = await startBenchPipeline(env, folders, company);
  try {
    const people = newPeople(singles + requests + 1);
    await pipeline.register(people);
    const [first, ...rest] = people;
    const ask = asking(env, pipeline);
    // Whoever has just started believes nobody's silence for the length of a lease.
    if (first !== undefined) await ended(pipeline, [await ask(first)]);
    const single: string[] = [];
    for (const person of rest.slice(0, singles)) {
      const id = await ask(person);
      await ended(pipeline, [id], 20);
      single.push(id);
    }
    const idle = await timesOf(pipeline, single);

    const many = rest.slice(singles);
    const ids: string[] = [];
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        const own = many.filter((_person, n) => n % clients === client);
        for (const person of own) ids.push(await ask(person));
      }),
    );
    await ended(pipeline, ids);
    const loaded = await timesOf(pipeline, ids);
    const left = await company.rows();
    if (left > 0) throw new Error(`${String(left)} rows were left`);
    const perSecond =
      (ids.length /
        (Math.max(...loaded.map(({ end }) => end)) - Math.min(...loaded.map(({ from }) => from)))) *
      1000;

    const others = newPeople(requests);
    for (let from = 0; from < others.length; from += 500) await company.put(others.slice(from, from + 500));
    const barePerSecond = await bareErasures(env, pipeline.mongo, company.holders, others);
    const took = idle.map(({ from, end }) => end - from);
    return {
      requests,
      holders: company.holders.length,
      perSecond: round(perSecond),
      barePerSecond: round(barePerSecond),
      ratio: Math.round((perSecond / barePerSecond) * 100) / 100,
      singleP50: median(took),
      singleMost: Math.max(...took),
      stepsAfter: stepsOf(idle),
      loadedStepsAfter: stepsOf(loaded),
    };
  } finally {
    await pipeline.close();
    await company.close();
  }
}

function asking(env: StackEnvironment, { requestUrl }: BenchPipeline) {
  const call: CallOptions = {
    url: requestUrl,
    token: setting(env, 'KEIRO_TOKEN_COMPLIANCE'),
    timeoutMs: 120_000,
  };
  return async ({ member }: BenchPerson): Promise<string> => {
    const body = { type: 'deletion', subject: { member } };
    return (await callJson(call, { path: '/v1/requests', body }, acceptedSchema)).id;
  };
}

/** How long it took is said by the probes, so that looking for the end, which costs the store a scan, may be rare. */
async function ended({ mongo }: BenchPipeline, ids: readonly string[], everyMs = 2000): Promise<void> {
  const requests = mongo.db.collection<RequestDocument>('requests');
  const [only] = ids;
  await until(
    async () =>
      ids.length === 1
        ? (await requests.findOne({ _id: only ?? '' }))?.state === 'done'
        : (await requests.countDocuments({ state: { $ne: 'done' } })) === 0,
    { what: 'every deletion done', timeoutMs: 600_000, everyMs },
  );
}

interface Times {
  readonly from: number;
  /** When the last probe had passed. */
  readonly end: number;
  readonly steps: RequestDocument['steps'];
}

async function timesOf({ mongo }: BenchPipeline, ids: readonly string[]): Promise<Times[]> {
  const wanted = new Set(ids);
  const probes = new Map<string, number>();
  for await (const { request, receipt } of mongo.db.collection<TaskDocument>('tasks').find()) {
    if (receipt?.probe?.found !== 0) continue;
    probes.set(request, Math.max(probes.get(request) ?? 0, receipt.probe.at.getTime()));
  }
  const all = await mongo.db.collection<RequestDocument>('requests').find().toArray();
  return all
    .filter(({ _id }) => wanted.has(_id))
    .map(({ _id, receivedAt, steps }) => ({
      from: receivedAt.getTime(),
      end: probes.get(_id) ?? Number.NaN,
      steps,
    }));
}

function stepsOf(times: readonly Times[]): Record<string, number> {
  const after = new Map<string, number[]>();
  const add = (step: string, ms: number) => after.set(step, [...(after.get(step) ?? []), ms]);
  for (const { from, end, steps } of times) {
    for (const { step, at } of steps) add(step, at.getTime() - from);
    add('last probe', end - from);
  }
  return Object.fromEntries([...after].map(([step, all]) => [step, median(all)]));
}

const round = (value: number) => Math.round(value * 10) / 10;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

import type { Log, Metrics } from '@keiro/runtime';
import { limitsOf, type BreakerDocument, type HolderDocument, type PauseDocument } from '@keiro/schemas';
import type { Db } from 'mongodb';
import { afterOutage, ask, closed, trying, type Breaker } from './breaker.ts';

/**
 * Which holders take tasks now: none that an operator has paused, and none that does not answer. A task that finds its
 * holder shut stays pending, and none of its attempts is spent.
 */
export interface HolderGate {
  /** Reads what operators and other workers have decided meanwhile. */
  refresh(): Promise<void>;
  isShut(holder: string): boolean;
  /** Whether a task may be begun; `try`: it is the one that tries for all, and has to {@link HolderGate.leave}. */
  enter(holder: string): Promise<'go' | 'try' | 'wait'>;
  /** The one that tried is over, whether or not it has an answer. */
  leave(holder: string): Promise<void>;
  /** The holder answered, with whatever. */
  answered(holder: string): Promise<void>;
  /** It did not. Answers until when its tasks wait; undefined where it is asked again as after any failure. */
  silent(holder: HolderDocument): Promise<Date | undefined>;
}

/** Longer than an attempt lasts that is not stuck. */
const trialMs = 60_000;

export function createGate(options: { db: Db; metrics: Metrics; log: Log; now: () => Date }): HolderGate {
  const { log, now } = options;
  const breakers = options.db.collection<BreakerDocument>('breakers');
  const pauses = options.db.collection<PauseDocument>('pauses');
  const shut = options.metrics.gauge(
    'keiro_erase_holder_waits',
    'Holders whose tasks wait, by why: 1 while they do',
    ['holder', 'why'],
  );
  let paused = new Set<string>();
  let known = new Map<string, BreakerDocument>();
  /** Outages in a row, as this worker met them. */
  const outages = new Map<string, number>();
  /** Where a task of this worker tries for all. */
  const tries = new Map<string, { readonly over: Promise<void>; readonly end: () => void }>();
  const endTrial = (holder: string): boolean => {
    tries.get(holder)?.end();
    return tries.delete(holder);
  };

  /** Of several workers one makes a change; the others see what it made. */
  async function change(holder: string, next: Breaker): Promise<boolean> {
    const before = known.get(holder);
    const document: BreakerDocument = { _id: holder, version: (before?.version ?? 0) + 1, ...next };
    const isOurs =
      before === undefined
        ? await breakers.insertOne(document).then(
            () => true,
            (error: unknown) => {
              if ((error as { code?: unknown }).code === 11_000) return false;
              throw error;
            },
          )
        : (await breakers.replaceOne({ _id: holder, version: before.version }, document)).matchedCount === 1;
    const current = isOurs ? document : await breakers.findOne({ _id: holder });
    if (current !== null) known.set(holder, current);
    if (isOurs) log.warn({ holder, state: next.state, until: next.until }, 'circuit breaker');
    return isOurs;
  }

  return {
    async refresh() {
      const [allPauses, allBreakers] = await Promise.all([
        pauses.find().toArray(),
        breakers.find().toArray(),
      ]);
      paused = new Set(allPauses.map(({ _id }) => _id));
      known = new Map(allBreakers.map((one) => [one._id, one]));
      for (const holder of new Set([...paused, ...known.keys()])) {
        shut.set({ holder, why: 'paused' }, paused.has(holder) ? 1 : 0);
        const state = known.get(holder)?.state ?? 'closed';
        shut.set({ holder, why: 'not-answering' }, state === 'closed' ? 0 : 1);
      }
    },

    isShut: (holder) => paused.has(holder) || ask(known.get(holder), now()) === 'wait',

    async enter(holder) {
      if (paused.has(holder)) return 'wait';
      // Those that came with the one that tries go on with it.
      for (let trial = tries.get(holder); trial !== undefined; trial = tries.get(holder)) await trial.over;
      const breaker = known.get(holder);
      const answer = ask(breaker, now());
      if (answer !== 'try' || breaker === undefined) return answer;
      let end: () => void = () => undefined;
      const over = new Promise<void>((resolve) => (end = resolve));
      tries.set(holder, { over, end });
      const isOurs = await change(holder, trying(breaker, new Date(now().getTime() + trialMs)));
      if (isOurs) return 'try';
      endTrial(holder);
      return 'wait';
    },

    async leave(holder) {
      const breaker = known.get(holder);
      if (endTrial(holder) && breaker?.state === 'trying')
        await change(holder, { state: 'open', since: breaker.since, until: now() });
    },

    async answered(holder) {
      outages.delete(holder);
      if (known.get(holder)?.state === 'trying') await change(holder, closed(now()));
      endTrial(holder);
    },

    async silent(holder) {
      const met = (outages.get(holder._id) ?? 0) + 1;
      outages.set(holder._id, met);
      const next = afterOutage(known.get(holder._id), met, now(), limitsOf(holder));
      if (next !== undefined) await change(holder._id, next);
      endTrial(holder._id);
      const breaker = known.get(holder._id);
      return breaker === undefined || breaker.state === 'closed' ? undefined : breaker.until;
    },
  };
}

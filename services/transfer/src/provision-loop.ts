import { setTimeout as delay } from 'node:timers/promises';
import { whileUnavailable, type Log } from '@keiro/runtime';
import { provisionEndRound, type ProvisionEndDeps } from './provision-ends.ts';

const everyMs = 3_600_000;
const pauseMs = 200;

/** A round now and every hour. One that fails is told in the log, and tried again an hour later. */
export function startProvisionEnds(deps: Omit<ProvisionEndDeps, 'pause'> & { readonly log: Log }): {
  close: () => Promise<void>;
} {
  const { log } = deps;
  const stop = new AbortController();
  const { signal } = stop;
  const pause = () => delay(pauseMs, undefined, { signal });

  async function once(): Promise<void> {
    try {
      const round = await whileUnavailable(
        { what: 'a server that records of provision need', log, signal },
        () => provisionEndRound({ ...deps, pause }),
      );
      if (round.ended > 0) log.info(round, 'records of provision: what has ended is gone');
    } catch (error) {
      if (!signal.aborted)
        log.error({ err: error }, 'records of provision: what has ended could not be removed');
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await once();
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
  const running = run();
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

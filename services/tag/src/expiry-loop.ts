import { setTimeout as delay } from 'node:timers/promises';
import { whileUnavailable, type Log } from '@keiro/runtime';
import { expiryRound, type ExpiryDeps } from './expiry.ts';

const everyMs = 3_600_000;
/** Between two batches: about 300 entries a second beside the tagging. */
const pauseMs = 200;

/** A round now and every hour. One that fails is told in the log, and tried again an hour later. */
export function startExpiry(deps: Omit<ExpiryDeps, 'pause'> & { readonly log: Log }): {
  close: () => Promise<void>;
} {
  const { log } = deps;
  const stop = new AbortController();
  const { signal } = stop;
  const pause = () => delay(pauseMs, undefined, { signal });

  async function once(): Promise<void> {
    try {
      const round = await whileUnavailable({ what: 'a server that quarantine needs', log, signal }, () =>
        expiryRound({ ...deps, pause }),
      );
      if (round.expired > 0 || round.days.length > 0) log.info(round, 'quarantine: what has ended is gone');
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, 'quarantine: what has ended could not be settled');
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

import { every, whileUnavailable, type Log, type Running } from '@keiro/runtime';
import { expiryRound, type ExpiryDeps } from './expiry.ts';

const everyMs = 3_600_000;
/** Between two batches: about 300 entries a second beside the tagging. */
const pauseMs = 200;

/** A round now and every hour. One that fails is told in the log, and tried again an hour later. */
export function startExpiry(deps: Omit<ExpiryDeps, 'pause'> & { readonly log: Log }): Running {
  const { log } = deps;
  const what = 'quarantine: settling what has ended';
  return every({ what, everyMs, log, level: 'error' }, async ({ signal, pause }) => {
    const round = await whileUnavailable({ what: 'a server that quarantine needs', log, signal }, () =>
      expiryRound({ ...deps, pause: () => pause(pauseMs) }),
    );
    if (round.expired > 0 || round.days.length > 0) log.info(round, 'quarantine: what has ended is gone');
  });
}

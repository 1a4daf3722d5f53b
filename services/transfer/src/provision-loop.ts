import { every, whileUnavailable, type Log, type Running } from '@keiro/runtime';
import { provisionEndRound, type ProvisionEndDeps } from './provision-ends.ts';

const everyMs = 3_600_000;
const pauseMs = 200;

/** A round now and every hour. One that fails is told in the log, and tried again an hour later. */
export function startProvisionEnds(deps: Omit<ProvisionEndDeps, 'pause'> & { readonly log: Log }): Running {
  const { log } = deps;
  const what = 'records of provision: removing what has ended';
  return every({ what, everyMs, log, level: 'error' }, async ({ signal, pause }) => {
    const round = await whileUnavailable(
      { what: 'a server that records of provision need', log, signal },
      () => provisionEndRound({ ...deps, pause: () => pause(pauseMs) }),
    );
    if (round.ended > 0) log.info(round, 'records of provision: what has ended is gone');
  });
}

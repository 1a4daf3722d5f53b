import { isRetryable, type Log } from '@keiro/runtime';

/** A lease that is kept while its work runs. */
export interface HeldLease {
  /** Aborted when what is leased has become somebody else's. */
  readonly signal: AbortSignal;
  release(): void;
}

/** Renews a lease three times as often as it lasts. `renew` answers false when somebody else has it. */
export function holdLease(options: {
  readonly renew: (until: Date) => Promise<boolean>;
  readonly leaseMs: number;
  readonly now: () => Date;
  /** Of what is leased, for the log. */
  readonly id: string;
  readonly log: Log;
}): HeldLease {
  const { renew, leaseMs, now, id, log } = options;
  const lost = new AbortController();
  const end = () => new Date(now().getTime() + leaseMs);
  let until = end();
  const timer = setInterval(() => {
    const next = end();
    renew(next)
      .then((held) => {
        if (held) until = next;
        else lost.abort();
      })
      .catch((error: unknown) => {
        if (!isRetryable(error)) log.error({ err: error, id }, 'could not renew a lease');
        if (now() >= until) lost.abort();
      });
  }, leaseMs / 3);
  return {
    signal: lost.signal,
    release: () => {
      clearInterval(timer);
    },
  };
}

import { messageOf, type Log } from '@keiro/runtime';
import type { Policies, ViolationDocument } from '@keiro/schemas';
import { createLoop } from './loop.ts';
import type { Reopen } from './reopen-store.ts';
import type { ReturnStore } from './return-store.ts';
import { returnOf } from './return.ts';

/** Sees to it that every open violation with a copy has its directive (T0), however long this service was down. */
export interface Returns {
  /** There may be a new one. */
  wake(): void;
  close(): Promise<void>;
}

/**
 * Returns under way at one holder. The others wait, visible as violations without a directive: a register that is wrong
 * by mistake empties no holder in one go, and a holder that does not answer fills no queue.
 */
const atOnceAHolder = 20;

export function startReturns(options: {
  readonly store: Pick<ReturnStore, 'openViolations' | 'create'>;
  readonly reopen: Reopen;
  readonly policies: Policies;
  /** Looks this often whatever has been announced. */
  readonly everyMs: number;
  readonly now: () => Date;
  readonly log: Log;
  readonly onCreated: (request: string) => void;
}): Returns {
  const { store, policies, now, log } = options;
  /** Those that have theirs. */
  const known = new Set<string>();

  async function look(): Promise<void> {
    const found = await store.openViolations(known, atOnceAHolder);
    if (found.length === 0) return;
    const at = now();
    const within = policies.inForce(at).rules.clocks.answer.period;
    const others = found.filter(({ reopens }) => reopens === undefined);
    const returns = others.flatMap((violation) => returnOf(violation, within, at) ?? []);
    const created = await store.create(returns);
    for (const { _id } of others) known.add(_id);
    for (const violation of found) await reopenFor(violation);
    for (const id of created) options.onCreated(id);
    if (created.length > 0) log.warn({ returns: created.length }, 'holders are told to return copies');
  }

  /** Invariant 6: whoever was erased gets no request anew; the one that erased them goes on. */
  async function reopenFor({ _id, holder, copy, reopens }: ViolationDocument): Promise<void> {
    if (reopens === undefined || copy === undefined) return;
    // Where it can't be yet, it is found again at the next look.
    if (!(await options.reopen(reopens, { found: _id, holder, record: copy.record }))) return;
    known.add(_id);
    options.onCreated(reopens);
    log.warn({ request: reopens, holder, violation: _id }, 'a holder has again what was erased: reopened');
  }

  const loop = createLoop(async () => {
    try {
      await look();
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'could not look for violations; looking again');
    }
  });
  loop.wake();
  const timer = setInterval(() => {
    loop.wake();
  }, options.everyMs);
  return {
    wake: () => {
      loop.wake();
    },
    async close() {
      clearInterval(timer);
      await loop.close();
    },
  };
}

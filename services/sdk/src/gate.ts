import { setTimeout as delay } from 'node:timers/promises';
import { callJson, isRetryable, KeiroError, whileUnavailable, type Log } from '@keiro/runtime';
import { gateSchema, type Gate } from '@keiro/schemas';

/** Says whether a holder may work with what it holds, after a restore (T3). */
export type AskGate = (holder: string) => Promise<Gate>;

/** Asks the erase service. Right `gate:read`. */
export function createGateClient(options: { url: string; token: string }): AskGate {
  return (holder) =>
    callJson(options, { method: 'GET', path: `/v1/gate/${encodeURIComponent(holder)}` }, gateSchema);
}

/** Waits, with a message, while the gate is closed, and while nobody can say whether it is. */
export async function waitForGate(
  ask: AskGate,
  options: { holder: string; log: Log; everyMs?: number },
): Promise<void> {
  const { holder, log } = options;
  let told = false;
  for (;;) {
    const gate = await whileUnavailable({ what: 'the gate of this holder', log }, () => ask(holder));
    if (gate.open) {
      if (told) log.info({ holder }, 'the gate is open');
      return;
    }
    if (!told)
      log.warn({ holder, restore: gate.restore, because: gate.because.en }, 'the gate is closed, waiting');
    told = true;
    await delay(options.everyMs ?? 1000);
  }
}

/** Milliseconds for which an answer holds: a gate that closes stops its holder within so long, after the batch under way. */
const answerHoldsMs = 1000;

/**
 * Asked before each batch of a holder that works: throws retryably while its gate is closed, so that the batch waits and
 * nothing is lost. Only the service that keeps the gate can close it: while that one does not answer, its last word holds.
 */
export function followGate(
  ask: AskGate,
  options: { holder: string; log: Log; now: () => Date },
): { assertOpen(): Promise<void> } {
  const { holder, log, now } = options;
  let last: Gate | undefined;
  let holdsUntil = 0;

  async function refresh(): Promise<void> {
    const at = now().getTime();
    try {
      last = await ask(holder);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      log.debug({ err: error }, 'nobody says whether the gate is open: as before');
    }
    holdsUntil = at + answerHoldsMs;
  }

  return {
    async assertOpen() {
      if (now().getTime() >= holdsUntil) await refresh();
      if (last === undefined || last.open) return;
      throw new KeiroError(
        'gate-closed',
        `the gate of ${holder} is closed after restore ${last.restore ?? ''}: ${last.because.en}`,
        { retryable: true },
      );
    },
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import { callJson, whileUnavailable, type Log } from '@keiro/runtime';
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

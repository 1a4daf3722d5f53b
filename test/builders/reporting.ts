import type { OutgoingMessage } from '@keiro/runtime';
import { createKeysClient, createReportProver, reportKeyFor, type ProveReports } from '@keiro/sdk';
import { env } from './environment.ts';

const provers = new Map<string, ProveReports>();

/** Messages of a custody topic as this holder sends them, with its proof. */
export function provenBy(
  holder: string,
  topic: 'custody.copies' | 'custody.snapshots',
  messages: readonly OutgoingMessage[],
): Promise<OutgoingMessage[]> {
  let prove = provers.get(holder);
  if (prove === undefined) {
    const keys = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_IMPORT') });
    provers.set(holder, (prove = createReportProver(reportKeyFor(keys, holder))));
  }
  return prove(topic, messages);
}

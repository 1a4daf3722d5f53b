import type { Message } from '@keiro/runtime';
import type { Registry } from '@keiro/runtime/registry';
import type { CopyDocument, SnapshotDocument } from '@keiro/schemas';
import type { Quarantine, SetAside } from '@keiro/sdk';
import type { Holders } from './holders.ts';
import type { Keep } from './keep.ts';
import type { TransferMetrics } from './metrics.ts';
import { receive } from './receive.ts';

/** Handles one batch of one partition: decode, look holders up, insert, set aside. Idempotent throughout. */
export function createHandler(deps: {
  registry: Pick<Registry, 'decodeAll'>;
  holders: Holders;
  keep: Keep;
  quarantine: Pick<Quarantine, 'add'>;
  metrics: Pick<TransferMetrics, 'quarantined'>;
  now: () => Date;
}): (messages: readonly Message[]) => Promise<void> {
  const { registry, holders, keep, quarantine, metrics, now } = deps;

  return async (messages) => {
    const decoded = await registry.decodeAll(messages.map(({ value }) => value));
    const at = now();
    const received = messages.map((message, position) => ({
      message,
      is: receive(message, decoded[position], at),
    }));
    const registered = await holders.among(received.flatMap(({ is }) => ('holders' in is ? is.holders : [])));

    const copies: CopyDocument[] = [];
    const snapshots: SnapshotDocument[] = [];
    const aside: SetAside[] = [];
    for (const { message, is } of received) {
      if ('refused' in is) aside.push({ message, ...is.refused });
      else if (is.holders.some((holder) => !registered.has(holder))) aside.push(fromStranger(message, is));
      else if ('copy' in is) copies.push(is.copy);
      else snapshots.push(is.snapshot);
    }

    await keep({ copies, snapshots }, registered, at);
    await quarantine.add(aside);
    for (const { reason } of aside) metrics.quarantined.inc({ reason });
  };
}

function fromStranger(
  message: Message,
  is: { copy: CopyDocument } | { snapshot: SnapshotDocument },
): SetAside {
  const detail = 'it names a holder that is not registered';
  if ('snapshot' in is) return { message, reason: 'unknown-holder', detail };
  return { message, reason: 'unknown-holder', detail, ref: is.copy.ref, record: is.copy.record };
}

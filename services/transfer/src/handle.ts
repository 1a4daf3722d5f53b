import type { Message } from '@keiro/runtime';
import type { Registry } from '@keiro/runtime/registry';
import type { CopyDocument, SnapshotDocument } from '@keiro/schemas';
import type { Quarantine, SetAside } from '@keiro/sdk';
import type { Holders } from './holders.ts';
import type { Keep } from './keep.ts';
import type { TransferMetrics } from './metrics.ts';
import { refusedAsForged, type CheckProofs, type ProofMode } from './proofs.ts';
import { receive, type Received } from './receive.ts';

/** Handles one batch of one partition: decode, look holders up, insert, set aside. Idempotent throughout. */
export function createHandler(deps: {
  registry: Pick<Registry, 'decodeAll'>;
  holders: Holders;
  keep: Keep;
  quarantine: Pick<Quarantine, 'add'>;
  proofs: CheckProofs;
  mode: ProofMode;
  metrics: Pick<TransferMetrics, 'quarantined' | 'forged'>;
  now: () => Date;
}): (messages: readonly Message[]) => Promise<void> {
  const { registry, holders, keep, proofs, quarantine, metrics, now } = deps;

  return async (messages) => {
    const decoded = await registry.decodeAll(messages.map(({ value }) => value));
    const at = now();
    const received = messages.map((message, position) => ({
      message,
      // Delivered once more it was reported when it was.
      is: receive(message, decoded[position], new Date(Math.min(at.getTime(), message.timestamp))),
    }));
    const registered = await holders.among(received.flatMap(({ is }) => ('holders' in is ? is.holders : [])));

    const copies: CopyDocument[] = [];
    const snapshots: SnapshotDocument[] = [];
    const aside: SetAside[] = [];
    const claimed: { message: Message; is: Kept; holder: string }[] = [];
    for (const { message, is } of received) {
      if ('refused' in is) aside.push({ message, ...is.refused });
      else if (is.holders.some((holder) => !registered.has(holder))) {
        aside.push(setAside(message, is, 'unknown-holder', 'it names a holder that is not registered'));
      } else claimed.push({ message, is, holder: 'copy' in is ? is.copy.holder : is.snapshot.holder });
    }
    const unproven = await proofs(claimed);
    for (const [position, { message, is }] of claimed.entries()) {
      const forged = refusedAsForged(unproven[position], deps.mode);
      if (forged !== undefined) aside.push(setAside(message, is, 'forged-report', forged));
      else if ('copy' in is) copies.push(is.copy);
      else snapshots.push(is.snapshot);
    }

    await keep({ copies, snapshots }, registered, at);
    await quarantine.add(aside);
    for (const { reason } of aside) metrics.quarantined.inc({ reason });
    for (const [position, { holder }] of claimed.entries()) {
      const reason = unproven[position];
      if (reason !== undefined) metrics.forged.inc({ holder, reason });
    }
  };
}

type Kept = Exclude<Received, { refused: unknown }>;

function setAside(
  message: Message,
  is: Kept,
  reason: 'unknown-holder' | 'forged-report',
  detail: string,
): SetAside {
  if ('snapshot' in is) return { message, reason, detail };
  return { message, reason, detail, ref: is.copy.ref, record: is.copy.record };
}

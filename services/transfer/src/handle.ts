import type { Message, Metrics } from '@keiro/runtime';
import type { Registry } from '@keiro/runtime/registry';
import type {
  CopyDocument,
  HolderDocument,
  Policies,
  SnapshotDocument,
  ViolationDocument,
} from '@keiro/schemas';
import type { Quarantine, SetAside } from '@keiro/sdk';
import type { Holders } from './holders.ts';
import type { People } from './people.ts';
import { receive } from './receive.ts';
import type { TransferStore } from './store.ts';
import type { ViolationStore } from './violation-store.ts';
import { restsOnConsent, violationOf, violationOfSnapshot } from './violations.ts';

/** What the custody consumer counts. A batch that is repeated is counted once, when it has passed. */
export function createTransferMetrics(metrics: Metrics) {
  return {
    facts: metrics.counter('keiro_transfer_facts_total', 'Custody facts that were new, by topic', ['topic']),
    duplicates: metrics.counter('keiro_transfer_duplicates_total', 'Custody facts that were there already', [
      'topic',
    ]),
    quarantined: metrics.counter('keiro_transfer_quarantined_total', 'Messages set aside, by reason', [
      'reason',
    ]),
    watermark: metrics.gauge(
      'keiro_dr_watermark_seconds',
      'Newest watermark that was received, in seconds since 1970: the time since then is the lag of the copy (T3)',
      ['site', 'store'],
    ),
  };
}

/** Handles one batch of one partition: decode, look holders up, insert, set aside. Idempotent throughout. */
export function createHandler(deps: {
  registry: Pick<Registry, 'decodeAll'>;
  holders: Holders;
  store: Pick<TransferStore, 'insertCopies' | 'insertSnapshots'>;
  violations: Pick<ViolationStore, 'add'>;
  people: Pick<People, 'consentsOf'>;
  policies: Policies;
  quarantine: Pick<Quarantine, 'add'>;
  metrics: ReturnType<typeof createTransferMetrics>;
  now: () => Date;
}): (messages: readonly Message[]) => Promise<void> {
  const { registry, holders, store, violations, quarantine, metrics, now } = deps;
  const watermarks = new Map<string, Date>();

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

    const newCopies = await store.insertCopies(copies);
    const newSnapshots = await store.insertSnapshots(snapshots);
    await violations.add(await violationsAmong({ copies, snapshots }, registered, deps, at));
    await quarantine.add(aside);

    metrics.facts.inc({ topic: 'custody.copies' }, newCopies);
    metrics.facts.inc({ topic: 'custody.snapshots' }, newSnapshots);
    metrics.duplicates.inc({ topic: 'custody.copies' }, copies.length - newCopies);
    metrics.duplicates.inc({ topic: 'custody.snapshots' }, snapshots.length - newSnapshots);
    for (const { reason } of aside) metrics.quarantined.inc({ reason });
    for (const { holder: site, store: of, watermark } of snapshots) {
      const key = `${site}|${of}`;
      if (watermark <= (watermarks.get(key) ?? new Date(0))) continue;
      watermarks.set(key, watermark);
      metrics.watermark.set({ site, store: of }, watermark.getTime() / 1000);
    }
  };
}

/** T0: judged in memory, but for holders who rest on each person's consent. */
async function violationsAmong(
  { copies, snapshots }: { copies: readonly CopyDocument[]; snapshots: readonly SnapshotDocument[] },
  registered: ReadonlyMap<string, HolderDocument>,
  { people, policies }: { people: Pick<People, 'consentsOf'>; policies: Policies },
  at: Date,
): Promise<ViolationDocument[]> {
  const asked = copies.flatMap(({ holder, ref, action }) => {
    const known = registered.get(holder);
    return action === 'held' && known !== undefined && restsOnConsent(known) ? [ref] : [];
  });
  const consents = await people.consentsOf(asked);
  const policy = policies.inForce(at);
  const found = [
    ...copies.map((copy) => {
      const holder = registered.get(copy.holder);
      return holder && violationOf(copy, holder, consents.get(copy.ref) ?? [], policy, at);
    }),
    ...snapshots.map((snapshot) => {
      const site = registered.get(snapshot.holder);
      return site && violationOfSnapshot(snapshot, site, policy, at);
    }),
  ];
  return found.filter((one) => one !== undefined);
}

function fromStranger(
  message: Message,
  is: { copy: CopyDocument } | { snapshot: SnapshotDocument },
): SetAside {
  const detail = 'it names a holder that is not registered';
  if ('snapshot' in is) return { message, reason: 'unknown-holder', detail };
  return { message, reason: 'unknown-holder', detail, ref: is.copy.ref, record: is.copy.record };
}

import type {
  CopyDocument,
  HolderDocument,
  Policies,
  SnapshotDocument,
  ViolationDocument,
} from '@keiro/schemas';
import type { ErasedLives } from './erased.ts';
import { isLate, onceMore, violationOfLate } from './late.ts';
import type { TransferMetrics } from './metrics.ts';
import type { People } from './people.ts';
import type { TransferStore } from './store.ts';
import type { ViolationStore } from './violation-store.ts';
import { restsOnConsent, violationOf, violationOfSnapshot } from './violations.ts';

export interface KeepDependencies {
  readonly store: Pick<TransferStore, 'insertCopies' | 'insertSnapshots'>;
  readonly violations: Pick<ViolationStore, 'add'>;
  readonly people: Pick<People, 'consentsOf'>;
  readonly erased: ErasedLives;
  readonly policies: Policies;
  readonly metrics: TransferMetrics;
}

export interface Facts {
  readonly copies: readonly CopyDocument[];
  readonly snapshots: readonly SnapshotDocument[];
}

/** Keeps facts of registered holders with the violations that they show, whichever way they came; answers how many were new. Idempotent. */
export type Keep = (
  facts: Facts,
  registered: ReadonlyMap<string, HolderDocument>,
  at: Date,
) => Promise<number>;

export function createKeep(deps: KeepDependencies): Keep {
  const { store, violations, metrics } = deps;
  const watermarks = new Map<string, Date>();

  return async ({ copies: reported, snapshots }, registered, at) => {
    const erased = await deps.erased.among(reported);
    const isAgain = (copy: CopyDocument) => copy.at > (erased.get(copy)?.at ?? copy.at);
    const copies = reported.map((copy) => (isAgain(copy) ? onceMore(copy) : copy));
    // Found first: cut off in between, the report is still news when it comes again.
    await violations.add(
      [...erased].flatMap(([copy, known]) => (isLate(copy, known) ? [violationOfLate(copy, known, at)] : [])),
    );
    const newCopies = await store.insertCopies(copies);
    const newSnapshots = await store.insertSnapshots(snapshots);
    // Of a life that has ended there is no basis to judge: it is there, or it is not.
    const living = reported.filter((copy) => !erased.has(copy));
    await violations.add(await violationsAmong({ copies: living, snapshots }, registered, deps, at));

    metrics.facts.inc({ topic: 'custody.copies' }, newCopies);
    metrics.facts.inc({ topic: 'custody.snapshots' }, newSnapshots);
    metrics.duplicates.inc({ topic: 'custody.copies' }, copies.length - newCopies);
    metrics.duplicates.inc({ topic: 'custody.snapshots' }, snapshots.length - newSnapshots);
    for (const { holder: site, store: of, watermark } of snapshots) {
      const key = `${site}|${of}`;
      if (watermark <= (watermarks.get(key) ?? new Date(0))) continue;
      watermarks.set(key, watermark);
      metrics.watermark.set({ site, store: of }, watermark.getTime() / 1000);
    }
    return newCopies + newSnapshots;
  };
}

/** T0: judged in memory, but for holders who rest on each person's consent. */
async function violationsAmong(
  { copies, snapshots }: Facts,
  registered: ReadonlyMap<string, HolderDocument>,
  { people, policies }: Pick<KeepDependencies, 'people' | 'policies'>,
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

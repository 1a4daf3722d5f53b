import { every, KeiroError, messageOf, type Log, type Running } from '@keiro/runtime';
import { draftSegment, headOf, type AuditLine, type ChainHead, type Segment } from '@keiro/schemas';
import type { SigningClient } from '@keiro/sdk';
import { chainHead, type ChainStore } from './chain-store.ts';
import type { Heads } from './heads.ts';

export interface SealerDependencies {
  readonly store: ChainStore;
  readonly signing: Pick<SigningClient, 'segment'>;
  readonly heads: Heads;
  readonly now: () => Date;
  /** What a segment makes necessary, done before the next one is made; doing it twice must be harmless. */
  readonly onSealed: (segment: Segment, entries: readonly AuditLine[]) => Promise<void>;
}

export interface Sealer {
  /** Seals all that is unsealed now. */
  seal(): Promise<void>;
  /** Why nothing is sealed; undefined while all is well. */
  stopped(): string | undefined;
}

/** Entries of one segment at most: what is read, hashed and stamped at once. */
const atOnce = 500;

/**
 * S1: stamps what is unsealed into numbered, signed segments. A segment is one document, and it is there before its
 * entries bear its number; whoever comes next stamps them first, so a crash in between leaves nothing unsealed or sealed
 * twice. Of two sealers that make the same number one is refused and looks again. An entry that is committed late is
 * simply found later.
 */
export function createSealer(deps: SealerDependencies): Sealer {
  const { store, signing, heads, now } = deps;
  let newest: Segment | undefined;
  let opened = false;
  let working: Promise<void> = Promise.resolve();
  let stopped: string | undefined;

  /** The newest segment, with its entries stamped, its head held outside, and what it makes necessary done. */
  async function finish(segment: Segment, sealed?: readonly AuditLine[]): Promise<void> {
    await store.stamp(segment);
    const held = heads.last();
    if (held === undefined || held.number < segment.head.number) await addHeads(held, headOf(segment));
    await deps.onSealed(segment, sealed ?? (await store.entriesOf(segment)));
    newest = segment;
  }

  async function addHeads(held: ChainHead | undefined, head: ChainHead): Promise<void> {
    const first = (held?.number ?? head.number - 1) + 1;
    const missing = Array.from({ length: head.number - first }, (_, index) => first + index);
    for (const segment of await store.heads(missing)) await heads.add(headOf(segment));
    await heads.add(head);
  }

  async function catchUp(): Promise<void> {
    if (!opened) {
      const found = await store.newest();
      assertAsHeld(heads.last(), found, await heldHere(heads.last(), store));
      if (found !== undefined) await finish(found);
      opened = true;
    }
    // Another sealer may have gone on.
    for (;;) {
      const next = await store.segment((newest?.head.number ?? 0) + 1);
      if (next === undefined) return;
      await finish(next);
    }
  }

  async function sealAll(): Promise<void> {
    await catchUp();
    for (;;) {
      const entries = await store.unsealed(atOnce);
      if (entries.length === 0) return;
      const draft = draftSegment(entries, chainHead(newest), now());
      const segment = { ...draft, ...(await signing.segment(draft.head)) };
      if (await store.insert(segment)) await finish(segment, entries);
      else await catchUp();
    }
  }

  return {
    seal() {
      working = working
        .catch(() => undefined)
        .then(sealAll)
        .then(
          () => {
            stopped = undefined;
          },
          (error: unknown) => {
            stopped = messageOf(error);
            throw error;
          },
        );
      return working;
    },
    stopped: () => stopped,
  };
}

/** Seals every so often; a failure is told, and tried again next time. */
export const startSealing = (sealer: Sealer, options: { everyMs: number; log: Log }): Running =>
  every({ what: 'the audit chain', level: 'warn', ...options }, () => sealer.seal());

const heldHere = async (held: ChainHead | undefined, store: ChainStore): Promise<ChainHead | undefined> =>
  held === undefined ? undefined : chainHead(await store.segment(held.number));

/**
 * A store that lacks what is held outside it is an old copy: going on would make a second chain beside the first. Pure.
 */
export function assertAsHeld(
  held: ChainHead | undefined,
  newest: Segment | undefined,
  here: ChainHead | undefined,
): void {
  if (held === undefined || here?.hash === held.hash) return;
  const why =
    here === undefined
      ? `ends at segment ${String(newest?.head.number ?? 0)}, and the heads outside the store know segment ${String(held.number)}`
      : `has another segment ${String(held.number)} than the heads outside the store know`;
  throw new KeiroError(
    'audit-chain',
    `the audit chain in MongoDB ${why}: an old copy was restored, or it was changed. Nothing is sealed until the newer copy is back`,
    { retryable: false },
  );
}

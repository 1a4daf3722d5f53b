import type { Log } from '@keiro/runtime';
import type { KeysClient } from '@keiro/sdk';
import type { AgainDependencies } from './again.ts';
import type { RetryPolicy } from './attempt.ts';
import type { Connectors } from './connectors/pool.ts';
import type { HolderGate } from './gate.ts';
import type { ExportStore } from './packs/export-store.ts';
import type { EraseStore } from './store.ts';

export interface TaskDependencies {
  readonly store: EraseStore;
  readonly keys: Pick<KeysClient, 'sweep'>;
  readonly connectors: Connectors;
  readonly gate: Pick<HolderGate, 'enter' | 'leave' | 'answered' | 'silent'>;
  readonly retry: RetryPolicy;
  readonly exports: Pick<ExportStore, 'begin' | 'add'>;
  readonly again: AgainDependencies;
  readonly random: (bytes: number) => Buffer;
  readonly leaseMs: number;
  /** Name of this worker in leases. */
  readonly worker: string;
  readonly log: Log;
  readonly now: () => Date;
  readonly onAttempt: (
    holder: string,
    outcome: 'done' | 'again' | 'waits' | 'by-hand' | 'failed' | 'lost' | 'waiting',
  ) => void;
}

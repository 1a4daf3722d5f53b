import type {
  FactDocument,
  HolderDocument,
  Life,
  Person,
  PipelineProgress,
  RequestDocument,
  SnapshotDocument,
  StandingDocument,
  TaskDocument,
} from '@keiro/schemas';
import type { ReviewItem } from '@keiro/schemas/review';
import type { Custody } from './custody.ts';
import type { KeptProvisions } from './provision-store.ts';
import type { RecordPage } from './page.ts';

/** All that the stores say about one person, as it was read. */
export interface Loaded extends RecordPage, Custody {
  readonly person: Person;
  /** What `keys` says of the person's refs: their current generations. */
  readonly lives: readonly (Life & { readonly erasedThrough: number })[];
  readonly facts: readonly FactDocument[];
  readonly snapshots: readonly SnapshotDocument[];
  /** Whether there are older snapshots than those that were read. */
  readonly snapshotsCut: boolean;
  readonly holders: readonly HolderDocument[];
  readonly standings: readonly StandingDocument[];
  readonly requests: readonly RequestDocument[];
  readonly tasks: readonly TaskDocument[];
  readonly quarantined: Readonly<Record<string, number>>;
  /** Refs next to the person that several could have. */
  readonly review: readonly ReviewItem[];
  /** Whether the reader may see who else could have them. */
  readonly namesClaimants: boolean;
  /** Records under refs that several members share. */
  readonly shared: number;
  /** Records of provision that outlive the rest (APPI 29, 30). */
  readonly provisions: KeptProvisions;
  readonly progress: PipelineProgress;
}

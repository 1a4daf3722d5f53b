import type { Labels } from './policy/labels.ts';

/* What a law keeps of a person who is erased (R4), as it is written down. */

/** A law that keeps a group; without `until` its period has not begun, and `start` says what it waits for. */
export interface Floor {
  readonly law: string;
  readonly until?: Date;
  readonly start?: string;
}

/** What a deletion leaves of one group of fields, in counts and names. */
export interface KeptGroup extends Floor {
  /** `C5.books`. */
  readonly group: string;
  /** What the policy calls the group, and the floor, for whoever reads of it years later. */
  readonly label: Labels;
  readonly why: Labels;
  readonly records: number;
  /** Who keeps it. Empty: the register has nobody with the duty, so nothing is there to be kept. */
  readonly holders: readonly string[];
}

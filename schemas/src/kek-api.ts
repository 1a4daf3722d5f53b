import { z } from 'zod';

/**
 * Key-encryption keys (KEKs) as the keys service shows them. An epoch is `active` (it wraps), `retiring` (it only
 * unwraps, while what it wrapped is wrapped again) or `destroyed`: no backup of what it wrapped opens any more.
 */

export const kekStates = ['active', 'retiring', 'destroyed'] as const;
export type KekState = (typeof kekStates)[number];

/** What is wrapped under a KEK: the collections of the keys database. */
export const wrappedCollections = [
  'keys',
  'quarantineKeys',
  'sweeps',
  'provisionKeys',
  'reportKeys',
  'floorKeys',
] as const;
export type WrappedCollection = (typeof wrappedCollections)[number];

/** What stands between a retiring epoch and its end, in the order in which it goes away. */
export const kekObstacles = ['acknowledgement', 're-wrapping', 'backup'] as const;
export type KekObstacle = (typeof kekObstacles)[number];

export const kekWarnings = ['active-too-old', 'retiring-too-old', 'unreadable', 'kek-still-there'] as const;
export type KekWarning = (typeof kekWarnings)[number];

const instant = z.iso.datetime();

/** The operator's own reference of a backup. No free text: it might name somebody. */
export const backupReferenceSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, underscore and hyphen, at most 64');

export const verifiedBackupSchema = z.strictObject({
  reference: backupReferenceSchema,
  takenAt: instant,
  /** When, and by whom, it was said to be verified. */
  statedAt: instant,
  by: z.string(),
});

const kekEpochSchema = z.strictObject({
  epoch: z.int(),
  state: z.enum(kekStates),
  createdAt: instant,
  by: z.string(),
  retiringSince: instant.optional(),
  /** When it was found, after every live instance had acknowledged a newer epoch, that nothing is left under it. */
  rewrappedAt: instant.optional(),
  destroyedAt: instant.optional(),
  backup: verifiedBackupSchema.optional(),
  /** Documents wrapped under it, by majority read. */
  documents: z.record(z.enum(wrappedCollections), z.int()),
  /** Of a retiring one: what its end still waits for. */
  waitingFor: z.array(z.enum(kekObstacles)),
});
export type KekEpoch = z.infer<typeof kekEpochSchema>;

export const kekStatusSchema = z.strictObject({
  asOf: instant,
  provider: z.enum(['file', 'aws-kms']),
  /** The epoch that wraps. */
  active: z.int(),
  epochs: z.array(kekEpochSchema),
  /** Live instances of the keys service, and under which epoch each wraps at the earliest. */
  instances: z.array(z.strictObject({ instance: z.string(), epoch: z.int(), heardAt: instant })),
  /** Documents wrapped again since the last rotation; `unreadable` ones did not unwrap and hold up the end. */
  progress: z.strictObject({ rewrapped: z.int(), unreadable: z.int() }),
  lastVerifiedBackup: verifiedBackupSchema.optional(),
  /** Days within which a KEK, and with it every backup of what it wrapped, should end. */
  maxDays: z.int(),
  /** When the active epoch will be that old. */
  rotateBefore: instant,
  warnings: z.array(z.enum(kekWarnings)),
});
export type KekStatus = z.infer<typeof kekStatusSchema>;

/** Right `keys:rotate`: ends an epoch for good. Needs the statement that a backup taken since then was verified. */
export const kekRetireRequestSchema = z.strictObject({
  epoch: z.int().min(1),
  backup: z.strictObject({ reference: backupReferenceSchema, takenAt: z.iso.datetime({ offset: true }) }),
});
export type KekRetireRequest = z.infer<typeof kekRetireRequestSchema>;

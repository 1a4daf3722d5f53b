import { z } from 'zod';
import { holderIdSchema } from './custody.ts';

/** The gate after a restore (T3, invariant 6): what was erased, or suspended, may not come back with an old copy. */

/**
 * `closed`: declared, and being counted. `checked`: what has to be replayed is known. `replaying`: rows of ended lives
 * go, flags are set. `probing`: a second look at everything. `open`: that found nothing. `failed`: it found something, or
 * the store could not be read; the gate stays closed. `superseded`: the holder was restored once more.
 */
export const restoreStates = [
  'closed',
  'checked',
  'replaying',
  'probing',
  'open',
  'failed',
  'superseded',
] as const;
export type RestoreState = (typeof restoreStates)[number];

/** With one of these the holder has to wait. */
export const closedStates = ['closed', 'checked', 'replaying', 'probing', 'failed'] as const;

/** What one look at every row of the store counted. */
export const passCountsSchema = z.strictObject({
  rows: z.int(),
  /** Rows of a life that has ended. */
  gone: z.int(),
  /** Rows whose flag of suspended purposes is not what standing says. */
  flags: z.int(),
  /** Rows none of whose identifiers Keiro knows: nobody can say whose they are. */
  unjudged: z.int(),
});
export type PassCounts = z.infer<typeof passCountsSchema>;

/** Requests of one type that changed this holder after the watermark. */
export const decidedSchema = z.strictObject({
  type: z.string(),
  requests: z.int(),
  persons: z.int(),
  refs: z.int(),
  /** Whether a replay repeats it. What it does not has to be repeated by hand. */
  replayed: z.boolean(),
});
export type Decided = z.infer<typeof decidedSchema>;

const snapshotId = z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/, 'not a snapshot id');

/** Declares that a holder was, or is about to be, restored. Its gate closes at once. */
export const declareRestoreSchema = z
  .strictObject({
    /** The store that was restored, or the site that becomes the primary; by default the snapshot's own store. */
    holder: holderIdSchema.optional(),
    /** As it was reported to `custody.snapshots`. */
    snapshot: snapshotId.optional(),
    /** Up to when what was restored is complete; by default the snapshot's own. */
    watermark: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(
    ({ holder, snapshot, watermark }) =>
      snapshot !== undefined || (holder !== undefined && watermark !== undefined),
    { path: ['snapshot'], error: 'is wanted, or a holder with the watermark of what was restored' },
  );
export type DeclareRestore = z.infer<typeof declareRestoreSchema>;

const placesSchema = z.record(z.string(), z.int());

export const restoreViewSchema = z.strictObject({
  id: z.string(),
  holder: holderIdSchema,
  site: holderIdSchema.optional(),
  snapshot: z.string().optional(),
  watermark: z.iso.datetime(),
  state: z.enum(restoreStates),
  declaredAt: z.iso.datetime(),
  by: z.string(),
  /** What the look that is under way has counted so far. */
  now: z.strictObject({ pass: z.enum(['check', 'replay', 'probe']), counts: passCountsSchema }).optional(),
  check: z
    .strictObject({ at: z.iso.datetime(), counts: passCountsSchema, decided: z.array(decidedSchema) })
    .optional(),
  replay: z
    .strictObject({
      at: z.iso.datetime(),
      counts: passCountsSchema,
      /** By table, collection or key pattern. Counts of a step that was cut off by a crash are missing. */
      removed: placesSchema,
      flagged: placesSchema,
    })
    .optional(),
  probe: z.strictObject({ at: z.iso.datetime(), counts: passCountsSchema }).optional(),
  failure: z.strictObject({ at: z.iso.datetime(), message: z.string() }).optional(),
  steps: z.array(
    z.strictObject({
      step: z.string(),
      at: z.iso.datetime(),
      by: z.string(),
      evidence: z.record(z.string(), z.unknown()),
    }),
  ),
});
export type RestoreView = z.infer<typeof restoreViewSchema>;

export const restoreListSchema = z.strictObject({ restores: z.array(restoreViewSchema) });

/** Whether a holder may work with what it holds. */
export const gateSchema = z.strictObject({
  holder: holderIdSchema,
  open: z.boolean(),
  because: z.strictObject({ ja: z.string(), en: z.string() }),
  /** The restore that keeps it closed. */
  restore: z.string().optional(),
});
export type Gate = z.infer<typeof gateSchema>;

/** `restores`, owner `erase`: one document per restore that was declared. */
export interface RestoreDocument {
  readonly _id: string;
  /** What was restored. */
  readonly holder: string;
  /** Where the snapshot was. */
  readonly site?: string;
  readonly snapshot?: string;
  readonly watermark: Date;
  readonly state: RestoreState;
  readonly declaredAt: Date;
  readonly by: string;
  /** The look that is under way. Only a replay goes on where it was cut off: a proof is not made of pieces. */
  readonly pass?: {
    readonly kind: 'check' | 'replay' | 'probe';
    /** Where a replay goes on: positions and counts, never a value of the store. */
    readonly cursor?: string;
    readonly counts: PassCounts;
    readonly removed: Readonly<Record<string, number>>;
    readonly flagged: Readonly<Record<string, number>>;
  };
  readonly check?: { readonly at: Date; readonly counts: PassCounts; readonly decided: readonly Decided[] };
  readonly replay?: {
    readonly at: Date;
    readonly counts: PassCounts;
    readonly removed: Readonly<Record<string, number>>;
    readonly flagged: Readonly<Record<string, number>>;
  };
  readonly probe?: { readonly at: Date; readonly counts: PassCounts };
  readonly failure?: { readonly at: Date; readonly message: string };
  readonly steps: readonly {
    readonly step: string;
    readonly at: Date;
    readonly by: string;
    readonly evidence: Readonly<Record<string, unknown>>;
  }[];
  /** As of a task: a worker that lost it writes nothing. */
  readonly lease?: { readonly worker: string; readonly token: number; readonly until: Date };
}

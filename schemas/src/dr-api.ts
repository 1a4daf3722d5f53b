import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { restoreStates } from './restores.ts';

/** `GET /v1/dr` (T3): what is at the sites abroad, how far behind, and what outlives a deletion there. */

const labels = z.strictObject({ ja: z.string(), en: z.string() });

const storeAtSiteSchema = z.strictObject({
  store: holderIdSchema,
  /** Absent: the site has reported no snapshot of it. */
  newest: z
    .strictObject({
      snapshot: z.string(),
      watermark: z.iso.datetime(),
      takenAt: z.iso.datetime(),
      mutable: z.boolean(),
      rows: z.int(),
    })
    .optional(),
  /** Seconds between the newest watermark and now. */
  lagSeconds: z.int().optional(),
  /** Snapshots that exist: images that have not expired, and of replicas the newest state. */
  alive: z.int(),
  /** Those of them from which no single row can be deleted. */
  immutable: z.int(),
  /** When the next of them ends. Absent: none has a known end. */
  nextExpiry: z.iso.datetime().optional(),
});

export type StoreAtSite = z.infer<typeof storeAtSiteSchema>;

/** Snapshots that still hold data of a person whose deletion is done. */
const outlivedSchema = z.strictObject({
  request: z.string(),
  doneAt: z.iso.datetime(),
  holder: holderIdSchema,
  store: holderIdSchema,
  mutable: z.boolean(),
  /** How many, and which of them lasts longest. */
  snapshots: z.int(),
  snapshot: z.string(),
  /** The day on which the last of them ends. Absent: nobody has said. */
  until: z.iso.datetime().optional(),
});
export type Outlived = z.infer<typeof outlivedSchema>;

export const drAnswerSchema = z.strictObject({
  asOf: z.iso.datetime(),
  sites: z.array(
    z.strictObject({
      holder: holderIdSchema,
      name: labels,
      country: z.string(),
      /** Why data may go there, and why abroad (APPI 28). */
      basis: z.string(),
      abroad: z.string().optional(),
      stores: z.array(storeAtSiteSchema),
    }),
  ),
  outlived: z.array(outlivedSchema),
  /** There are older deletions, or older snapshots, than those that were looked at. */
  cut: z.boolean(),
  /** Restores that keep a gate closed. */
  closed: z.array(
    z.strictObject({
      restore: z.string(),
      holder: holderIdSchema,
      state: z.enum(restoreStates),
      watermark: z.iso.datetime(),
      declaredAt: z.iso.datetime(),
    }),
  ),
});
export type DrAnswer = z.infer<typeof drAnswerSchema>;

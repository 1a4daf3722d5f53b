import { z } from 'zod';
import { recordWantedSchema } from './holders-api.ts';
import { labelsSchema } from './policy/labels.ts';
import { acquisitions, keepings } from './provisions.ts';
import { oneIdentifier } from './query-api.ts';
import { lifeSchema, refSchema } from './refs.ts';

/** What `query` answers of records of provision. No personal value: who it is about stays sealed. */

const instant = z.iso.datetime();

const viewSchema = z.strictObject({
  id: z.string(),
  direction: z.enum(['provided', 'received']),
  act: z.string(),
  /** The other side: who got it, or who gave it. */
  party: z.strictObject({
    id: z.string().optional(),
    name: labelsSchema,
    country: z.string().optional(),
  }),
  purpose: z.string().optional(),
  subject: lifeSchema,
  groups: z.array(z.string()),
  at: instant,
  recordedAt: instant,
  by: z.string(),
  basis: z.string().optional(),
  beside: z.string().optional(),
  side: z.enum(['home', 'abroad']).optional(),
  articles: z.array(z.string()),
  /** `none`: no record is needed, for this reason. */
  record: recordWantedSchema,
  consent: z.strictObject({ wording: z.string(), means: z.string(), at: instant }).optional(),
  acquired: z.enum(acquisitions).optional(),
  kept: z.strictObject({
    as: z.enum([...keepings, 'none']),
    reference: z.string().optional(),
    /** Id of the policy's clock. */
    clock: z.string(),
    period: z.string(),
    from: z.enum(['making-of-record', 'last-provision']),
    article: z.string().optional(),
    mark: z.enum(['V', 'S', 'U']).optional(),
    /** Moves on with further provisions where it runs from the last one. */
    until: instant,
  }),
});
export type ProvisionView = z.infer<typeof viewSchema>;

const labels = z.strictObject({
  groups: z.record(z.string(), labelsSchema),
  purposes: z.record(z.string(), labelsSchema),
  bases: z.record(z.string(), labelsSchema),
});
export type ProvisionLabels = z.infer<typeof labels>;

/** `POST /v1/provisions/search`: all records of one person (APPI 33(5)). Right `lineage:read`. */
export const provisionSearchSchema = oneIdentifier({
  /** In place of an identifier: of an erased person nothing else may be left (R4). */
  ref: refSchema.optional(),
});
export const provisionSearchAnswerSchema = z.strictObject({
  asOf: instant,
  /** The identifier is one of several members: only what was recorded under it is here. */
  shared: z.boolean(),
  /** Newest first. */
  provisions: z.array(viewSchema),
  labels,
});
export type ProvisionSearchAnswer = z.infer<typeof provisionSearchAnswerSchema>;

/** Records on one page of an export. */
export const exportPage = 500;

/** `POST /v1/provisions/export`: of a span of time, for an authority. Right `provisions:export`; every page is audited. */
export const provisionExportSchema = z
  .strictObject({
    from: z.iso.datetime({ offset: true }),
    to: z.iso.datetime({ offset: true }),
    /** `next` of the page before. */
    cursor: z.string().max(256).optional(),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'], error: 'is not after from' });
export const provisionExportAnswerSchema = z.strictObject({
  asOf: instant,
  /** Of this export in the audit. */
  export: z.string(),
  /** Of the whole span when it began. */
  total: z.int(),
  /** Oldest first, with who they are about as `keys` opens it. */
  provisions: z.array(
    viewSchema.extend({ identity: z.strictObject({ key: z.string(), sealed: z.string() }).optional() }),
  ),
  labels,
  next: z.string().optional(),
});
export type ProvisionExportAnswer = z.infer<typeof provisionExportAnswerSchema>;
export type ExportedProvision = ProvisionExportAnswer['provisions'][number];

import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { connectorSchema, holderSchema, registeredHolderSchema } from './holders.ts';
import { labelsSchema } from './policy/labels.ts';
import { lapseKinds, lapseStates, transferRefusals, transferSchema } from './transfers/index.ts';

/** The HTTP contract of `transfer` (T0 to T4). Instants are RFC 3339 in UTC. */

const instant = z.iso.datetime();
const reasons = Object.keys(transferRefusals) as [keyof typeof transferRefusals];

export const lapseSchema = z.strictObject({
  what: z.enum(lapseKinds),
  state: z.enum(lapseStates),
  due: z.iso.date().optional(),
  label: labelsSchema,
});

/** A holder as the register has it. How workers reach it stays in their environment: only the kind is told. */
export const holderViewSchema = z.strictObject({
  ...registeredHolderSchema.shape,
  connector: z.string(),
  version: z.int(),
  registeredAt: instant,
  changedAt: instant,
  lapses: z.array(lapseSchema),
});
export type HolderView = z.infer<typeof holderViewSchema>;

/** `GET /v1/holders` */
export const registerAnswerSchema = z.strictObject({ asOf: instant, holders: z.array(holderViewSchema) });

export const holderVersionSchema = z.strictObject({
  version: z.int(),
  at: instant,
  by: z.string(),
  digest: z.string(),
  /** Names of what differs from the version before; of the first all that it has. */
  changed: z.array(z.string()),
});

/** `GET /v1/holders/{id}` */
export const holderAnswerSchema = z.strictObject({
  asOf: instant,
  holder: holderViewSchema,
  /** Newest first. */
  versions: z.array(holderVersionSchema),
});
export type HolderAnswer = z.infer<typeof holderAnswerSchema>;

/** `POST /v1/holders`: registers a holder or changes it. Right `holders:manage`. */
export const registerHolderSchema = holderSchema.extend({ connector: connectorSchema });
export const registeredAnswerSchema = z.strictObject({
  id: holderIdSchema,
  version: z.int(),
  /** False where the register said the same already. */
  changed: z.boolean(),
});

/** `POST /v1/transfers/authorise`: whether each may happen now. Right `transfers:authorise`. */
export const authoriseRequestSchema = z.strictObject({ transfers: z.array(transferSchema).min(1).max(500) });

/** What the law wants written down of a transfer (APPI 29 to 31), or why it wants nothing. */
export const recordWantedSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['provision', 'personal-related']),
    articles: z.array(z.string()),
    items: z.array(z.string()),
    recipientRecordsToo: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('none'),
    reason: z.string(),
    articles: z.array(z.string()),
    message: labelsSchema,
  }),
]);
export const transferVerdictSchema = z.discriminatedUnion('allowed', [
  z.strictObject({
    allowed: z.literal(true),
    basis: z.string(),
    beside: z.string().optional(),
    side: z.enum(['home', 'abroad']),
    articles: z.array(z.string()),
    record: recordWantedSchema,
  }),
  z.strictObject({
    allowed: z.literal(false),
    reason: z.enum(reasons),
    row: z.string(),
    articles: z.array(z.string()),
    message: labelsSchema,
    missing: z.array(z.string()).optional(),
  }),
]);
/** In the order asked. */
export const authoriseResponseSchema = z.strictObject({ results: z.array(transferVerdictSchema) });
export type AuthoriseResponse = z.infer<typeof authoriseResponseSchema>;

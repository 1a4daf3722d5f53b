import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { cookieKinds } from './events/cookie.ts';
import { categories } from './events/define.ts';
import { lifeSchema } from './refs.ts';
import { envelopeIn, scopeSchema, wireEnvelopeSchema, type Headers } from './wire.ts';

/**
 * What a holder held before Keiro came: one record that was collected by nobody's event. The source of all of them is
 * {@link importSource}, and their ids are keyed digests of where the holder has them.
 */
export const importType = 'imported';
export const importTopic = 'collection.imports';
export const importSubject = 'collection.imports-value';
export const importSource = 'import';

/** What the policy's conditions ask for, as far as the holder knows it. */
export const importConditionsSchema = z.strictObject({
  marketingOptIn: z.boolean().optional(),
  cookieKind: z.enum(cookieKinds).optional(),
});
export type ImportConditions = z.infer<typeof importConditionsSchema>;

/** `unknown`: retention starts at the import's own moment, which the envelope's time then is. */
const collectedSchema = z.enum(['known', 'unknown']);
/** `before-first`: it was collected before there was any policy, so the first one stands for it. */
const versionSchema = z.enum(['in-force', 'before-first']);

/** What travels in `collection.imports`: names and refs only, so that nothing is left to seal. */
export const importWireSchema = z.strictObject({
  holder: holderIdSchema,
  /** The first is the primary ref. */
  refs: z.array(lifeSchema).min(1).max(8),
  category: z.enum(categories),
  /** Names of the personal fields that the holder has. */
  present: z.array(z.string().max(64)).min(1).max(64),
  conditions: importConditionsSchema,
  collected: collectedSchema,
  version: versionSchema,
  site: z.hostname().max(253),
  scope: scopeSchema,
  /** Keyed digest of all that the row says: tells a repeated import from the same row with other content. */
  digest: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
});
export type ImportWire = z.infer<typeof importWireSchema>;

/** The envelope of a message in `collection.imports`. */
const importEnvelopeSchema = wireEnvelopeSchema.extend({
  type: z.literal(importType),
  source: z.literal(importSource),
});
type ImportEnvelope = z.infer<typeof importEnvelopeSchema>;

/** The envelope of an imported record in the headers, or undefined where they hold none. */
export const importFromHeaders = (headers: Headers): ImportEnvelope | undefined =>
  envelopeIn(headers, importEnvelopeSchema);

/** What a record says of an import. */
export const importedSchema = importWireSchema
  .pick({ holder: true, collected: true, version: true })
  .readonly();
export type Imported = z.infer<typeof importedSchema>;

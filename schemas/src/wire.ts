import { z } from 'zod';
import { catalogue, eventTypes, sourceSchema, tenantSchema, type EventType } from './events/index.ts';
import { factType } from './facts.ts';
import { lifeSchema } from './refs.ts';

/**
 * What travels in Kafka: CloudEvents binary mode. The envelope is in `ce_` headers, the value is a registry
 * message (magic byte, schema id, JSON) of the shape below. No personal value is in clear in either.
 */

/** One field group, sealed: AES-256-GCM, base64 of iv (12 bytes), ciphertext, tag (16 bytes). */
export const sealedGroupSchema = z.strictObject({ group: z.string(), blob: z.base64() });
export type SealedGroup = z.infer<typeof sealedGroupSchema>;

export const scopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ours') }),
  /** X2: a user whom a customer controls; the customer is the tenant. */
  z.strictObject({ kind: z.literal('entrusted'), tenant: tenantSchema }),
]);
export type Scope = z.infer<typeof scopeSchema>;

/**
 * Under which key the groups are sealed. `person`: the data key of the primary ref. `quarantine`: the key of
 * the day, because the person is erased and has no key any more.
 */
export const sealedUnderSchema = z.enum(['person', 'quarantine']);

function wireSchemaFor(type: EventType) {
  return z.strictObject({
    /** The first is the primary ref, whose key seals the groups. */
    refs: z.array(lifeSchema).min(1).max(8),
    sealedUnder: sealedUnderSchema,
    /** Day of the quarantine key, `YYYY-MM-DD` UTC; only when sealed under it. */
    day: z.string().max(10).optional(),
    site: z.hostname().max(253),
    scope: scopeSchema,
    readable: catalogue[type].readableSchema,
    /** Names of the personal fields that are present. */
    present: z.array(z.string().max(64)).max(64),
    sealed: z.array(sealedGroupSchema).max(16),
    /** Keyed digest of the whole plaintext: tells a retry from the same id with other content. */
    digest: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  });
}

export const wireSchemas = Object.fromEntries(
  eventTypes.map((type) => [type, wireSchemaFor(type)]),
) as unknown as Record<EventType, ReturnType<typeof wireSchemaFor>>;

export type WireValue = Omit<z.infer<ReturnType<typeof wireSchemaFor>>, 'readable'> & {
  readable: Record<string, unknown>;
};

/** The envelope as it stands in the headers. */
export const wireEnvelopeSchema = z.strictObject({
  id: z.string().max(128),
  source: sourceSchema,
  type: z.enum(eventTypes),
  /** RFC 3339, as the producer gave it. */
  time: z.iso.datetime({ offset: true }),
  policyversion: z.string().max(10),
});
export type WireEnvelope = z.infer<typeof wireEnvelopeSchema>;

/** The envelope of a message in `collection.facts`. */
const factEnvelopeSchema = wireEnvelopeSchema.extend({ type: z.literal(factType) });
export type FactEnvelope = z.infer<typeof factEnvelopeSchema>;

export function wireSubject(type: EventType): string {
  return `${catalogue[type].topic}-value`;
}

export function toHeaders(
  envelope: Omit<WireEnvelope, 'type'> & { readonly type: string },
): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: envelope.id,
    ce_source: envelope.source,
    ce_type: envelope.type,
    ce_time: envelope.time,
    ce_policyversion: envelope.policyversion,
    'content-type': 'application/json',
  };
}

export type Headers = Readonly<Record<string, string | undefined>>;

/** The envelope of an event in the headers, or undefined where they hold none. */
export const fromHeaders = (headers: Headers): WireEnvelope | undefined =>
  envelopeIn(headers, wireEnvelopeSchema);

/** The envelope of a fact in the headers, or undefined where they hold none. */
export const factFromHeaders = (headers: Headers): FactEnvelope | undefined =>
  envelopeIn(headers, factEnvelopeSchema);

/** The envelope in the headers, where it is of this schema. */
export function envelopeIn<T>(headers: Headers, schema: z.ZodType<T>): T | undefined {
  const parsed = schema.safeParse({
    id: headers['ce_id'],
    source: headers['ce_source'],
    type: headers['ce_type'],
    time: headers['ce_time'],
    policyversion: headers['ce_policyversion'],
  });
  return headers['ce_specversion'] === '1.0' && parsed.success ? parsed.data : undefined;
}

import { z } from 'zod';

/** One identifier of a person, in normalised form. */
export interface Identity {
  readonly kind: string;
  readonly value: string;
}

const encoded = z.object({ value: z.string().max(320), encoding: z.literal('raw') });
const dictionarySchema = z.record(z.string().max(64), encoded);
const listSchema = z
  .array(
    z.object({
      identity_type: z.string().max(64),
      identity_value: z.string().max(320),
      identity_format: z.literal('raw'),
    }),
  )
  .max(1000);

/** OpenDSR 7.1.1, with the identities as version 3 has them, or as version 2. */
export const requestSchema = z.object({
  regulation: z.enum(['appi', 'gdpr', 'ccpa']),
  subject_request_id: z
    .string()
    .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  subject_request_type: z.enum(['access', 'portability', 'erasure']),
  submitted_time: z.iso.datetime({ offset: true }),
  subject_identities: z.union([dictionarySchema, listSchema]).default({}),
  api_version: z.string().max(16).optional(),
  status_callback_urls: z.array(z.url()).max(5).default([]),
  extensions: z
    .record(z.string(), z.looseObject({ subject_identities: dictionarySchema.optional() }))
    .default({}),
});
export type OpenDsrRequest = z.infer<typeof requestSchema>;

/** Whom a request is about, those of the processor's own extension (7.1.2) included. */
export function identitiesIn(request: OpenDsrRequest, domain: string): Identity[] {
  const { subject_identities: given, extensions } = request;
  const dictionary = { ...(Array.isArray(given) ? {} : given), ...extensions[domain]?.subject_identities };
  const list = Array.isArray(given) ? given : [];
  return [
    ...Object.entries(dictionary).map(([kind, { value }]) => ({ kind, value })),
    ...list.map(({ identity_type: kind, identity_value: value }) => ({ kind, value })),
  ];
}

/** OpenDSR 7.6 */
export const errorBody = (code: number, message: string): object => ({
  error: { code, message, errors: [{ domain: 'Validation', reason: 'IllegalArgumentException', message }] },
});
